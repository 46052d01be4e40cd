import { Problem, wordsOf } from "../errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { backupMetadataKey, backupsFolder } from "../velero/layout.ts";
import { newestFirst } from "../velero/newest-first.ts";
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
