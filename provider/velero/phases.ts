import type { Backup, Restore } from "./types.ts";

/** The phases that Velero has for Backups as for Restores (velero pkg/apis/velero/v1, v1.18.3). */
const SHARED_PHASES = [
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

/** Velero's phases of a Backup (velero pkg/apis/velero/v1/backup_types.go, v1.18.3). */
export const BACKUP_PHASES = [...SHARED_PHASES, "Queued", "ReadyToStart", "Deleting"] as const;
export type BackupPhase = (typeof BACKUP_PHASES)[number];

/** Velero's phases of a Restore (velero pkg/apis/velero/v1/restore_types.go, v1.18.3). */
export const RESTORE_PHASES = SHARED_PHASES;
export type RestorePhase = (typeof RESTORE_PHASES)[number];

/** The phase as outputs tell it: a phase that a later Velero invents is `InProgress`, since it counts as still running. */
export const backupPhaseOf = ({ status }: Pick<Backup, "status">): BackupPhase =>
  toldAs(BACKUP_PHASES, status?.phase);
export const restorePhaseOf = ({ status }: Pick<Restore, "status">): RestorePhase =>
  toldAs(RESTORE_PHASES, status?.phase);

function toldAs<P extends string>(known: readonly P[], phase = "New"): P | "New" | "InProgress" {
  return known.find((each) => each === phase) ?? "InProgress";
}

/** How far a restore is, and a backup. A phase that a later Velero invents counts as still running. */
export type RestoreState = "running" | "completed" | "partiallyFailed" | "failed" | "refused";
export type BackupState = RestoreState | "deleting";

const ended: Partial<Record<string, RestoreState>> = {
  Completed: "completed",
  PartiallyFailed: "partiallyFailed",
  Failed: "failed",
  FailedValidation: "refused",
};

export const restoreStateOf = ({ status }: Restore): RestoreState => ended[status?.phase ?? ""] ?? "running";

export const stateOf = ({ status }: Backup): BackupState =>
  status?.phase === "Deleting" ? "deleting" : (ended[status?.phase ?? ""] ?? "running");

/** Velero has begun to store it, and has not ended. */
export const isBeingWritten = ({ status }: Backup): boolean =>
  /^(InProgress|WaitingForPluginOperations|Finalizing)/.test(status?.phase ?? "");

/** Ended without anything complete in the store. */
export const storedNothing = (backup: Backup): boolean => ["failed", "refused"].includes(stateOf(backup));

/**
 * Its name was already in the store: what lies there is another backup's data, and a DeleteBackupRequest for this one
 * would erase it (docs/design/velero-facts.md#name-taken-in-the-store). Velero's "error checking if backup already
 * exists in object storage" counts, too: then nobody knows. The object itself must go at once, before its TTL makes
 * Velero do just that.
 */
export const tookForeignName = (backup: Backup): boolean =>
  stateOf(backup) === "failed" &&
  (backup.status?.failureReason ?? "").includes("already exists in object storage");

/**
 * Velero writes the file with a location's keys anew at each use of them, and empties it first (velero
 * internal/credentials/file_store.go): whatever begins at that moment finds none, and AWS's SDK then looks for the role
 * of a machine. Mostly a backup that leaves Velero's queue while the one before it is being finalized.
 */
export const foundNoKeys = (words: string): boolean => words.includes("no EC2 IMDS role found");

/**
 * Velero's server refuses to delete what is in its own list of running backups, whatever the phase says. It enters a
 * backup there behind the write of its phase (velero pkg/controller/backup_controller.go, v1.18.3): a finalizer that
 * was faster has taken it out before, and nothing but a restart takes it out again.
 */
export const isThoughtToRun = (words: string): boolean => words.includes("backup is still in progress");

export const isExpired = (expiration: string | undefined, now: Date): boolean =>
  expiration !== undefined && new Date(expiration) <= now;

/** Velero's own words about what went wrong, shortest first. */
export function complaintsOf(backup: Backup): string {
  const { validationErrors = [], failureReason, errors = 0, warnings = 0 } = backup.status ?? {};
  const words = [...validationErrors, ...(failureReason ? [failureReason] : [])];
  if (words.length > 0) return words.join("; ");
  return `${errors} errors, ${warnings} warnings`;
}

/**
 * The backup that began last is the first; of those that began together, the one that ended last. A name tells no
 * order: Velero writes its server's local time into it, and we write UTC (velero v1.18.3
 * `pkg/controller/schedule_controller.go`, getBackup).
 */
export const newestFirst = (backups: readonly Backup[]): Backup[] =>
  backups.toSorted(
    (a, b) =>
      beganAt(b) - beganAt(a) || endOf(b) - endOf(a) || b.metadata.name.localeCompare(a.metadata.name),
  );

/** When Velero began with the backup; before it does, when its object was made. */
export const startOf = ({ status, metadata }: Backup): string =>
  status?.startTimestamp ?? metadata.creationTimestamp ?? "";

/** The same in milliseconds; 0 where nothing is known. */
export const beganAt = (backup: Backup): number => Date.parse(startOf(backup)) || 0;

/** A backup that has not ended ends later than all that have. */
const endOf = ({ status }: Backup): number =>
  Date.parse(status?.completionTimestamp ?? "") || Number.MAX_VALUE;
