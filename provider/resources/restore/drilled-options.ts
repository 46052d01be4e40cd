import type { RestoreOptions } from "./options.ts";
import { OWN_KINDS } from "./own-kinds.ts";

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
export function drilledOptions(
  options: RestoreOptions,
  { withPods, veleroNamespaces }: DrillFacts,
): RestoreOptions {
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
