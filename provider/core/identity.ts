import { randomBytes } from "node:crypto";
import { isReserved, type UserMetadata } from "./user-metadata.ts";
import { pick, shortHash } from "./values.ts";

/**
 * The owner of an object: a resource's URN, and the lineage of the resource's location. A URN names neither backend nor
 * organization, so two stacks may have equal URNs. A lineage is a random id that exists in only one state, as in
 * Terraform.
 */
export interface Owner {
  /** The URN of the resource. */
  owner: string;
  lineage: string;
}

/** The label by which a resource finds its objects: a hash of URN and lineage. */
export const ownerLabel = "pulumi-velero.io/owner";
const lineageLabel = "pulumi-velero.io/lineage";
/**
 * The label of one create of a resource: its late delete does not touch objects that a newer incarnation has taken
 * over.
 */
export const incarnationLabel = "pulumi-velero.io/incarnation";
/** The owner's URN, for people. */
export const ownerAnnotation = "pulumi-velero.io/owner-urn";

export const ownerHash = ({ owner, lineage }: Owner): string => shortHash(16, owner, lineage);

export const newIncarnation = (): string => randomBytes(6).toString("hex");

export const newLineage = (): string => randomBytes(8).toString("hex");

export interface Identity extends Owner {
  incarnation: string;
}

/** A resource and its former owners: an alias, a rename or a move changes the URN. */
export interface Owned extends Owner {
  formerOwners?: Owner[] | undefined;
  /** The lineage of a lost state: objects of the same URN with that lineage belong to this resource. */
  adoptLineage?: string | undefined;
}

export const isSameOwner = (a: Owner, b: Owner): boolean => a.owner === b.owner && a.lineage === b.lineage;

/** Returns all present and former owners of a resource, the present one first. */
export function ownersOf({ owner, lineage, formerOwners = [], adoptLineage }: Owned): Owner[] {
  const adopted = adoptLineage === undefined ? [] : [{ owner, lineage: adoptLineage }];
  return [{ owner, lineage }, ...formerOwners, ...adopted];
}

/** Returns the former owners that state keeps when `next` takes over. Returns undefined if nothing has changed. */
export function formerOwnersOf(state: Owned, next: Owner): Owner[] | undefined {
  const former = ownersOf(state).filter(
    (each, index, all) =>
      !isSameOwner(each, next) && all.findIndex((other) => isSameOwner(each, other)) === index,
  );
  return former.length > 0 ? former : undefined;
}

/** Returns the label selector for the objects of these owners. */
export const ownedBy = (owners: readonly Owner[]): string =>
  `${ownerLabel} in (${[...new Set(owners.map(ownerHash))].join(",")})`;

/** The metadata of a Kubernetes object. */
interface Labelled {
  metadata: {
    name?: string | undefined;
    labels?: Record<string, string> | undefined;
    annotations?: Record<string, string> | undefined;
  };
}

/** Returns the owner that an object names. Returns undefined if no resource of this project created it. */
export function ownerIn({ metadata }: Labelled): Owner | undefined {
  const owner = metadata.annotations?.[ownerAnnotation];
  const lineage = metadata.labels?.[lineageLabel];
  return owner === undefined || lineage === undefined ? undefined : { owner, lineage };
}

/** Describes another owner for a message, with a remedy if there is a specific one. */
interface OwnerDescription {
  /** A clause: `belongs to urn:…`, or `was not made by this project`. */
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

/** Describes the owner that an object names. An object may have our label and name no owner. */
export function describeOwnerOf(object: Labelled, ours: readonly Owner[]): OwnerDescription {
  const theirs = ownerIn(object);
  if (theirs || object.metadata.labels?.[ownerLabel] === undefined) return describeOwner(theirs, ours);
  return { words: "belongs to another resource of this project" };
}

/** Returns the labels and annotations of every object of a resource: its owner, and the declared ones. */
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

/** Returns our kind in a URN: `ClusterBackup`. */
export const ownerKind = (owner: string): string | undefined => /\/velero:(\w+)::/.exec(owner)?.[1];

/** Returns the logical name at the end of a URN. */
export const nameOf = (owner: string): string => owner.split("::").at(-1) ?? owner;

/**
 * The maximum length of an object's name. A Backup of a Schedule is called `<schedule>-<14 digits>`, and its name is a
 * label's value: 48 + 15 = 63. A Schedule with a longer name never makes a backup, without an error
 * (docs/design/velero-facts.md#name-length).
 */
const MAX_NAME = 48;
const HASH = 8;

/**
 * Returns a name of the form `<resource>-<cluster>-<8 hex>`. It includes the cluster's name because Velero compares
 * names over all locations of a cluster (docs/design/velero-facts.md#names-over-all-locations). The hash, over the
 * owner and everything that replaces the object, separates names whose safe forms are equal, and lets an old and a new
 * object exist together.
 */
export function objectName(resource: string, cluster: string, ...identity: unknown[]): string {
  const room = MAX_NAME - HASH - 2;
  const cut = (text: string, length: number) => text.slice(0, length).replace(/-+$/, "");
  const [long, short] = [safeName(resource), safeName(cluster)];
  const clusterPart = cut(short, Math.max(18, room - long.length));
  const resourcePart = cut(long, room - clusterPart.length);
  return [resourcePart, clusterPart, shortHash(HASH, ...identity)].filter(Boolean).join("-");
}

/**
 * Returns the text with only lower-case letters, digits and single dashes: safe in names, labels and keys of a store.
 */
export const safeName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");

/** The labels and annotations of an object. */
export interface ObjectTags {
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/**
 * The annotation with the names of the declared labels and annotations, on the object itself. With it, a name that
 * leaves the program is removed from the object, even after a killed run. Names that others added are not in it, and
 * stay.
 */
export const declaredAnnotation = "pulumi-velero.io/declared-metadata";

type Names = Partial<Record<keyof ObjectTags, string[]>>;

export const userMetadataOf = (inputs: UserMetadata): UserMetadata => pick(inputs, ["labels", "annotations"]);

/**
 * Adds the declared labels and annotations. Ours take precedence: check refuses declared names that are ours or
 * Velero's.
 */
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

/** Returns only the declared labels and annotations, in the form in which objects have them. */
export const userTags = (user: UserMetadata): ObjectTags =>
  withUserMetadata({ labels: {}, annotations: {} }, user);

/**
 * Returns nulls for labels and annotations that an earlier declaration set and that are not desired any more. The nulls
 * remove them.
 */
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

/**
 * Reads the names of declared labels and annotations. Somebody may have written anything there. Our names and Velero's
 * are never declared, and so never removed.
 */
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
