import type { ServedKind } from "../kubernetes/discovery.ts";
import { planVolumes, type VolumePlan } from "./plan-volumes.ts";
import { isDrill, provesData } from "../schemas/restore-options.ts";
import type { RestoreOptions } from "../velero/restore-option-entries.ts";
import type { Captured } from "../velero/backup-contents.ts";
import type { SavedClaims } from "../volumes/saved-claims.ts";
import { MOVED_DATA, namespacesIn, type Selected, selectItems } from "./select-items.ts";

/** The objects of a backup that are restored, and the options of the restore. */
export interface Choice {
  items: readonly Selected[];
  /** The declared options, or those that a drill derives from them. */
  options: RestoreOptions;
  /** A drill's plan for the data of claims. Absent in other restores. */
  volumes?: VolumePlan;
}

export interface Circumstances {
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
  { saved, lateClasses, veleroNamespace }: Circumstances,
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
