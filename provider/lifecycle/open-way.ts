import type { ObjectStore } from "../storage/object-store.ts";
import { openStore } from "../storage/open-store.ts";
import type { Way } from "../storage/ways.ts";
import { resolveStorage } from "./references.ts";

/** The store by one of the ways to it; undefined where there is none. */
export function openWay(way: Way): ObjectStore;
export function openWay(way: Way | undefined): ObjectStore | undefined;
export function openWay(way: Way | undefined): ObjectStore | undefined {
  return way && openStore(resolveStorage(way.storage, way.declaredAs), way.declaredAs);
}
