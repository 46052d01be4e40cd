import type { Connection } from "../kubernetes/connection.ts";
import { withCredentialsOf } from "../storage/coordinates.ts";
import { kindOf, type StoreDeclaration } from "../storage/ways.ts";
import { hasUnknown } from "./unknown.ts";

/**
 * What this provider process has seen. One process serves one deployment: in an `up` every resource that the program
 * still declares passes through `check`; a resource that is only being deleted does not, nor does any in a destroy.
 */
const checked = new Set<string>();
const newest = new Map<string, Access>();

/** The newest way to a cluster and to the store behind it. */
export interface Access extends Partial<StoreDeclaration> {
  connection: Connection;
}

export const rememberChecked = (owner: string): void => void checked.add(owner);

/** Whether the program still declares the resource: a delete of it is then the second half of a replacement. */
export const isDeclared = (owner: string): boolean => checked.has(owner);

/** `location` is the URN of a ClusterLocation: one cluster, and the store behind it. */
export function rememberAccess(location: string, access: Access): void {
  if (!hasUnknown(access)) newest.set(location, access);
}

/** Credentials rotate while old resources wait for their delete: what `check` saw last beats what state holds. */
export function freshest(location: string, inState: Access): Access {
  const seen = newest.get(location);
  if (!seen) return inState;
  const { storage, credentials, access } = inState;
  const { connection } = seen;
  if (!storage || !seen.storage || kindOf(storage) !== kindOf(seen.storage))
    return { connection, storage, credentials, access };
  // Coordinates stay those of state: a replaced location lies elsewhere.
  return {
    connection,
    storage: withCredentialsOf(storage, seen.storage),
    credentials: seen.credentials,
    // Where the claim is kept hangs on it: a way that there was, or was not, stays as state has it.
    access: access === "none" || seen.access === "none" ? access : seen.access,
  };
}
