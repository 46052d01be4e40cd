import type { ObjectStore } from "../../storage/object-store.ts";
import { backupMetadataKey, backupsFolder, tarballKey } from "../../velero/layout.ts";

/** Enough to tell whether an object is still the one that it was. */
export interface StoredFile {
  size: number;
  etag: string;
}

/** The files of backups below a prefix, by their keys. */
export type StoredFiles = ReadonlyMap<string, StoredFile>;

/** How long a listing may serve others: as long as those of the cluster. */
const FRESH_MS = 5_000;

const listings = new Map<string, { at: number; files: Promise<StoredFiles> }>();

/**
 * One listing for all backups of a prefix that are read at the same time (docs/design/rules.md#shared-reads),
 * unless it was begun before `since`: what was stored later would seem to be gone.
 */
export function sharedFiles(store: ObjectStore, prefix: string, since: Date): Promise<StoredFiles> {
  const key = `${store.address} ${prefix}`;
  const known = listings.get(key);
  if (known && Date.now() - known.at < FRESH_MS && known.at > since.getTime()) return known.files;
  const files = list(store, backupsFolder(prefix));
  listings.set(key, { at: Date.now(), files });
  files.catch(() => listings.delete(key));
  return files;
}

/** The tarball of one backup, or undefined where it or the backup's metadata is gone. */
export async function tarballOf(
  store: ObjectStore,
  prefix: string,
  backup: string,
): Promise<StoredFile | undefined> {
  return tarballIn(await list(store, `${backupsFolder(prefix)}${backup}/`), prefix, backup);
}

/** The same, in a listing of them all. */
export const tarballIn = (files: StoredFiles, prefix: string, backup: string): StoredFile | undefined =>
  files.has(backupMetadataKey(prefix, backup)) ? files.get(tarballKey(prefix, backup)) : undefined;

async function list(store: ObjectStore, folder: string): Promise<StoredFiles> {
  const files = new Map<string, StoredFile>();
  for await (const { key, size, etag } of store.list(folder)) files.set(key, { size, etag });
  return files;
}
