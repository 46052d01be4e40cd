import type { ObjectStore } from "../storage/object-store.ts";
import { backupsFolder } from "../velero/layout.ts";

/** Counts the backups below a prefix. Returns undefined if the store cannot be asked. */
export async function countStored(
  store: ObjectStore | undefined,
  storePrefix: string,
): Promise<number | undefined> {
  try {
    return (await store?.children(backupsFolder(storePrefix)))?.folders.length;
  } catch {
    return undefined;
  }
}

/** A clause for what a deletion takes away: `its 3 backups below east/ are deleted, with all that is stored there`. */
export function describeStored(count: number | undefined, storePrefix: string): string {
  const backups = count === undefined ? "its backups" : `its ${count} ${count === 1 ? "backup" : "backups"}`;
  return `${backups} below ${storePrefix}/ ${count === 1 ? "is" : "are"} deleted, with all that is stored there`;
}
