import { Problem } from "../errors.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { foldersWithData } from "./velero-folders.ts";

/**
 * Writing `east/` below the root of another location would make that one Unavailable
 * (docs/design/velero-facts.md#nested-prefixes).
 */
export async function refuseRootOfAnother(store: ObjectStore, prefix: string): Promise<void> {
  const velero = await foldersWithData(store, prefix);
  if (velero.length === 0) return;
  throw new Problem({
    code: "NestedPrefix",
    property: "storage",
    what: `${store.address} is already the root of a Velero location${prefix ? ` at ${prefix}/` : ""} (it has ${velero.join(", ")})`,
    todo: "Folders of other clusters below it would make that location Unavailable. Choose another `prefix`.",
  });
}
