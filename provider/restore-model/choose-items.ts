import type { ServedKind } from "../kubernetes/discovery.ts";
import { NEVER_RESTORED } from "../rules/kind-words.ts";
import { isDrill, mapNamespace, provesData } from "../schemas/restore-options.ts";
import type { Captured } from "../velero/backup-contents.ts";
import { listFilter, matchesLabels, resolveKind } from "../velero/matching.ts";
import type { RestoreOptions } from "../velero/restore-option-entries.ts";
import type { SavedClaims } from "../volumes/saved-claims.ts";
import { planVolumes, type VolumePlan } from "./plan-volumes.ts";

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
    .filter((item) => item.resource !== NAMESPACE_KIND && !isCompleted(item))
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
      resource === NAMESPACE_KIND ? [object.metadata.name] : namespace === undefined ? [] : [namespace],
    ),
  ),
];

const NAMESPACE_KIND = "namespaces";

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
      resource === NAMESPACE_KIND ? [name] : namespace === undefined ? [] : [namespace],
    ),
  );
  const made = [...names].map((name): [string, Selected] => {
    const captured = contents.find((item) => item.resource === NAMESPACE_KIND && item.name === name);
    return [namespaceInto(name, options), restoredNamespace(name, options, captured)];
  });
  // Several namespaces may be mapped to one.
  return [...new Map(made.toReversed()).values()].toReversed();
}

const namespaceInto = (name: string, { namespaceMapping }: RestoreOptions): string =>
  mapNamespace(name, namespaceMapping) ?? name;

