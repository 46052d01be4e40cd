import type { Backup } from "./types.ts";

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
