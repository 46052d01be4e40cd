import { openWay } from "../lifecycle/open-way.ts";
import type { Way } from "../storage/ways.ts";
import { backupsFolder } from "../velero/layout.ts";

/** Counts the backups below a prefix. Returns undefined if the store cannot be asked. */
export async function countStored(way: Way | undefined, storePrefix: string): Promise<number | undefined> {
  try {
    // A reference that is missing is told by the check.
    const store = way && openWay(way);
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
