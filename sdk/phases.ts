/**
 * How far a Backup of Velero's is. A phase that a later Velero invents is told as `InProgress`.
 *
 * - `New`, `Queued`, `ReadyToStart`: it waits for Velero's server.
 * - `InProgress`, `WaitingForPluginOperations`, `Finalizing`: it is being made.
 * - `WaitingForPluginOperationsPartiallyFailed`, `FinalizingPartiallyFailed`: it is being made, and something in it has failed.
 * - `Completed`: everything was stored.
 * - `PartiallyFailed`: it was stored, but something in it failed.
 * - `Failed`, `FailedValidation`: nothing can be restored from it.
 * - `Deleting`: Velero deletes it.
 */
export type BackupPhase =
  | "New"
  | "Queued"
  | "ReadyToStart"
  | "FailedValidation"
  | "InProgress"
  | "WaitingForPluginOperations"
  | "WaitingForPluginOperationsPartiallyFailed"
  | "Finalizing"
  | "FinalizingPartiallyFailed"
  | "Completed"
  | "PartiallyFailed"
  | "Failed"
  | "Deleting";

/**
 * How far a backup of one cluster is: the phase of its Backup, or `Expired` once its TTL is over. For a schedule it is
 * the phase of the Schedule: `New`, `Enabled`, or `FailedValidation` where Velero refuses it.
 */
export type ClusterBackupPhase = BackupPhase | "Enabled" | "Expired";

/** What the backups of a workspace come to, by the rule at {@link WorkspaceBackup}. */
export type WorkspaceBackupPhase =
  | "Completed"
  | "PartiallyFailed"
  | "Failed"
  | "Expired"
  | "Enabled"
  | "Paused";

/** How far a Restore of Velero's is. The words are those of {@link BackupPhase}. */
export type RestorePhase = Exclude<BackupPhase, "Queued" | "ReadyToStart" | "Deleting">;

/** Velero's verdict on a location: it can or cannot come to the store. */
export type LocationPhase = "Available" | "Unavailable";
