import type { BackupHealth } from "./health.ts";
import type { ClusterBackupPhase, WorkspaceBackupPhase } from "./phases.ts";
import { result } from "./result.ts";

/** The outputs of a ClusterBackup. */
export const clusterBackupResults = {
  /** For a single backup, Velero's phase or `Expired`. For a schedule, `Enabled`, or undefined while it is paused. */
  phase: result<ClusterBackupPhase | undefined>(),
  /** Name of the last Backup that an up took. */
  backupName: result<string | undefined>(),
  /** Name of the Schedule. */
  scheduleName: result<string | undefined>(),
  /** The time when the backup began: `2026-11-23T02:00:00Z`. */
  startTime: result<string | undefined>(),
  /** The time when the backup ended: `2026-11-23T02:00:00Z`. */
  completionTime: result<string | undefined>(),
  /** Time when Velero deletes the backup. */
  expiration: result<string | undefined>(),
  /** Number of objects that the backup holds. */
  itemsBackedUp: result<number | undefined>(),
  /** Number of warnings in Velero's log of the backup. */
  warnings: result<number | undefined>(),
  /** Number of errors in Velero's log of the backup. */
  errors: result<number | undefined>(),
  /**
   * Number of claims whose data the last backup of an up holds, as snapshots or copies. Undefined if that could not be
   * read.
   */
  volumesBackedUp: result<number | undefined>(),
  /** The namespaces that the declared entries matched in the last up. Undefined if all namespaces are backed up. */
  resolvedNamespaces: result<string[] | undefined>(),
  /**
   * For a schedule: a description in words of when it runs, how long a backup is kept, and how many backups that makes.
   * Previews know it. So it says "in the time zone of Velero's server" if the schedule names no time zone.
   */
  cadence: result<string | undefined>(),
  /** For a schedule: the completion time of its newest good backup, from the last refresh. */
  lastSuccessfulBackup: result<string | undefined>(),
  /**
   * For a schedule: the time of its next run, from the last up or refresh. Undefined if servers of different versions
   * run at different times, as in a night with an hour that the clock skips. It is also undefined if the schedule names
   * no time zone and that of Velero's server is not known: its Deployment may not be read, and no scheduled backup
   * shows it yet.
   */
  nextRun: result<string | undefined>(),
  /** The expected health, or the health that the last refresh found. Another value than the expected one is drift. */
  health: result<BackupHealth>(),
  /** The reason why the health is not as expected, and the remedy. */
  message: result<string | undefined>(),
};

export type ClusterBackupResults = typeof clusterBackupResults;

/** A WorkspaceBackup's part in one cluster. */
export interface WorkspaceBackupPart extends Partial<
  Omit<ClusterBackupResults, "phase" | "cadence" | "health">
> {
  /**
   * For a single backup, Velero's phase or `Expired`. For a schedule, `Enabled`. `Skipped` if the cluster has none of
   * the namespaces.
   */
  phase?: ClusterBackupPhase | "Skipped";
  /** The expected health, or the health that the last refresh found. */
  health: BackupHealth;
}

/** The outputs of a WorkspaceBackup. */
export const workspaceBackupResults = {
  /** `Completed`, `PartiallyFailed`, `Failed`, `Expired`, `Enabled` or `Paused`, by the rule above. */
  phase: result<WorkspaceBackupPhase>(),
  /** The result in each cluster, by its key. */
  byCluster: result<Record<string, WorkspaceBackupPart>>(),
  /** Number of objects in the backups of all clusters. */
  itemsBackedUp: result<number | undefined>(),
  /** Number of warnings of the backups of all clusters. */
  warnings: result<number | undefined>(),
  /** Number of errors of the backups of all clusters. */
  errors: result<number | undefined>(),
  /** For a schedule: the oldest of the clusters' newest good backups, as a completion time, from the last refresh. */
  lastSuccessfulBackup: result<string | undefined>(),
  /**
   * For a schedule: the time of the first cluster's next run, from the last up or refresh. Undefined if it is not known
   * for one of them, for the reasons at {@link ClusterBackup.nextRun}.
   */
  nextRun: result<string | undefined>(),
  /**
   * For a schedule: a description in words of when it runs, how long a backup is kept, and how many backups that makes.
   * Previews know it. So it says "in the time zone of Velero's server" if the schedule names no time zone.
   */
  cadence: result<string | undefined>(),
  /**
   * The expected health, or the worst health that the last refresh found in the clusters. Another value than the
   * expected one is drift.
   */
  health: result<BackupHealth>(),
  /** The clusters whose health is not as expected, with the reasons and the remedies. */
  message: result<string | undefined>(),
};

export type WorkspaceBackupResults = typeof workspaceBackupResults;
