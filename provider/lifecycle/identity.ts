import { randomBytes } from "node:crypto";
import { shortHash } from "./canonical.ts";

/**
 * Who owns what we make. An owner is a resource's URN; every object carries a hash of it as a label and the URN
 * itself as an annotation. An incarnation is one create of that resource: its late delete touches no object that a
 * newer incarnation has taken over.
 */
export const ownerLabel = "pulumi-velero.io/owner";
export const incarnationLabel = "pulumi-velero.io/incarnation";
export const ownerAnnotation = "pulumi-velero.io/owner-urn";

export const ownerHash = (owner: string): string => shortHash(16, owner);

export const newIncarnation = (): string => randomBytes(6).toString("hex");

export interface Identity {
  owner: string;
  incarnation: string;
}

/** The owner, and the URNs that it had before an alias, a rename or a move. */
export interface Lineage {
  owner: string;
  formerOwners?: string[] | undefined;
}

/** All of them, the present one first. */
export const ownersOf = ({ owner, formerOwners = [] }: Lineage): string[] => [owner, ...formerOwners];

/** What state keeps when `owner` takes over: nothing where nothing has changed. */
export function formerOwnersOf(state: Lineage, owner: string): string[] | undefined {
  const former = ownersOf(state).filter((urn) => urn !== owner);
  return former.length > 0 ? former : undefined;
}

export interface Stamp {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

export const stampOf = ({ owner, incarnation }: Identity): Stamp => ({
  labels: { [ownerLabel]: ownerHash(owner), [incarnationLabel]: incarnation },
  annotations: { [ownerAnnotation]: owner },
});

/** The stack in a URN: `urn:pulumi:<stack>::<project>`. */
export const stackOf = (owner: string): string => owner.split("::").slice(0, 2).join("::");

/** The kind of ours that a URN is of: `ClusterBackup`. */
export const ownerKind = (owner: string): string | undefined => /\/velero:(\w+)::/.exec(owner)?.[1];

/** The logical name at the end of a URN. */
export const nameOf = (owner: string): string => owner.split("::").at(-1) ?? owner;

/**
 * A Backup of a Schedule is called `<schedule>-<14 digits>`, and its name is a label's value: 48 + 15 = 63. Longer
 * Schedule names silently never make a backup (velero.md 0.11).
 */
const MAX_NAME = 48;
const HASH = 8;

/**
 * `<resource>-<cluster>-<8 hex>`. The cluster's name is in it because Velero compares names over all locations of a
 * cluster (velero.md 10.1); the hash, over the owner and whatever replaces the object, keeps apart what the safe
 * forms would make equal, and lets an old and a new one stand side by side.
 */
export function objectName(resource: string, cluster: string, ...identity: unknown[]): string {
  const room = MAX_NAME - HASH - 2;
  const cut = (text: string, length: number) => text.slice(0, length).replace(/-+$/, "");
  const [long, short] = [safeName(resource), safeName(cluster)];
  const clusterPart = cut(short, Math.max(18, room - long.length));
  const resourcePart = cut(long, room - clusterPart.length);
  return [resourcePart, clusterPart, shortHash(HASH, ...identity)].filter(Boolean).join("-");
}

/** Lower-case letters, digits and single dashes: safe in names, labels and keys of a store. */
export const safeName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
