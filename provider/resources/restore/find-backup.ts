import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups } from "../../kubernetes/resources.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { backupMetadataKey, backupsFolder } from "../../velero/layout.ts";
import { complaintsOf, stateOf } from "../../velero/phases.ts";
import type { Backup } from "../../velero/types.ts";
import { type BackupWish, byTimeInName, chooseBackup, isGood, isWished } from "./choose-backup.ts";

interface Places {
  client: KubernetesClient;
  /** The location by which the target cluster sees the source's backups. */
  location: { namespace: string; locationName: string };
  /** The source's own place in the store, where the program has a way there. */
  store: ObjectStore | undefined;
  storePrefix: string;
  /** Key of the cluster that was backed up. */
  source: string;
}

/**
 * Which backup to restore. The store knows the newest; without a way there it is what the target cluster has seen so
 * far. A schedule that has made none yet fails at once: waiting for its next run is no one's idea of a restore.
 */
export async function findBackup(wish: BackupWish, places: Places): Promise<Backup> {
  const found = places.store
    ? await inStore(wish, places.store, places.storePrefix)
    : await inCluster(wish, places);
  if (found.good) return found.good;
  throw found.other ? notGood(found.other, places) : nothing(wish, places);
}

interface Found {
  good?: Backup | undefined;
  /** The newest that is wished for, and that cannot be restored. */
  other?: Backup | undefined;
}

async function inStore(wish: BackupWish, store: ObjectStore, prefix: string): Promise<Found> {
  if (wish.backupName !== undefined) {
    const backup = await metadataOf(store, prefix, wish.backupName);
    return backup && isGood(backup, wish) ? { good: backup } : { other: backup };
  }
  const { folders } = await store.children(backupsFolder(prefix));
  let other: Backup | undefined;
  for (const name of byTimeInName(folders)) {
    const backup = await metadataOf(store, prefix, name);
    if (!backup || !isWished(backup, wish)) continue;
    if (isGood(backup, wish)) return { good: backup };
    other ??= backup;
  }
  return { other };
}

async function metadataOf(store: ObjectStore, prefix: string, name: string): Promise<Backup | undefined> {
  const content = await store.get(backupMetadataKey(prefix, name));
  return content && (JSON.parse(content.toString("utf8")) as Backup);
}

async function inCluster(wish: BackupWish, { client, location }: Places): Promise<Found> {
  const { items } = await client.list<Backup>({ type: backups, namespace: location.namespace });
  const theirs = items.filter(
    ({ spec, ...backup }) =>
      spec.storageLocation === location.locationName && isWished({ spec, ...backup }, wish),
  );
  return { good: chooseBackup(theirs, wish), other: theirs[0] };
}

const notGood = (backup: Backup, { source }: Places) =>
  new Problem({
    code: "NotRestorable",
    property: "backup",
    what: `Backup ${backup.metadata.name} of cluster "${source}" is ${backup.status?.phase ?? "New"}`,
    said: stateOf(backup) === "completed" ? undefined : complaintsOf(backup),
    todo: "Only a backup that ended Completed is restored, or PartiallyFailed with allowPartialFailure: true; with `before`, one that had ended by then.",
  });

function nothing(wish: BackupWish, { source, storePrefix, store }: Places): Problem {
  const place = store ? ` below ${storePrefix}/ in ${store.address}` : "";
  const before = wish.before === undefined ? "" : ` that had ended by ${wish.before}`;
  const what =
    wish.backupName !== undefined
      ? `there is no Backup ${wish.backupName} of cluster "${source}"${place}`
      : `there is no good backup of cluster "${source}"${before}${place}`;
  return new Problem({
    code: "NoBackup",
    property: "backup",
    what,
    todo:
      wish.backupName !== undefined
        ? "Mend its name, or take another."
        : "A schedule makes its first one when it is due; `runNow: true` on it takes one at once.",
  });
}
