import { Problem } from "../../errors.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { StoreError } from "../../storage/store-error.ts";
import { LEGAL_FOLDERS, under } from "../../velero/layout.ts";
import { readMarker } from "./marker.ts";

/**
 * Refuses a prefix that lies inside of another location, or that has one inside of it: Velero calls a location
 * Unavailable as soon as a folder that is not its own appears directly below it
 * (docs/design/velero-facts.md#nested-prefixes). Only what the keys can see is found.
 */
export async function refuseNested(store: ObjectStore, prefix: string, property: string): Promise<void> {
  const { folders } = await store.children(`${prefix}/`);
  const foreign = folders.filter((folder) => !LEGAL_FOLDERS.includes(folder));
  if (foreign.length > 0) {
    const [first = ""] = foreign;
    const owner = (await readMarker(store, under(prefix, first)))?.owner;
    throw nested(
      property,
      `${prefix}/ in ${store.address} has ${first}/ below it, ${owner ? `which belongs to ${owner}` : "which is not Velero's"}`,
    );
  }
  for (const enclosing of ancestorsOf(prefix)) {
    const marker = await readMarker(store, enclosing).catch(unseen);
    if (marker && marker.released === undefined) {
      throw nested(
        property,
        `${prefix}/ in ${store.address} lies below ${enclosing || "its root"}/, which belongs to ${marker.owner}`,
      );
    }
  }
}

/** Keys that reach this prefix alone may not look above it. */
function unseen(error: unknown): undefined {
  if (error instanceof StoreError && error.code === "Forbidden") return undefined;
  throw error;
}

/** `a/b/c` → `""`, `a`, `a/b`. */
function ancestorsOf(prefix: string): string[] {
  const parts = prefix.split("/");
  return parts.map((_part, depth) => parts.slice(0, depth).join("/"));
}

const nested = (property: string, what: string) =>
  new Problem({
    code: "NestedPrefix",
    property,
    what,
    todo: "Velero calls a location Unavailable that has another one's folder below it. Choose a prefix beside it.",
  });
