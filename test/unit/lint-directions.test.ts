import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";

const repository = path.join(import.meta.dirname, "../..");

const refused: Record<string, string> = {
  "model/p.ts": 'import type { Owner } from "../provider/core/identity.ts";',
  "sdk/a.ts": 'import { wordsOf } from "../provider/core/errors.ts";',
  "sdk/asks.ts": 'export const load = () => import("../provider/look-ups/index.ts");',
  "provider/b.ts": 'import { BackupLocation } from "../sdk/index.ts";',
  "provider/c.ts": 'import { Resource } from "@pulumi/pulumi";',
  "provider/pulumi-adapter.ts": 'import type { Resource } from "@pulumi/pulumi";',
  "provider/kinds/d.ts": 'import { adapt } from "../pulumi-adapter.ts";',
  "provider/core/e.ts": 'import { clusterBackup } from "../kinds/cluster-backup.ts";',
  "provider/kubernetes/f.ts": 'import { backupLocation } from "../kinds/backup-location.ts";',
  "provider/kubernetes/g.ts": 'import { labels } from "../velero/labels.ts";',
  "provider/store/h.ts": 'import { layout } from "../velero/layout.ts";',
  "provider/store/deeper/i.ts": 'import type { Backup } from "../../velero/types.ts";',
  "provider/velero/j.ts": 'import { lookAtRights } from "../rules/permissions.ts";',
  "provider/rules/n.ts": 'import { restore } from "../kinds/restore/index.ts";',
  "provider/schemas/o.ts": 'import type { Plan } from "../restore-model/plan.ts";',
  "examples/one/k.ts": 'import { BackupLocation } from "../../sdk/index.ts";',
  "examples/one/l.ts": 'import { create } from "pulumi-velero/provider";',
  "test/sandbox/m.ts": 'import { connect } from "../../provider/kubernetes/client.ts";',
};

const allowed: Record<string, string> = {
  "sdk/results.ts": 'import { restoreResults } from "../model/restore-results.ts";',
  "provider/core/health.ts": 'import type { BackupHealth } from "../../model/health.ts";',
  "sdk/ask-provider.ts": 'export const load = () => import("../provider/look-ups/index.ts");',
  "sdk/types.ts": 'import type { SecretValue } from "../provider/store/storage-config.ts";',
  "provider/adapt.ts": 'import { adapt } from "./pulumi-adapter.ts";',
  "provider/kinds/restore/joins.ts":
    'import { labels } from "../../velero/labels.ts"; import { openStore } from "../../store/open-store.ts";',
  "provider/velero/reads.ts": 'import { openStore } from "../store/open-store.ts";',
  "examples/one/index.ts": 'import * as velero from "pulumi-velero";',
};

test(
  "the linter refuses every import against the directions, and no other",
  { timeout: 60_000 },
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "pulumi-velero-lint-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    cpSync(path.join(repository, "oxlint.config.mts"), path.join(folder, "oxlint.config.mts"));
    symlinkSync(path.join(repository, "node_modules"), path.join(folder, "node_modules"));
    for (const [file, text] of Object.entries({ ...refused, ...allowed })) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), `${text}\n`);
    }
    expect(await restrictedImportsIn(folder)).toEqual(Object.keys(refused).toSorted());
  },
);

async function restrictedImportsIn(folder: string): Promise<string[]> {
  const oxlint = path.join(repository, "node_modules/oxlint/bin/oxlint");
  const report = await new Promise<string>((resolve) => {
    // Its exit code says only that there are findings.
    execFile(
      process.execPath,
      [oxlint, "--format=json", "model", "sdk", "provider", "examples", "test"],
      { cwd: folder },
      (_error, stdout) => resolve(stdout),
    );
  });
  const { diagnostics } = JSON.parse(report) as { diagnostics: { code: string; filename: string }[] };
  const found = diagnostics.filter(({ code }) => code.includes("no-restricted-imports"));
  return found.map(({ filename }) => filename).toSorted();
}
