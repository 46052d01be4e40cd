import type { Connection } from "./kubernetes/connection.ts";
import { withCredentialsOf } from "./store/coordinates.ts";
import { kindOf, type StoreDeclaration } from "./store/ways.ts";
import { newLineage, type Owner, ownerHash } from "./core/identity.ts";
import { hasUnknown, isUnknown, UNKNOWN } from "./core/values.ts";

/**
 * What this provider process has seen. One process serves one deployment: in an `up` every resource that the program
 * still declares passes through `check`; a resource that is only being deleted does not, nor does any in a destroy.
 */
const checked = new Map<string, string | undefined>();
const newest = new Map<string, Access>();

/** The newest way to a cluster and to the store behind it. */
export interface Access extends Partial<StoreDeclaration> {
  connection: Connection;
}

/** One of those that this stack has. */
let lineageOfStack: string | undefined;

/** `owner` is a URN. A lineage that is not known yet takes the place of none. */
export function rememberChecked(owner: string, lineage?: string): void {
  const known = lineage === undefined || isUnknown(lineage) ? checked.get(owner) : lineage;
  checked.set(owner, known);
  lineageOfStack ??= known;
}

/** The lineage that the resource of that URN has in this process, as far as it was checked. */
export const checkedLineage = (owner: string): string | undefined => checked.get(owner);

/**
 * The lineage of a location. State has it; the check of a replacement, which sees no state, remembers it. A new
 * location takes that of the stack's other locations where one of them was checked before, else a new one, which a
 * preview cannot know. Nothing is made in a cluster before the location stands in state, so that a run that was killed
 * is repeated under the same lineage.
 */
export function lineageFor(
  owner: string,
  olds: { lineage: string } | undefined,
  { dryRun }: { dryRun: boolean },
): string {
  const known = olds?.lineage ?? checkedLineage(owner) ?? lineageOfStack;
  return known ?? (dryRun ? UNKNOWN : newLineage());
}

const ofReplacements = new Map<string, string[]>();

/** A replacement is checked twice, the second time as if it were new: what the first check told of it is kept for that. */
export const rememberReplacement = (owner: string, notices: string[]): void =>
  void ofReplacements.set(owner, notices);

export function noticesOfReplacement(owner: string): string[] {
  const notices = ofReplacements.get(owner) ?? [];
  ofReplacements.delete(owner);
  return notices;
}

/** Whether the program still declares the resource: a delete of it is then the second half of a replacement. */
export const isDeclared = (owner: string): boolean => checked.has(owner);

/** `location` is a ClusterLocation: one cluster, and the store behind it. */
export function rememberAccess(location: Owner, access: Access): void {
  if (!hasUnknown([access, location.owner])) newest.set(ownerHash(location), access);
}

/** Credentials rotate while old resources wait for their delete: what `check` saw last beats what state holds. */
export function freshest(location: Owner, inState: Access): Access {
  const seen = newest.get(ownerHash(location));
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
