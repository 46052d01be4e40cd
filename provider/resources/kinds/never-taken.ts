import type { KindFacts } from "./kind-mention.ts";

/**
 * Velero drops these from what a backup includes, and excludes them: a list of nothing else is empty then, which means
 * all (velero `pkg/controller/backup_controller.go`, modifyResourceIncludeExclude).
 */
const NEVER_BACKED_UP = [
  "volumesnapshots.snapshot.storage.k8s.io",
  "volumesnapshotcontents.snapshot.storage.k8s.io",
];

/** Velero excludes these from every restore (velero `pkg/controller/restore_controller.go`, nonRestorableResources). */
export const NEVER_RESTORED: readonly string[] = [
  "nodes",
  "events",
  "events.events.k8s.io",
  "backups.velero.io",
  "restores.velero.io",
  "resticrepositories.velero.io",
  "backuprepositories.velero.io",
  "csinodes.storage.k8s.io",
  "volumeattachments.storage.k8s.io",
];

/** Tells why nothing of these kinds is ever taken, or undefined. */
export function neverTaken(kinds: readonly string[], purpose: KindFacts["purpose"]): string | undefined {
  const names = kinds.join(", ");
  if (purpose === "restore")
    return kinds.every((kind) => NEVER_RESTORED.includes(kind))
      ? `Velero never restores ${names}: take it out`
      : undefined;
  return kinds.every((kind) => NEVER_BACKED_UP.includes(kind))
    ? `Velero takes ${names} with the volumes that they are of, and drops it here, where alone it would mean every kind: take it out`
    : undefined;
}