/** Returns the Namespace that Velero creates for the objects that it restores there. */
export const restoredNamespace = (name: string, options: RestoreOptions, captured?: Captured): Selected => ({
  resource: NAMESPACE_KIND,
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

/** The objects of a backup that are restored, and the options of the restore. */
export interface Choice {
  items: readonly Selected[];
  /** The declared options, or those that a drill derives from them. */
  options: RestoreOptions;
  /** A drill's plan for the data of claims. Absent in other restores. */
  volumes?: VolumePlan;
}

export interface DrillContext {
  saved: SavedClaims;
  /** Storage classes of the target that make a volume only when a pod mounts the claim (WaitForFirstConsumer). */
  lateClasses: readonly string[];
  /** Velero's own namespace in the target. */
  veleroNamespace: string;
}

/** Chooses the objects of a backup that a restore with these options takes. */
export function chooseItems(
  contents: readonly Captured[],
  options: RestoreOptions,
  kinds: readonly ServedKind[],
  { saved, lateClasses, veleroNamespace }: DrillContext,
): Choice {
  const select = (under: RestoreOptions): Choice => {
    const items = selectItems(contents, under, kinds);
    const moved = namespacesOfMovedData(contents, items);
    if (under.namespaceMapping === undefined || moved.length === 0) return { items, options: under };
    const namespaceMapping = {
      ...under.namespaceMapping,
      ...Object.fromEntries(moved.map((name) => [name, veleroNamespace])),
    };
    const redirected = { ...under, namespaceMapping };
    return { items: selectItems(contents, redirected, kinds), options: redirected };
  };
  if (!isDrill(options)) return select(options);
  const veleroNamespaces = [veleroNamespace, ...namespacesWith(contents, VELEROS)];
  const drilled = (withPods: boolean) => select(drilledOptions(options, { withPods, veleroNamespaces }));
  const whole = drilled(true);
  const volumes = planVolumes(whole.items, saved, { lateClasses, options });
  const chosen = provesData(options) && volumes.needsPods ? whole : drilled(false);
  return { ...chosen, volumes: within(volumes, chosen.items) };
}

/** Removes claims from the plan that only a pod would have brought along, and that are not restored without it. */
function within(volumes: VolumePlan, items: readonly Selected[]): VolumePlan {
  const restored = new Set(
    items
      .filter(({ resource }) => resource === "persistentvolumeclaims")
      .map(({ namespace, name }) => `${namespace}/${name}`),
  );
  return {
    ...volumes,
    claims: volumes.claims.filter(({ namespace, claim }) => restored.has(`${namespace}/${claim}`)),
  };
}

/** Kinds whose objects exist only in Velero's own namespace. */
const VELEROS = [MOVED_DATA, "backupstoragelocations.velero.io"];

const namespacesWith = (contents: readonly Captured[], resources: readonly string[]): string[] =>
  namespacesIn(contents.filter(({ resource }) => resources.includes(resource)));

/**
 * Returns the namespaces of which a restore only reads objects, whatever its filters: a backup with moved data holds
 * some objects of Velero's own namespace (velero `pkg/restore/restore.go`, resourceMustHave). Velero would create the
 * namespace that the mapping names for them, and a mapping of `*` names one. So they are mapped to Velero's own
 * namespace, which exists.
 */
const namespacesOfMovedData = (contents: readonly Captured[], items: readonly Selected[]): string[] => {
  const restored = namespacesIn(items);
  return namespacesWith(contents, [MOVED_DATA]).filter((name) => !restored.includes(name));
};

const PODS = "pods";
/** A drill excludes these kinds, because they would expose the copy to clients outside of the cluster. */
const OUTSIDE = ["ingresses.networking.k8s.io", "httproutes.gateway.networking.k8s.io"];

/** The facts of a backup and a target that decide how a drill is done. */
interface DrillFacts {
  /**
   * True if pods are restored as well: the data of some claims comes back only with a pod. No pod runs its own
   * containers.
   */
  withPods: boolean;
  /** Velero's own namespaces in the cluster that was backed up and in the target. */
  veleroNamespaces: readonly string[];
}

/**
 * Returns the options of a drill. Nothing that a drill restores runs, is reachable, or changes cluster-scoped objects.
 * Custom resources are excluded unless `includedResources` names them. Velero's own namespace is excluded unless
 * `includedNamespaces` names it: a backup with moved data holds objects of it (velero `pkg/restore/restore.go`,
 * resourceMustHave).
 */
function drilledOptions(options: RestoreOptions, { withPods, veleroNamespaces }: DrillFacts): RestoreOptions {
  const { includedResources = OWN_KINDS, excludedResources = [], includedNamespaces = [] } = options;
  const excluded = [...new Set([...excludedResources, ...(withPods ? [] : [PODS]), ...OUTSIDE])];
  const wanted = includedResources.includes("*") ? includedResources : [...includedResources, PODS];
  const included = wanted.filter((kind) => !excluded.includes(kind));
  const excludedNamespaces = [
    ...(options.excludedNamespaces ?? []),
    ...veleroNamespaces.filter((name) => !includedNamespaces.includes(name)),
  ];
  return {
    ...options,
    // Velero refuses a kind that is in both lists. An empty list would mean all kinds.
    includedResources: included.length > 0 ? [...new Set(included)] : [...includedResources],
    excludedResources: excluded,
    excludedNamespaces: [...new Set(excludedNamespaces)],
    includeClusterResources: false,
    // A declared node port collides with the port of the live Service. A hook does not find the process that it should
    // run in.
    preserveNodePorts: undefined,
    hooks: undefined,
  };
}

/**
 * Kubernetes' own namespaced kinds, and snapshots, which hold the data of claims. A drill restores these kinds unless
 * `includedResources` names others: controllers would act on a custom resource in any namespace.
 */
export const OWN_KINDS: readonly string[] = [
  ...["configmaps", "limitranges", "persistentvolumeclaims", "replicationcontrollers", "resourcequotas"],
  ...["secrets", "serviceaccounts", "services"],
  ...["daemonsets.apps", "deployments.apps", "replicasets.apps", "statefulsets.apps"],
  ...["cronjobs.batch", "jobs.batch", "horizontalpodautoscalers.autoscaling"],
  ...["networkpolicies.networking.k8s.io", "poddisruptionbudgets.policy"],
  ...["rolebindings.rbac.authorization.k8s.io", "roles.rbac.authorization.k8s.io"],
  ...["volumesnapshots.snapshot.storage.k8s.io", "volumesnapshotcontents.snapshot.storage.k8s.io"],
];
