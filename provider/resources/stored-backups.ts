import type { ObjectStore } from "../storage/object-store.ts";
import { backupMetadataKey, backupsFolder } from "../velero/layout.ts";
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
  const { folders } = await store.children(backupsFolder(prefix));
  const found: StoredBackup[] = [];
  const waiting = [...folders];
  async function readNext(): Promise<void> {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const content = await store.get(backupMetadataKey(prefix, name));
      if (content) found.push(describe(name, content));
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, readNext));
  return found.toSorted((a, b) => (b.started ?? "").localeCompare(a.started ?? ""));
}

function describe(name: string, content: Buffer): StoredBackup {
  const { status = {} } = JSON.parse(content.toString("utf8")) as Backup;
  return {
    name,
    phase: status.phase ?? "",
    started: status.startTimestamp,
    expiration: status.expiration,
  };
}
