/** The phases that Velero's Backups and Restores share (velero pkg/apis/velero/v1, v1.18.3). */
export const restorePhases = [
  "New",
  "FailedValidation",
  "InProgress",
  "WaitingForPluginOperations",
  "WaitingForPluginOperationsPartiallyFailed",
  "Finalizing",
  "FinalizingPartiallyFailed",
  "Completed",
  "PartiallyFailed",
  "Failed",
] as const;

export const backupPhases = [...restorePhases, "Queued", "ReadyToStart", "Deleting"] as const;

/**
 * The phase of a Velero Backup. A phase that a later Velero adds is shown as `InProgress`.
 *
 * - `New`, `Queued`, `ReadyToStart`: it waits for Velero's server.
 * - `InProgress`, `WaitingForPluginOperations`, `Finalizing`: it is being made.
 * - `WaitingForPluginOperationsPartiallyFailed`, `FinalizingPartiallyFailed`: it is being made, and a part of it has
 *   failed.
 * - `Completed`: everything was stored.
 * - `PartiallyFailed`: it was stored, but a part of it failed.
 * - `Failed`, `FailedValidation`: nothing can be restored from it.
 * - `Deleting`: Velero deletes it.
 *
 * @useDeclaredType
 */
export type BackupPhase = (typeof backupPhases)[number];

/**
 * The phase of a backup of one cluster: the phase of its Backup, or `Expired` when its TTL is over. For a schedule it
 * is the phase of the Schedule: `New`, `Enabled`, or `FailedValidation` if Velero refuses it.
 */
export type ClusterBackupPhase = BackupPhase | "Enabled" | "Expired";

/** The phase of a workspace's backups, by the rule at {@link WorkspaceBackup}. */
export type WorkspaceBackupPhase =
  | "Completed"
  | "PartiallyFailed"
  | "Failed"
  | "Expired"
  | "Enabled"
  | "Paused";

/**
 * The phase of a Velero Restore. The words are those of {@link BackupPhase}.
 *
 * @useDeclaredType
 */
export type RestorePhase = (typeof restorePhases)[number];

/** Velero's phase of a location: it can or cannot access the store. */
export type LocationPhase = "Available" | "Unavailable";
