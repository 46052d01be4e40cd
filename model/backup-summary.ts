import type { BackupPhase } from "./phases.ts";

/** A backup of a cluster, as Velero describes it. */
export interface BackupSummary {
  /** Name of the Backup object and of its folder in the store. A Restore takes it as `backupName`. */
  name: string;
  /** Key of the cluster that was backed up. */
  cluster: string;
  /** Velero's phase: `Completed`, `PartiallyFailed`, `Failed`, `InProgress` and so on. */
  phase: BackupPhase;
  /** Time when the backup began: `2026-11-23T02:00:00Z`. */
  startTime?: string;
  /** Time when the backup ended: `2026-11-23T02:10:00Z`. */
  completionTime?: string;
  /** Time when Velero deletes the backup: `2026-12-23T02:00:00Z`. */
  expiration?: string;
  /** Number of objects in the backup. */
  itemsBackedUp?: number;
  /** Number of warnings in Velero's log of the backup. */
  warnings: number;
  /** Number of errors in Velero's log of the backup. */
  errors: number;
  /** URN of the ClusterBackup or WorkspaceBackup that made it. Absent if it was made by hand. */
  owner?: string;
  /** Name of the Schedule that made it. */
  schedule?: string;
}
