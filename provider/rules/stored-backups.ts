import { Problem, wordsOf } from "../core/errors.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { Way } from "../store/ways.ts";
import { backupMetadataKey, backupOfMetadataKey, backupsFolder } from "../velero/layout.ts";
import { newestFirst } from "../velero/phases.ts";
import type { Session } from "../session.ts";
import type { Backup } from "../velero/types.ts";

/** A backup as it lies in the store. */
export interface StoredBackup {
  name: string;
  phase: string;
  started: string | undefined;
  expiration: string | undefined;
}

const AT_ONCE = 8;

/** What Velero has stored below a prefix, newest first. A folder without metadata is no backup. */
export async function storedBackups(store: ObjectStore, prefix: string): Promise<StoredBackup[]> {
  return newestFirst(await readStoredBackups(store, prefix)).map(({ metadata: { name }, status = {} }) => ({
    name,
    phase: status.phase ?? "",
    started: status.startTimestamp,
    expiration: status.expiration,
  }));
}

/** The same as Velero has written them, in no order. */
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

/** One of them, or undefined where there is none of that name. `property`: what has asked for it. */
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

/** Counts the backups below a prefix. Returns undefined if the store cannot be asked. */
export async function countStored(
  session: Session,
  way: Way | undefined,
  storePrefix: string,
): Promise<number | undefined> {
  try {
    // A reference that is missing is told by the check.
    const store = way && session.stores.open(way);
    return (await store?.children(backupsFolder(storePrefix)))?.folders.length;
  } catch {
    return undefined;
  }
}

/**
 * A clause for what a deletion takes away: `its 3 backups below east/ are deleted, with all that is stored there`.
 * Without a way to the store only what Velero deletes goes.
 */
export function describeStored(count: number | undefined, storePrefix: string, hasWay: boolean): string {
  const backups = count === undefined ? "its backups" : `its ${count} ${count === 1 ? "backup" : "backups"}`;
  const rest = hasWay ? ", with all that is stored there" : "; repositories of file copies stay";
  return `${backups} below ${storePrefix}/ ${count === 1 ? "is" : "are"} deleted${rest}`;
}

/** A stored backup that has not been read yet. */
interface Unread {
  /** Milliseconds: the backup began no later than that. */
  latestStart: number;
  read: () => Promise<Backup | undefined>;
}

/** The clock of a store and that of Velero differ by less: S3 refuses a request whose time is a quarter of it away. */
const CLOCKS_MS = 3_600_000;

/**
 * The backups below a prefix, in the order in which their metadata was last written, the latest first. Velero writes
 * the metadata once a backup has ended, so that the backup began before; a copied bucket makes that time later only.
 */
export async function readLatestFirst(
  store: ObjectStore,
  prefix: string,
  property: string,
): Promise<Unread[]> {
  const found: { name: string; latestStart: number }[] = [];
  for await (const { key, modified } of store.list(backupsFolder(prefix))) {
    const name = backupOfMetadataKey(prefix, key);
    // Nothing follows from a time that the store does not tell.
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
        // One that was read ahead and is not asked for fails nobody.
        reading.catch(() => undefined);
        reads.push(reading);
      }
      return reads[index];
    },
  }));
}
