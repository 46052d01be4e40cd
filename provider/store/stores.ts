import type { ObjectStore } from "./object-store.ts";
import type { StoreAccess } from "./ways.ts";

/** Opens the stores of a session. */
export interface Stores {
  /** The store by one of the ways to it; undefined where there is none. */
  open(way: StoreAccess): ObjectStore;
  open(way: StoreAccess | undefined): ObjectStore | undefined;
}
