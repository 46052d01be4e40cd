import { Problem } from "../core/errors.ts";
import { describeOwner, isSameOwner, type Owner } from "../core/identity.ts";
import { shortHash } from "../core/values.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { markerKey } from "../velero/backup-files.ts";
import type { AccessMode } from "../velero/types.ts";

/** The facts about a prefix, before anything is written there. */
export interface PrefixFindings {
  marker: Marker | undefined;
  /** True if there is no data of Velero below the prefix. */
  empty: boolean;
  /** True if this cluster's own Velero already writes there, through the same location. */
  writing: boolean;
  /**
   * Backups whose TTL is over. A Velero that may write there deletes them at its first synchronization
   * (docs/design/velero-facts.md#expiry).
   */
  expired: string[];
}

export interface Claimant {
  owners: readonly Owner[];
  cluster: { key: string; uid: string };
  takeOver?: string | undefined;
}

type Attachment =
  | { accessMode: AccessMode; notice?: string }
  /** Another owner writes there. */
  | Refusal;

/** The reason why a prefix cannot be claimed, as a clause without a full stop, and the remedy. */
export interface Refusal {
  refused: string;
  remedy: string;
}

/**
 * Decides how a cluster attaches to a prefix. It is a pure function of the facts and the claimant. The access is
 * read-only if writing could destroy data. Then the notice names the value of `takeOver` for exactly this case.
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
  // The cluster's own Velero already writes there, so read-only access would protect nothing.
  if (writing && (!marker || sameCluster)) return { accessMode: "ReadWrite" };

  const value = takeOverValue(found, claimant);
  if (claimant.takeOver === value) return { accessMode: "ReadWrite" };
  return {
    accessMode: "ReadOnly",
    notice: `${reason(found, ours, sameCluster, prefix)}, so it is attached read-only. ${consequence(expired)} To write to it set takeOver: "${value}".`,
  };
}

/** Returns a refusal if the claim of another owner is in force. */
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

/**
 * Returns true if an earlier incarnation released the prefix. A location that was destroyed and declared again has a
 * new lineage. An owner that released a prefix has no claim on it.
 */
const isReleasedByNamesake = (marker: Marker, owners: readonly Owner[]): boolean =>
  marker.released !== undefined && owners.some(({ owner }) => owner === marker.owner);

/**
 * Returns a value that is valid only for this prefix, this cluster and the current backups. So a value that is left in
 * the program has no effect later.
 */
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
 * The claim on a prefix: the ClusterLocation that writes there, its incarnation and its cluster. Only one cluster ever
 * backs up to a prefix (docs/design/rules.md#one-writer-per-prefix).
 */
export interface Marker extends Owner {
  version: 1;
  /** URNs that the owner had before an alias, a rename or a move, with the same lineage. */
  formerOwners: string[];
  incarnation: string;
  cluster: { key: string; uid: string };
  /** The time when the location was destroyed. Its data stayed. */
  released?: string;
}

export async function readMarker(store: ObjectStore, prefix: string): Promise<Marker | undefined> {
  const content = await store.get(markerKey(prefix));
  return content && parseMarker(content.toString("utf8"), `${markerKey(prefix)} in ${store.address}`);
}

/** Parses a marker. `place` names its source for messages. */
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

/** Claims a prefix without a marker. Returns false if another owner claimed it first. */
export async function claimPrefix(store: ObjectStore, prefix: string, marker: Marker): Promise<boolean> {
  return store.put(markerKey(prefix), markerText(marker), { ifAbsent: true });
}

export const markerText = (marker: Marker): string => `${JSON.stringify(marker, undefined, 2)}\n`;

/** Returns true if one of `owners`, the present and former owners of a resource, holds the prefix. */
export const isMarkedBy = (marker: Marker, owners: readonly Owner[]): boolean =>
  owners.some((owner) => isSameOwner(marker, owner));

/**
 * Returns true if `owner` holds the prefix, or held it under an earlier URN: a state from before a rename still has
 * that URN.
 */
export const wasMarkedBy = (marker: Marker, { owner, lineage }: Owner): boolean =>
  marker.lineage === lineage && [marker.owner, ...marker.formerOwners].includes(owner);
