import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { PodVolumeBackup, VolumeInfo } from "../../../provider/velero/backup-files.ts";
import type { BackupSpec, RestoreSpec } from "../../../provider/velero/types.ts";

const folder = path.join(import.meta.dirname, "../../fixtures/volumes");

/** What Velero 1.18.3 said of a backup or restore on a real node, trimmed to what concerns volumes. */
export interface RealCase {
  case: string;
  phase: string;
  spec: BackupSpec & RestoreSpec;
  lines: VolumeInfo[];
  podVolumeBackups?: PodVolumeBackup[];
  errors?: string[];
}

export const realCase = (name: string): RealCase =>
  JSON.parse(readFileSync(path.join(folder, `${name}.json`), "utf8")) as RealCase;

/** The names of all backups, or of all restores. */
export const realCases = (kind: "backups" | "restores"): string[] =>
  readdirSync(folder)
    .map((file) => file.replace(/\.json$/, ""))
    .filter((name) => name.startsWith("restore-") === (kind === "restores"))
    .toSorted();
