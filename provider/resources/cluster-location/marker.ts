import { Problem } from "../../errors.ts";
import { isSameOwner, type Owner } from "../../lifecycle/identity.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { markerKey } from "../../velero/layout.ts";

/**
 * The claim on a prefix: which ClusterLocation writes there, in which incarnation, and into which cluster. One
 * cluster backs up to a prefix, ever (docs/design/rules.md#one-writer-per-prefix).
 */
export interface Marker extends Owner {
  version: 1;
  /** URNs that the owner had before an alias, a rename or a move, under the same lineage. */
  formerOwners: string[];
  incarnation: string;
  cluster: { key: string; uid: string };
  /** When the location was destroyed; its data stayed. */
  released?: string;
}

export async function readMarker(store: ObjectStore, prefix: string): Promise<Marker | undefined> {
  const content = await store.get(markerKey(prefix));
  return content && parseMarker(content.toString("utf8"), `${markerKey(prefix)} in ${store.address}`);
}

/** `place` is where it was found, for messages. */
export function parseMarker(text: string, place: string): Marker {
  try {
    return JSON.parse(text) as Marker;
  } catch (error) {
    throw new Problem({
      code: "BadMarker",
      what: `${place} cannot be read as this project's marker`,
      todo: "It says who writes to this prefix. Look at it, and remove it only if nobody does.",
      cause: error,
    });
  }
}

export async function writeMarker(store: ObjectStore, prefix: string, marker: Marker): Promise<void> {
  await store.put(markerKey(prefix), markerText(marker));
}

/** Claims a prefix that has no marker; false where somebody else was quicker. */
export async function claimPrefix(store: ObjectStore, prefix: string, marker: Marker): Promise<boolean> {
  return store.put(markerKey(prefix), markerText(marker), { ifAbsent: true });
}

export const markerText = (marker: Marker): string => `${JSON.stringify(marker, undefined, 2)}\n`;

/** One of `owners`, a resource as it is and as it was before, holds the prefix now. */
export const isMarkedBy = (marker: Marker, owners: readonly Owner[]): boolean =>
  owners.some((owner) => isSameOwner(marker, owner));

/** The holder is `owner`, or was it under an earlier URN: a state from before a rename still has that one. */
export const wasMarkedBy = (marker: Marker, { owner, lineage }: Owner): boolean =>
  marker.lineage === lineage && [marker.owner, ...marker.formerOwners].includes(owner);
