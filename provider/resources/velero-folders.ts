import type { ObjectStore } from "../storage/object-store.ts";
import { LEGAL_FOLDERS, under } from "../velero/layout.ts";

/** `metadata/` is ours alone. */
const DATA_FOLDERS = LEGAL_FOLDERS.filter((folder) => folder !== "metadata");

/**
 * The folders directly below `prefix` that hold data of Velero's. Their objects are looked at, not their names: on a
 * versioned bucket MinIO lists folders of which only delete markers are left.
 */
export async function foldersWithData(store: ObjectStore, prefix: string): Promise<string[]> {
  const found = await Promise.all(
    DATA_FOLDERS.map(async (folder) =>
      (await hasObjects(store, under(prefix, `${folder}/`))) ? [folder] : [],
    ),
  );
  return found.flat();
}

async function hasObjects(store: ObjectStore, prefix: string): Promise<boolean> {
  for await (const _object of store.list(prefix)) return true;
  return false;
}
