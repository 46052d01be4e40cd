import {
  desiredSchedule,
  judgeSchedule,
  type ScheduleFindings,
} from "../../../../provider/rules/judge-schedule.ts";
import type { BackupFindings } from "../../../../provider/rules/judge-single.ts";
import type { ClusterBackupOutputs } from "../../../../provider/schemas/cluster-backup.ts";
import type { Backup, BackupSpec, BackupStatus, Schedule } from "../../../../provider/velero/types.ts";
import { backupOf, NOW, state } from "./state.ts";

/** A ClusterBackup of which Velero makes a Backup every night at two, as state knows it. */
export const scheduled: ClusterBackupOutputs = {
  ...state,
  schedule: "0 2 * * *",
  ttl: "720h",
  scheduleName: state.objectName,
};

/** Its Schedule in the cluster, which was made three weeks ago. */
export function liveSchedule(
  parts: Partial<Schedule["spec"]> = {},
  status: Schedule["status"] = { phase: "Enabled" },
  of: ClusterBackupOutputs = scheduled,
): Schedule {
  const { metadata, spec } = desiredSchedule(of);
  return {
    metadata: { ...metadata, creationTimestamp: "2026-11-01T00:00:00Z" },
    spec: { ...spec, ...parts },
    ...(status ? { status } : {}),
  };
}

/** The Backup of one of its nights in November, which is gone after 30 days. */
export function ran(
  day: number,
  phase = "Completed",
  { items = 100, spec = {}, ...more }: { items?: number; spec?: BackupSpec } & BackupStatus = {},
): Backup {
  const night = new Date(Date.UTC(2026, 10, day, 2));
  const after = (minutes: number) => new Date(night.getTime() + minutes * 60_000).toISOString();
  const status: BackupStatus = {
    phase,
    startTimestamp: after(0),
    completionTimestamp: after(5),
    expiration: after(30 * 24 * 60),
    progress: { itemsBackedUp: items, totalItems: items },
    ...more,
  };
  return backupOf(status, `nightly-${day}`, spec);
}

/** How a schedule does of which these Backups are in the cluster. */
export const judge = (
  taken: readonly Backup[],
  found: Partial<ScheduleFindings> = {},
  changes: Partial<ClusterBackupOutputs> = {},
): BackupFindings =>
  judgeSchedule(
    { ...scheduled, ...changes },
    {
      live: liveSchedule({}, undefined, { ...scheduled, ...changes }),
      taken,
      requests: [],
      files: undefined,
      zones: { declared: ["UTC"] },
      now: NOW,
      ...found,
    },
  );
