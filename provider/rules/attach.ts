import { Problem } from "../core/errors.ts";
import { describeOwner, isSameOwner, type Owner } from "../core/identity.ts";
import { shortHash } from "../core/values.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { markerKey } from "../velero/layout.ts";
import type { AccessMode } from "../velero/types.ts";

/** What was found at a prefix before anything is written there. */
export interface PrefixFindings {
  marker: Marker | undefined;
  /** Nothing of Velero's lies below the prefix. */
  empty: boolean;
  /** This cluster's own Velero writes there already, by the very location that comes. */
  writing: boolean;
  /**
   * Backups whose TTL is over: a Velero that may write there deletes them at its first synchronization
   * (docs/design/velero-facts.md#expiry).
   */
  expired: string[];
}

export interface Claimant {
  owners: readonly Owner[];
  cluster: { key: string; uid: string };
  takeOver?: string | undefined;
}

export type Attachment =
  | { accessMode: AccessMode; notice?: string }
  /** Somebody else writes there. */
  | Refusal;

/** Why a prefix cannot be claimed, a clause without a full stop, and what to do. */
export interface Refusal {
  refused: string;
  remedy: string;
}

/**
 * How a cluster may attach to a prefix. Pure: a table of what lies there against who comes. Read-only is what is left
 * wherever writing could destroy something, and the notice names the value of `takeOver` for exactly this case.
 */
export function attach(found: PrefixFindings, claimant: Claimant, prefix: string): Attachment {
  const { marker, empty, writing, expired } = found;
  const refusal = refusalOf(marker, claimant.owners, prefix);
  if (refusal) return refusal;
  const ours =
    marker !== undefined &&
    (isMarkedBy(marker, claimant.owners) || isReleasedByNamesake(marker, claimant.owners));
  const sameCluster = marker?.cluster.uid === claimant.cluster.uid;
  if (!marker && empty) return { accessMode: "ReadWrite" };
  if (ours && sameCluster && (marker.released === undefined || expired.length === 0))
    return { accessMode: "ReadWrite" };
  // Nothing is to be kept from a Velero that it does anyway.
  if (writing && (!marker || sameCluster)) return { accessMode: "ReadWrite" };

  const value = takeOverValue(found, claimant);
  if (claimant.takeOver === value) return { accessMode: "ReadWrite" };
  return {
    accessMode: "ReadOnly",
    notice: `${reason(found, ours, sameCluster, prefix)}, so it is attached read-only. ${consequence(expired)} To write to it set takeOver: "${value}".`,
  };
}

/** The claim of somebody else that is in force. */
export function refusalOf(
  marker: Marker | undefined,
  owners: readonly Owner[],
  prefix: string,
): Refusal | undefined {
  if (!marker || marker.released !== undefined || isMarkedBy(marker, owners)) return undefined;
  const { words, remedy } = describeOwner(marker, owners);
  return {
    refused: `${prefix}/ ${words} (cluster "${marker.cluster.key}"); one location writes to a prefix, ever`,
    remedy: remedy ?? 'Choose another prefix, or only read from it (accessMode: "ReadOnly").',
  };
}

/** A destroyed location that is declared again has a lineage of its own. Who released a prefix has no claim to it. */
const isReleasedByNamesake = (marker: Marker, owners: readonly Owner[]): boolean =>
  marker.released !== undefined && owners.some(({ owner }) => owner === marker.owner);

/** Fits this prefix, this cluster and what lies there now: a value left in the program arms nothing later. */
export const takeOverValue = ({ marker, expired }: PrefixFindings, { cluster }: Claimant): string =>
  shortHash(
    12,
    marker?.incarnation ?? "unmarked",
    marker?.cluster.uid ?? "",
    cluster.uid,
    expired.toSorted(),
  );

function reason({ marker }: PrefixFindings, ours: boolean, sameCluster: boolean, prefix: string): string {
  if (!marker) return `${prefix}/ holds backups but no marker of ours, and another Velero may write there`;
  if (!sameCluster) return `${prefix}/ was written by another cluster under the key "${marker.cluster.key}"`;
  if (!ours) return `${prefix}/ was written by ${marker.owner}`;
  return `${prefix}/ was released on ${marker.released}, and backups in it have expired since`;
}

function consequence(expired: string[]): string {
  if (expired.length === 0) return "None of its backups has expired.";
  const shown = expired.slice(0, 5).join(", ") + (expired.length > 5 ? ", …" : "");
  return `Once writable, Velero deletes what has expired there: ${expired.length} (${shown}).`;
}

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
