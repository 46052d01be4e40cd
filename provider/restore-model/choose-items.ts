import type { ServedKind } from "../kubernetes/discovery.ts";
import { planVolumes, type VolumePlan } from "./plan-volumes.ts";
import { isDrill, provesData, type RestoreOptions } from "../schemas/restore-options.ts";
import type { Captured } from "../velero/backup-contents.ts";
import type { SavedClaims } from "../volumes/saved-claims.ts";
import { MOVED_DATA, namespacesIn, type Selected, selectItems } from "./select-items.ts";

/** The objects of a backup that are restored, and the options by which they are. */
export interface Choice {
  items: readonly Selected[];
  /** Those that are declared, or what a drill makes of them. */
  options: RestoreOptions;
  /** In a drill: the fate of the data of claims. */
  volumes?: VolumePlan;
}

export interface Circumstances {
  saved: SavedClaims;
  /** Storage classes of the target that make no volume before a pod mounts the claim. */
  lateClasses: readonly string[];
  /** Velero's own namespace in the target. */
  veleroNamespace: string;
}

/** Chooses what a restore takes of a backup, under the options that it comes to. */
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

/** A claim that only a pod would have brought along is not restored without it. */
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

/** Kinds whose objects lie in Velero's own namespace alone. */
const VELEROS = [MOVED_DATA, "backupstoragelocations.velero.io"];

const namespacesWith = (contents: readonly Captured[], resources: readonly string[]): string[] =>
  namespacesIn(contents.filter(({ resource }) => resources.includes(resource)));

/**
 * Namespaces of which a restore only reads objects, whatever its filters: a backup with moved data holds some of Velero's
 * own namespace (velero `pkg/restore/restore.go`, resourceMustHave). Velero would make the namespace that the mapping
 * says for them, and a mapping of `*` says one; so they are mapped to Velero's own, which is there.
 */
const namespacesOfMovedData = (contents: readonly Captured[], items: readonly Selected[]): string[] => {
  const restored = namespacesIn(items);
  return namespacesWith(contents, [MOVED_DATA]).filter((name) => !restored.includes(name));
};

const PODS = "pods";
/** A drill leaves these out, since they would answer to the outside world. */
const OUTSIDE = ["ingresses.networking.k8s.io", "httproutes.gateway.networking.k8s.io"];

/** These facts of a backup and a target decide how a drill is done. */
export interface DrillFacts {
  /** Pods are restored, too, though none of them runs what it did: the data of a claim comes back with one. */
  withPods: boolean;
  /** Velero's own namespaces, of the cluster that was backed up and of the target. */
  veleroNamespaces: readonly string[];
}

/**
 * The options that a drill comes to. Nothing of it runs, is reached, or changes the cluster for everybody; custom
 * resources are left out unless `includedResources` names them, and Velero's own namespace unless `includedNamespaces`
 * does: a backup with moved data holds objects of it (velero `pkg/restore/restore.go`, resourceMustHave).
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
    // Velero refuses a kind that stands in both lists. An empty one would be all.
    includedResources: included.length > 0 ? [...new Set(included)] : [...includedResources],
    excludedResources: excluded,
    excludedNamespaces: [...new Set(excludedNamespaces)],
    includeClusterResources: false,
    // A node port that was declared collides with the one that lives, and no hook finds what it would be run in.
    preserveNodePorts: undefined,
    hooks: undefined,
  };
}

/**
 * Kubernetes' own kinds that lie in namespaces, and snapshots, in which the data of claims is. What a drill restores
 * where nobody says which kinds: controllers would act upon a custom resource, whatever its namespace.
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
