import { Problem, wordsOf } from "../core/errors.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { StoreAccess } from "../store/store-access.ts";
import { backupMetadataKey, backupOfMetadataKey, backupsFolder } from "../velero/backup-files.ts";
import { newestFirst } from "../velero/phases.ts";
import type { Session } from "../session.ts";
import type { Backup } from "../velero/types.ts";

/** A backup in the store. */
export interface StoredBackup {
  name: string;
  phase: string;
  started: string | undefined;
  expiration: string | undefined;
}

const AT_ONCE = 8;

/** Returns the backups below a prefix, newest first. A folder without metadata is no backup. */
export async function storedBackups(store: ObjectStore, prefix: string): Promise<StoredBackup[]> {
  return newestFirst(await readStoredBackups(store, prefix)).map(({ metadata: { name }, status = {} }) => ({
    name,
    phase: status.phase ?? "",
    started: status.startTimestamp,
    expiration: status.expiration,
  }));
}

/** Returns the same backups as Velero wrote them, in no order. */
export async function readStoredBackups(store: ObjectStore, prefix: string): Promise<Backup[]> {
  const { folders } = await store.children(backupsFolder(prefix));
  const found: Backup[] = [];
  const waiting = [...folders];
  async function readNext(): Promise<void> {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const backup = await readStoredBackup(store, prefix, name);
      if (backup) found.push(backup);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, readNext));
  return found;
}

/** Returns one of them, or undefined if there is none with that name. `property` is the property that asks for it. */
export async function readStoredBackup(
  store: ObjectStore,
  prefix: string,
  name: string,
  property?: string,
): Promise<Backup | undefined> {
  const key = backupMetadataKey(prefix, name);
  const content = await store.get(key);
  try {
    return content && (JSON.parse(content.toString("utf8")) as Backup);
  } catch (error) {
    throw new Problem({
      code: "BadBackup",
      property,
      what: `what Velero has written of Backup ${name} cannot be read (${key} in ${store.address})`,
      said: wordsOf(error),
      todo: "It was changed or damaged since. Restore another backup by its name.",
      cause: error,
    });
  }
}

/** Returns the number of backups below a prefix. Returns undefined if the store cannot be reached. */
export async function countStored(
  session: Session,
  way: StoreAccess | undefined,
  storePrefix: string,
): Promise<number | undefined> {
  try {
    // The check reports a reference that cannot be resolved.
    const store = way && session.stores.open(way);
    return (await store?.children(backupsFolder(storePrefix)))?.folders.length;
  } catch {
    return undefined;
  }
}

/**
 * Describes what a deletion removes, as a clause: `its 3 backups below east/ are deleted, with all that is stored
 * there`. Without access to the store, only Velero's own deletions happen.
 */
export function describeStored(count: number | undefined, storePrefix: string, hasWay: boolean): string {
  const backups = count === undefined ? "its backups" : `its ${count} ${count === 1 ? "backup" : "backups"}`;
  const rest = hasWay ? ", with all that is stored there" : "; repositories of file copies stay";
  return `${backups} below ${storePrefix}/ ${count === 1 ? "is" : "are"} deleted${rest}`;
}

/** A stored backup whose metadata was not read yet. */
interface Unread {
  /** The latest possible start of the backup, in milliseconds. */
  latestStart: number;
  read: () => Promise<Backup | undefined>;
}

/**
 * The clocks of a store and of Velero differ by less than this: S3 refuses a request whose time is off by a quarter of
 * it.
 */
const CLOCKS_MS = 3_600_000;

/**
 * Returns the backups below a prefix, sorted by the time when their metadata was last written, latest first. Velero
 * writes the metadata when a backup has ended, so the backup began earlier. Copying a bucket can only make that time
 * later.
 */
export async function readLatestFirst(
  store: ObjectStore,
  prefix: string,
  property: string,
): Promise<Unread[]> {
  const found: { name: string; latestStart: number }[] = [];
  for await (const { key, modified } of store.list(backupsFolder(prefix))) {
    const name = backupOfMetadataKey(prefix, key);
    // A time that the store does not return says nothing.
    const written = modified.getTime() || Infinity;
    if (name !== undefined) found.push({ name, latestStart: written + CLOCKS_MS });
  }
  found.sort((a, b) => b.latestStart - a.latestStart || b.name.localeCompare(a.name));
  const reads: Promise<Backup | undefined>[] = [];
  return found.map(({ latestStart }, index) => ({
    latestStart,
    async read() {
      for (const { name } of found.slice(reads.length, index + AT_ONCE)) {
        const reading = readStoredBackup(store, prefix, name, property);
        // A failure of a read ahead counts only if its result is used.
        reading.catch(() => undefined);
        reads.push(reading);
      }
      return reads[index];
    },
  }));
}
