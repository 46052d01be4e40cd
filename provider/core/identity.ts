import { randomBytes } from "node:crypto";
import { pick, shortHash } from "./values.ts";

/**
 * The owner of an object: a resource's URN, and the lineage of the location that the resource hangs on. A URN names
 * neither backend nor organisation, so that two stacks may have equal URNs. A lineage is a random id that lives in one
 * state alone, as Terraform's does.
 */
export interface Owner {
  /** URN. */
  owner: string;
  lineage: string;
}

/** A hash over URN and lineage: the label by which a resource finds its objects. */
export const ownerLabel = "pulumi-velero.io/owner";
export const lineageLabel = "pulumi-velero.io/lineage";
/** One create of a resource: its late delete touches no object that a newer incarnation has taken over. */
export const incarnationLabel = "pulumi-velero.io/incarnation";
/** The owner's URN, for people. */
export const ownerAnnotation = "pulumi-velero.io/owner-urn";

export const ownerHash = ({ owner, lineage }: Owner): string => shortHash(16, owner, lineage);

export const newIncarnation = (): string => randomBytes(6).toString("hex");

export const newLineage = (): string => randomBytes(8).toString("hex");

export interface Identity extends Owner {
  incarnation: string;
}

/** A resource, and the owners that it was before: an alias, a rename or a move changes the URN. */
export interface Owned extends Owner {
  formerOwners?: Owner[] | undefined;
  /** The lineage of a state that was lost: all that the same URN made under it belongs to this resource. */
  adoptLineage?: string | undefined;
}

export const isSameOwner = (a: Owner, b: Owner): boolean => a.owner === b.owner && a.lineage === b.lineage;

/** All owners that a resource is or was, the present one first. */
export function ownersOf({ owner, lineage, formerOwners = [], adoptLineage }: Owned): Owner[] {
  const adopted = adoptLineage === undefined ? [] : [{ owner, lineage: adoptLineage }];
  return [{ owner, lineage }, ...formerOwners, ...adopted];
}

/** The former owners that state keeps when `next` takes over; undefined where nothing has changed. */
export function formerOwnersOf(state: Owned, next: Owner): Owner[] | undefined {
  const former = ownersOf(state).filter(
    (each, index, all) =>
      !isSameOwner(each, next) && all.findIndex((other) => isSameOwner(each, other)) === index,
  );
  return former.length > 0 ? former : undefined;
}

/** The selector that finds the objects of these owners. */
export const ownedBy = (owners: readonly Owner[]): string =>
  `${ownerLabel} in (${[...new Set(owners.map(ownerHash))].join(",")})`;

/** What an object of Kubernetes says of itself. */
interface Labelled {
  metadata: {
    name?: string | undefined;
    labels?: Record<string, string> | undefined;
    annotations?: Record<string, string> | undefined;
  };
}

/** The owner that an object names; undefined where no resource of this project made it. */
export function ownerIn({ metadata }: Labelled): Owner | undefined {
  const owner = metadata.annotations?.[ownerAnnotation];
  const lineage = metadata.labels?.[lineageLabel];
  return owner === undefined || lineage === undefined ? undefined : { owner, lineage };
}

/** Names an owner that is not this resource for a message, with the way out if there is a particular one. */
export interface OwnerDescription {
  /** `belongs to urn:…`, or `was not made by this project`. */
  words: string;
  remedy?: string;
}

export function describeOwner(theirs: Owner | undefined, ours: readonly Owner[]): OwnerDescription {
  if (!theirs) return { words: "was not made by this project" };
  if (ours.every(({ owner }) => owner !== theirs.owner)) return { words: `belongs to ${theirs.owner}` };
  return {
    words:
      `belongs to ${theirs.owner} of another stack that has the same name (lineage ${theirs.lineage}): a stack in ` +
      "another backend or organisation, or one whose state was lost or has let go of it (retainOnDelete, deletedWith)",
    remedy:
      "Rename this project, stack or resource. Only if no state has it any more: set " +
      `adoptLineage: "${theirs.lineage}" on the location, and this stack takes back what that one made.`,
  };
}

/** The same of the owner that an object names. An object may carry our label and name none. */
export function describeOwnerOf(object: Labelled, ours: readonly Owner[]): OwnerDescription {
  const theirs = ownerIn(object);
  if (theirs || object.metadata.labels?.[ownerLabel] === undefined) return describeOwner(theirs, ours);
  return { words: "belongs to another resource of this project" };
}

