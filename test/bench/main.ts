/** `npm run bench`: figures as JSON on stdout, progress on stderr. They are measured, never tested against. */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import buildPackage from "../build-package.ts";
import { measureBesideRawObjects } from "./beside-raw-objects.ts";
import { measureLargeBackup } from "./large-backup.ts";
import { measureLargeRestore } from "./large-restore.ts";
import { measureNoOpPreview } from "./no-op-preview.ts";
import { measureNoticeLatency } from "./notice-latency.ts";
import { measureProviderLoad } from "./provider-load.ts";
import { measureRestoreOfMany } from "./restore-of-many.ts";
import { measureWorkspace } from "./workspace.ts";

const { values } = parseArgs({
  options: {
    backups: { type: "string", default: "30" },
    resources: { type: "string", default: "100" },
    rounds: { type: "string", default: "2" },
    objects: { type: "string", default: "5000" },
    many: { type: "string", default: "50000" },
  },
});

await buildPackage();
const load = loadavg()[0];
const progress = (line: string) => process.stderr.write(`${line}\n`);
const figures = {
  machine: { node: process.version, cpus: cpus().length, loadBefore: load },
  providerLoad: await measureProviderLoad(progress),
  noOpPreview: await measureNoOpPreview(Number(values.resources), progress),
  besideRawObjects: await measureBesideRawObjects(Number(values.resources), Number(values.rounds), progress),
  noticeLatency: await measureNoticeLatency(Number(values.backups), progress),
  workspace: await measureWorkspace(Number(values.rounds), progress),
  backup5000: await measureLargeBackup(Number(values.objects), Number(values.rounds), progress),
  restore5000: await measureLargeRestore(Number(values.objects), progress),
  restoreOfMany: await measureRestoreOfMany(Number(values.many), progress),
};
process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
