import { globToRegExp } from "./glob.ts";
import { isDrill, type RestoreOptions } from "./options.ts";

/** A rule of Velero's resource modifiers (velero `internal/resourcemodifiers`). */
export interface ModifierRule {
  conditions: {
    groupResource: string;
    resourceNameRegex?: string;
    namespaces?: string[];
    labelSelector?: object;
    matches?: { path: string; value?: string }[];
  };
  patches?: { operation: string; path: string; from?: string; value?: string }[];
  mergePatches?: { patchData: string }[];
  strategicPatches?: { patchData: string }[];
}

/** A StatefulSet has a claim template for each of its volumes; a rule for one that is missing does no harm (velero.md 10.19). */
const CLAIM_TEMPLATES = 8;

/** All rules of a restore, or undefined where it has none: the user's own come first. */
export function modifierRules(options: RestoreOptions): ModifierRule[] | undefined {
  const rules = [
    ...(options.resourceModifiers ?? []),
    ...Object.entries(options.storageClassMapping ?? {}).flatMap(([from, to]) => storageClassRules(from, to)),
    ...(isDrill(options) ? drillRules : []),
  ];
  return rules.length > 0 ? rules : undefined;
}

/** Matched is the object as it is in the backup, so that two classes can be swapped. */
function storageClassRules(from: string, to: string): ModifierRule[] {
  const rule = (groupResource: string, path: string): ModifierRule => ({
    conditions: { groupResource, matches: [{ path, value: from }] },
    patches: [{ operation: "replace", path, value: to }],
  });
  return [
    rule("persistentvolumeclaims", "/spec/storageClassName"),
    rule("persistentvolumes", "/spec/storageClassName"),
    ...Array.from({ length: CLAIM_TEMPLATES }, (_, index) =>
      rule("statefulsets.apps", `/spec/volumeClaimTemplates/${index}/spec/storageClassName`),
    ),
  ];
}

const merge = (
  groupResource: string,
  patch: object,
  more: Partial<ModifierRule["conditions"]> = {},
): ModifierRule => ({
  conditions: { groupResource, ...more },
  mergePatches: [{ patchData: JSON.stringify(patch) }],
});

const ofLoadBalancers = [{ path: "/spec/type", value: "LoadBalancer" }];

/** An API server refuses any of these with another type. */
const onlyOfLoadBalancers = {
  externalTrafficPolicy: null,
  allocateLoadBalancerNodePorts: null,
  loadBalancerClass: null,
  loadBalancerSourceRanges: null,
  healthCheckNodePort: null,
};

/** What is restored for a drill runs nothing, and is reached by nobody. */
const drillRules: readonly ModifierRule[] = [
  merge("deployments.apps", { spec: { replicas: 0 } }),
  merge("statefulsets.apps", { spec: { replicas: 0 } }),
  merge("replicasets.apps", { spec: { replicas: 0 } }),
  merge("replicationcontrollers", { spec: { replicas: 0 } }),
  merge("daemonsets.apps", {
    spec: { template: { spec: { nodeSelector: { "pulumi-velero.io/drill": "nowhere" } } } },
  }),
  merge("cronjobs.batch", { spec: { suspend: true } }),
  merge("jobs.batch", { spec: { suspend: true } }),
  // A claim that names its volume would take the source's own, where that is free.
  merge("persistentvolumeclaims", { spec: { volumeName: null } }),
  merge("services", { spec: { type: "ClusterIP", ...onlyOfLoadBalancers } }, { matches: ofLoadBalancers }),
  // Every node would take what comes for these addresses, and there is nobody behind them.
  merge("services", { spec: { externalIPs: null } }),
];

/** Whether the user's own rules may change objects of that kind on their way in: Velero reads `groupResource` as a glob. */
export const changesKind = ({ resourceModifiers = [] }: RestoreOptions, resource: string): boolean =>
  resourceModifiers.some(({ conditions: { groupResource } }) =>
    globToRegExp(groupResource, ".").test(resource),
  );