/** What every object of a resource bears: whose it is, and what the program declares for it. */
export const stampOf = ({ owner, lineage, incarnation, ...user }: Identity & UserMetadata): ObjectTags =>
  withUserMetadata(
    {
      labels: {
        [ownerLabel]: ownerHash({ owner, lineage }),
        [lineageLabel]: lineage,
        [incarnationLabel]: incarnation,
      },
      annotations: { [ownerAnnotation]: owner },
    },
    user,
  );

/** The kind of ours that a URN is of: `ClusterBackup`. */
export const ownerKind = (owner: string): string | undefined => /\/velero:(\w+)::/.exec(owner)?.[1];

/** The logical name at the end of a URN. */
export const nameOf = (owner: string): string => owner.split("::").at(-1) ?? owner;

/**
 * A Backup of a Schedule is called `<schedule>-<14 digits>`, and its name is a label's value: 48 + 15 = 63. Longer
 * Schedule names silently never make a backup (docs/design/velero-facts.md#name-length).
 */
const MAX_NAME = 48;
const HASH = 8;

/**
 * `<resource>-<cluster>-<8 hex>`. The cluster's name is in it because Velero compares names over all locations of a
 * cluster (docs/design/velero-facts.md#names-over-all-locations). The hash, over the owner and whatever replaces
 * the object, keeps apart what the safe forms would make equal, and lets an old and a new one stand side by side.
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

/** The labels and annotations that a program declares for the objects of a resource. */
export interface UserMetadata {
  labels?: Record<string, string> | undefined;
  annotations?: Record<string, string> | undefined;
}

/** Labels and annotations as an object has them. */
export interface ObjectTags {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/**
 * Lists the names of declared labels and annotations on the object itself. One that leaves the program is removed from
 * the object by it, also after a run that was killed; what others have added is not on it, and stays.
 */
export const declaredAnnotation = "pulumi-velero.io/declared-metadata";

type Names = Partial<Record<keyof ObjectTags, string[]>>;

export const userMetadataOf = (inputs: UserMetadata): UserMetadata => pick(inputs, ["labels", "annotations"]);

/** Adds what the program declares. Ours comes last: check refuses a declared name that is ours or Velero's. */
function withUserMetadata(ours: ObjectTags, { labels = {}, annotations = {} }: UserMetadata): ObjectTags {
  const names: Names = {
    ...(Object.keys(labels).length > 0 && { labels: Object.keys(labels).toSorted() }),
    ...(Object.keys(annotations).length > 0 && { annotations: Object.keys(annotations).toSorted() }),
  };
  const record = Object.keys(names).length > 0 && { [declaredAnnotation]: JSON.stringify(names) };
  return {
    labels: { ...labels, ...ours.labels },
    annotations: { ...annotations, ...record, ...ours.annotations },
  };
}

/** The declared labels and annotations alone, as they stand on an object. */
export const userTags = (user: UserMetadata): ObjectTags =>
  withUserMetadata({ labels: {}, annotations: {} }, user);

/** Names what is on the live object by an earlier declaration, and is not desired any more: null takes each away. */
export function withdrawn(
  live: Partial<ObjectTags>,
  desired: Partial<ObjectTags>,
): Record<keyof ObjectTags, Record<string, null>> {
  const names = namesOn(live);
  const leaving = (part: keyof ObjectTags, candidates: readonly string[]) =>
    Object.fromEntries(
      candidates
        .filter((name) => live[part]?.[name] !== undefined && desired[part]?.[name] === undefined)
        .map((name) => [name, null]),
    );
  return {
    labels: leaving("labels", names.labels ?? []),
    annotations: leaving("annotations", [...(names.annotations ?? []), declaredAnnotation]),
  };
}

/** Somebody may have written anything there. Names of ours and of Velero's are never declared, so never taken away. */
function namesOn({ annotations = {} }: Partial<ObjectTags>): Names {
  try {
    const names = JSON.parse(annotations[declaredAnnotation] ?? "{}") as Record<string, unknown> | null;
    const listed = (part: keyof ObjectTags) =>
      Array.isArray(names?.[part])
        ? (names[part] as unknown[]).filter(
            (name): name is string => typeof name === "string" && !isReserved(name),
          )
        : [];
    return { labels: listed("labels"), annotations: listed("annotations") };
  } catch {
    return {};
  }
}

const RESERVED = ["velero.io", "pulumi-velero.io"];

/** Tells if Velero or this project gives a meaning to labels and annotations of that name. */
export function isReserved(name: string): boolean {
  const prefix = name.includes("/") ? (name.split("/")[0]?.toLowerCase() ?? "") : "";
  return RESERVED.some((domain) => prefix === domain || prefix.endsWith(`.${domain}`));
}
