import { type BackupPhase, backupPhases, type RestorePhase, restorePhases } from "../../model/phases.ts";
import type { Backup, Restore } from "./types.ts";

/**
 * Returns the phase for outputs. A phase that a later Velero adds is `InProgress`, because it counts as still running.
 */
export const backupPhaseOf = ({ status }: Pick<Backup, "status">): BackupPhase =>
  toldAs(backupPhases, status?.phase);
export const restorePhaseOf = ({ status }: Pick<Restore, "status">): RestorePhase =>
  toldAs(restorePhases, status?.phase);

function toldAs<P extends string>(known: readonly P[], phase = "New"): P | "New" | "InProgress" {
  return known.find((each) => each === phase) ?? "InProgress";
}

/** The state of a restore or a backup. A phase that a later Velero adds counts as still running. */
type RestoreState = "running" | "completed" | "partiallyFailed" | "failed" | "refused";
type BackupState = RestoreState | "deleting";

const ended: Partial<Record<string, RestoreState>> = {
  Completed: "completed",
  PartiallyFailed: "partiallyFailed",
  Failed: "failed",
  FailedValidation: "refused",
};

export const restoreStateOf = ({ status }: Restore): RestoreState => ended[status?.phase ?? ""] ?? "running";

export const stateOf = ({ status }: Backup): BackupState =>
  status?.phase === "Deleting" ? "deleting" : (ended[status?.phase ?? ""] ?? "running");

/** Returns true while Velero writes the backup to the store. */
export const isBeingWritten = ({ status }: Backup): boolean =>
  /^(InProgress|WaitingForPluginOperations|Finalizing)/.test(status?.phase ?? "");

/** Returns true if the backup ended and stored nothing complete. */
export const storedNothing = (backup: Backup): boolean => ["failed", "refused"].includes(stateOf(backup));

/**
 * Returns true if the backup failed because its name was already in the store. The files there are another backup's
 * data, and a DeleteBackupRequest for this one would delete them (docs/design/velero-facts.md#name-taken-in-the-store).
 * Velero's "error checking if backup already exists in object storage" counts as well, because then the owner of the
 * files is not known. The object itself has to be deleted at once: when its TTL is over, Velero would send such a
 * request.
 */
export const tookForeignName = (backup: Backup): boolean =>
  stateOf(backup) === "failed" &&
  (backup.status?.failureReason ?? "").includes("already exists in object storage");

/**
 * Velero rewrites the file with a location's keys at each use, and truncates it first (velero
 * internal/credentials/file_store.go). A reader at that moment finds no keys, and AWS's SDK then looks for the role of
 * a machine. This mostly hits a backup that leaves Velero's queue while the previous one is being finalized.
 */
export const foundNoKeys = (words: string): boolean => words.includes("no EC2 IMDS role found");

/**
 * Velero's server refuses to delete a backup in its own list of running backups, whatever the phase. It adds a backup
 * to that list after it writes the phase (velero pkg/controller/backup_controller.go, v1.18.3). A faster finalizer has
 * removed the backup from the list before that, and then only a restart removes it.
 */
export const isThoughtToRun = (words: string): boolean => words.includes("backup is still in progress");

export const isExpired = (expiration: string | undefined, now: Date): boolean =>
  expiration !== undefined && new Date(expiration) <= now;

/** Returns Velero's own words about a failure, shortest first. */
export function complaintsOf(backup: Backup): string {
  const { validationErrors = [], failureReason, errors = 0, warnings = 0 } = backup.status ?? {};
  const words = [...validationErrors, ...(failureReason ? [failureReason] : [])];
  if (words.length > 0) return words.join("; ");
  return `${errors} errors, ${warnings} warnings`;
}

/**
 * Sorts backups by start time, newest first. Of backups that started together, the one that ended last is first. The
 * name says nothing about the order: Velero writes its server's local time into it, and we write UTC (velero v1.18.3
 * `pkg/controller/schedule_controller.go`, getBackup).
 */
export const newestFirst = (backups: readonly Backup[]): Backup[] =>
  backups.toSorted(
    (a, b) =>
      beganAt(b) - beganAt(a) || endOf(b) - endOf(a) || b.metadata.name.localeCompare(a.metadata.name),
  );

/** Returns the start time of a backup. Before Velero starts it, this is the creation time of the object. */
export const startOf = ({ status, metadata }: Backup): string =>
  status?.startTimestamp ?? metadata.creationTimestamp ?? "";

/** Returns the start time in milliseconds, or 0 if it is not known. */
export const beganAt = (backup: Backup): number => Date.parse(startOf(backup)) || 0;

/** A running backup sorts after all that have ended. */
const endOf = ({ status }: Backup): number =>
  Date.parse(status?.completionTimestamp ?? "") || Number.MAX_VALUE;
