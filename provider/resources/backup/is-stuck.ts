import { parseDuration } from "../../lifecycle/go-duration.ts";
import type { Backup, DeleteBackupRequest } from "../../velero/types.ts";

/** Velero's default for what goes on by itself, and its `--fs-backup-timeout`; a backup may spend the one after the other. */
const ITEM_OPERATIONS_MS = 4 * 3_600_000;
const FILE_COPIES_MS = 4 * 3_600_000;

/** Whether a backup has been under way for longer than Velero's own limits allow. */
export function isStuck({ metadata, spec, status }: Backup, now: Date): boolean {
  const begun = Date.parse(status?.startTimestamp ?? metadata.creationTimestamp ?? "");
  const limit = (parseDuration(spec.itemOperationTimeout ?? "") ?? ITEM_OPERATIONS_MS) + FILE_COPIES_MS;
  return now.getTime() - begun > limit;
}

/** What Velero said to the request by which it was to be deleted; undefined while that may still come right. */
export function deletionErrors(
  { metadata }: Backup,
  requests: readonly DeleteBackupRequest[],
): string | undefined {
  const errors = requests
    .filter(({ spec }) => spec.backupName === metadata.name)
    .flatMap(({ status }) => status?.errors ?? []);
  return errors.length > 0 ? errors.join("; ") : undefined;
}
