import type { ObjectStore } from "./object-store.ts";
import { openStore } from "./open-store.ts";
import { resolveStorage, type Way } from "./ways.ts";

/** The store by one of the ways to it; undefined where there is none. */
export function openWay(way: Way): ObjectStore;
export function openWay(way: Way | undefined): ObjectStore | undefined;
export function openWay(way: Way | undefined): ObjectStore | undefined {
  return way && openStore(resolveStorage(way.storage, way.declaredAs), way.declaredAs);
}
