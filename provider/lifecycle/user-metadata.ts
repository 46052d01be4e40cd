import { pick } from "./canonical.ts";

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
export function withUserMetadata(
  ours: ObjectTags,
  { labels = {}, annotations = {} }: UserMetadata,
): ObjectTags {
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
