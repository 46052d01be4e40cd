import type { ObjectStore } from "../storage/object-store.ts";
import { under } from "../velero/layout.ts";

/** Folders in which Velero keeps data; `metadata/` is ours alone (velero.md 0.6). */
const DATA_FOLDERS = ["backups", "restores", "kopia", "restic", "plugins"];

/**
 * The folders directly below `prefix` that hold data of Velero's. Their objects are looked at, not their names: on a
 * versioned bucket MinIO lists folders of which only delete markers are left.
 */
export async function foldersWithData(store: ObjectStore, prefix: string): Promise<string[]> {
  const found = await Promise.all(
    DATA_FOLDERS.map(async (folder) => ((await hasObjects(store, under(prefix, `${folder}/`))) ? [folder] : [])),
  );
  return found.flat();
}

async function hasObjects(store: ObjectStore, prefix: string): Promise<boolean> {
  for await (const _object of store.list(prefix)) return true;
  return false;
}
