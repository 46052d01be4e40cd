import type { ObjectStore } from "../storage/object-store.ts";
import { backupOfMetadataKey, backupsFolder } from "../velero/layout.ts";
import type { Backup } from "../velero/types.ts";
import { readStoredBackup } from "./stored-backups.ts";

/** A stored backup that has not been read yet. */
interface Unread {
  /** Milliseconds: the backup began no later than that. */
  latestStart: number;
  read: () => Promise<Backup | undefined>;
}

/** The clock of a store and that of Velero differ by less: S3 refuses a request whose time is a quarter of it away. */
const CLOCKS_MS = 3_600_000;

/** So many files are read ahead. */
const AT_ONCE = 8;

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
