/** `npm run bench`: figures as JSON on stdout, progress on stderr. They are measured, never tested against. */
import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import buildPackage from "../build-package.ts";
import { measureNoOpPreview } from "./no-op-preview.ts";
import { measureNoticeLatency } from "./notice-latency.ts";
import { measureProviderLoad } from "./provider-load.ts";

const { values } = parseArgs({
  options: {
    backups: { type: "string", default: "30" },
    resources: { type: "string", default: "100" },
  },
});

buildPackage();
const load = loadavg()[0];
const progress = (line: string) => process.stderr.write(`${line}\n`);
const figures = {
  machine: { node: process.version, cpus: cpus().length, loadBefore: load },
  providerLoad: await measureProviderLoad(progress),
  noOpPreview: await measureNoOpPreview(Number(values.resources), progress),
  noticeLatency: await measureNoticeLatency(Number(values.backups), progress),
};
process.stdout.write(`${JSON.stringify(figures, undefined, 2)}\n`);
