import type { ServedKind } from "../kubernetes/discovery.ts";
import { NEVER_RESTORED } from "../rules/kind-words.ts";
import { mapNamespace } from "../schemas/restore-options.ts";
import type { RestoreOptions } from "../velero/restore-option-entries.ts";
import type { Captured } from "../velero/backup-contents.ts";
import { listFilter, matchesLabels, resolveKind } from "../velero/matching.ts";

/** An object of a backup that is restored, and its namespace in the target. */
export interface Selected extends Captured {
  /** The namespace in the target. Absent for a cluster-scoped object. */
  intoNamespace?: string;
}

/** Velero records data that was moved to the store in objects of this kind, in its own namespace. */
export const MOVED_DATA = "datauploads.velero.io";

/**
 * Velero reads DataUploads from the backup, and creates none (velero
 * `pkg/restore/actions/dataupload_retrieve_action.go`).
 */
const NEVER: readonly string[] = [...NEVER_RESTORED, MOVED_DATA];

/**
 * Returns the objects of a backup that a restore with these options takes, by Velero's own rules (velero
 * `pkg/restore/restore.go`, getOrderedResourceCollection and restoreItem). For a drill, pass the options that
 * `chooseItems` derives.
 */
export function selectItems(
  contents: readonly Captured[],
  options: RestoreOptions,
  kinds: readonly ServedKind[],
): Selected[] {
  const resolve = (words: readonly string[] = []) =>
    words.map((word) => resolveKind(word, kinds)?.groupResource ?? word);
  const isWantedKind = listFilter(resolve(options.includedResources), resolve(options.excludedResources));
  const isWantedNamespace = listFilter(options.includedNamespaces, options.excludedNamespaces);
  const { includeClusterResources: isClusterWanted } = options;
  /** Returns true if a restore may take the object when another object brings it along. */
  const isAllowed = ({ resource, namespace }: Captured) =>
    !NEVER.includes(resource) &&
    isWantedKind(resource) &&
    (namespace === undefined ? isClusterWanted !== false : isWantedNamespace(namespace));
  const all = isEverything(options);
  const isNamed = (item: Captured) =>
    isAllowed(item) && (item.namespace !== undefined || isClusterWanted === true || all);
  const isLabelled = labelFilter(options);
  const named = contents.filter((item) => isNamed(item) && isLabelled(item));
  const wanted = withCompanions(named, contents.filter(isAllowed));
  const items = wanted
    .filter((item) => item.resource !== NAMESPACES && !isCompleted(item))
    .map((item) =>
      item.namespace === undefined
        ? item
        : { ...item, intoNamespace: namespaceInto(item.namespace, options) },
    );
  return [...namespacesFor(wanted, contents, options), ...items];
}

/** Returns the distinct namespaces of these objects, by their names in the backup. */
export const namespacesIn = (items: readonly Captured[]): string[] => [
  ...new Set(items.flatMap(({ namespace }) => (namespace === undefined ? [] : [namespace]))),
];

/**
 * Returns the distinct namespaces of these objects, and the Namespace objects among them, by their names in the backup.
 */
export const namespacesOf = (items: readonly Captured[]): string[] => [
  ...new Set(
    items.flatMap(({ resource, namespace, object }) =>
      resource === NAMESPACES ? [object.metadata.name] : namespace === undefined ? [] : [namespace],
    ),
  ),
];

const NAMESPACES = "namespaces";

/**
 * Adds companions: a pod brings its claims and its priority class along, and a bound claim brings its volume. The
 * labels of companions do not matter.
 */
function withCompanions(items: readonly Captured[], allowed: readonly Captured[]): readonly Captured[] {
  const known = new Set(items);
  const others = allowed.filter((other) => COMPANIONS.includes(other.resource) && !known.has(other));
  const brought = items
    .filter((item) => LEADERS.includes(item.resource) && !isCompleted(item))
    .flatMap((item) => others.filter((other) => isCompanion(other, item)));
  return brought.length === 0 ? items : withCompanions([...known, ...new Set(brought)], others);
}

const LEADERS = ["pods", "persistentvolumeclaims"];
const COMPANIONS = ["persistentvolumeclaims", "persistentvolumes", "priorityclasses.scheduling.k8s.io"];

interface CompanionSpec {
  volumeName?: string;
  priorityClassName?: string;
  volumes?: { persistentVolumeClaim?: { claimName: string } }[];
}

function isCompanion(other: Captured, { resource, namespace, object }: Captured): boolean {
  const spec = object["spec"] as CompanionSpec | undefined;
  switch (other.resource) {
    case "persistentvolumes":
      return (
        resource === "persistentvolumeclaims" &&
        (object["status"] as { phase?: string } | undefined)?.phase === "Bound" &&
        spec?.volumeName === other.name
      );
    case "persistentvolumeclaims":
      return (
        resource === "pods" &&
        namespace === other.namespace &&
        (spec?.volumes ?? []).some((volume) => volume.persistentVolumeClaim?.claimName === other.name)
      );
    case "priorityclasses.scheduling.k8s.io":
      return resource === "pods" && spec?.priorityClassName === other.name;
    default:
      return false;
  }
}

/** Velero creates the namespace of each object that it restores, by its mapped name. It creates no other Namespace. */
function namespacesFor(
  wanted: readonly Captured[],
  contents: readonly Captured[],
  options: RestoreOptions,
): Selected[] {
  const names = new Set(
    wanted.flatMap(({ resource, namespace, name }) =>
      resource === NAMESPACES ? [name] : namespace === undefined ? [] : [namespace],
    ),
  );
  const made = [...names].map((name): [string, Selected] => {
    const captured = contents.find((item) => item.resource === NAMESPACES && item.name === name);
    return [namespaceInto(name, options), restoredNamespace(name, options, captured)];
  });
  // Several namespaces may be mapped to one.
  return [...new Map(made.toReversed()).values()].toReversed();
}

const namespaceInto = (name: string, { namespaceMapping }: RestoreOptions): string =>
  mapNamespace(name, namespaceMapping) ?? name;

/** Returns the Namespace that Velero creates for the objects that it restores there. */
export const restoredNamespace = (name: string, options: RestoreOptions, captured?: Captured): Selected => ({
  resource: NAMESPACES,
  name: namespaceInto(name, options),
  object: captured?.object ?? { metadata: { name } },
});

const isEverything = ({ includedNamespaces = [], excludedNamespaces = [] }: RestoreOptions): boolean =>
  (includedNamespaces.length === 0 || includedNamespaces.includes("*")) && excludedNamespaces.length === 0;

function labelFilter(options: RestoreOptions): (item: Captured) => boolean {
  return ({ object }) => matchesLabels(options, object.metadata.labels);
}

/**
 * Returns true for Pods and Jobs that have completed, and for static pods, which a kubelet creates from its own files.
 */
function isCompleted({ resource, object }: Captured): boolean {
  const status = object["status"] as { phase?: string; completionTime?: string } | undefined;
  if (resource === "jobs.batch") return Boolean(status?.completionTime);
  if (resource !== "pods") return false;
  return (
    ["Succeeded", "Failed"].includes(status?.phase ?? "") ||
    object.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined
  );
}
