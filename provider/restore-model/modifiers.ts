import { isDrill, type ModifierRule, type RestoreOptions } from "../schemas/restore-options.ts";
import { drillLabel } from "../velero/labels.ts";
import { globToRegExp } from "../velero/matching.ts";
import type { Consumers } from "./plan-volumes.ts";
import type { Selected } from "./select-items.ts";

/**
 * A StatefulSet has a claim template for each of its volumes; a rule for one that is missing does no harm
 * (docs/design/velero-facts.md#resource-modifiers).
 */
const CLAIM_TEMPLATES = 8;

/** All rules of a restore, or undefined where it has none: the user's own come first. A drill has some in any shape. */
export function modifierRules(
  options: RestoreOptions,
  shape: DrillShape = { servicePorts: 0, consumers: [] },
): ModifierRule[] | undefined {
  const rules = [
    ...(options.resourceModifiers ?? []),
    ...Object.entries(options.storageClassMapping ?? {}).flatMap(([from, to]) => storageClassRules(from, to)),
    ...(isDrill(options) ? drillRules(shape) : []),
  ];
  return rules.length > 0 ? rules : undefined;
}

/** All rules match the object as it was before the first of them, so that two classes can be swapped. */
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

/** Whether the user's own rules may change objects of that kind on their way in: Velero reads `groupResource` as a glob. */
export const changesKind = ({ resourceModifiers = [] }: RestoreOptions, resource: string): boolean =>
  resourceModifiers.some(({ conditions: { groupResource } }) =>
    globToRegExp(groupResource, ".").test(resource),
  );

/** The rules of a drill have to know this of a backup, beyond its options. */
export interface DrillShape {
  /** The most ports that a Service with node ports has. */
  servicePorts: number;
  consumers: readonly Consumers[];
}

/** The shape of a drill that restores these items. */
export const shapeOf = (items: readonly Selected[], consumers: readonly Consumers[]): DrillShape => ({
  servicePorts: items.reduce((most, { resource, object }) => Math.max(most, portsOf(resource, object)), 0),
  consumers,
});

function portsOf(resource: string, object: Selected["object"]): number {
  const { ports = [] } = (object["spec"] ?? {}) as { ports?: { nodePort?: number }[] };
  return resource === "services" && ports.some(({ nodePort }) => Boolean(nodePort)) ? ports.length : 0;
}

/**
 * The rules by which nothing that a drill restores runs, is reached, or stays when it is removed. Velero applies them
 * after its own item actions, to the object as these leave it (velero `pkg/restore/restore.go`, restoreItem), and never
 * to a Namespace.
 */
export const drillRules = ({ servicePorts, consumers }: DrillShape): ModifierRule[] => [
  // Nobody who would take a finalizer off looks after a copy. Two asterisks stand for kinds of any group.
  merge("**", { metadata: { finalizers: null } }),
  merge("deployments.apps", { spec: { replicas: 0 } }),
  merge("statefulsets.apps", { spec: { replicas: 0 } }),
  merge("replicasets.apps", { spec: { replicas: 0 } }),
  merge("replicationcontrollers", { spec: { replicas: 0 } }),
  merge("daemonsets.apps", { spec: { template: { spec: { nodeSelector: NOWHERE } } } }),
  merge("cronjobs.batch", { spec: { suspend: true } }),
  merge("jobs.batch", { spec: { suspend: true } }),
  // A claim that names its volume would take the source's own, where that is free.
  merge("persistentvolumeclaims", { spec: { volumeName: null } }),
  ...["LoadBalancer", "NodePort"].map((type) =>
    merge(
      "services",
      { spec: { type: "ClusterIP", ...ONLY_OUTSIDE } },
      { matches: [{ path: "/spec/type", value: type }] },
    ),
  ),
  // Every node would take what comes for these addresses, and there is nobody behind them.
  merge("services", { spec: { externalIPs: null } }),
  ...Array.from({ length: servicePorts }, (_, index) => nodePortRules(index)).flat(),
  ...podRules(consumers),
];

const NOWHERE = { [drillLabel]: "nowhere" };

/** An API server refuses any of these with a ClusterIP. */
const ONLY_OUTSIDE = {
  externalTrafficPolicy: null,
  allocateLoadBalancerNodePorts: null,
  loadBalancerClass: null,
  loadBalancerSourceRanges: null,
  healthCheckNodePort: null,
};

/** A rule matches only a path that is there, with its value: each port has one of these protocols. */
const nodePortRules = (index: number): ModifierRule[] =>
  ["TCP", "UDP", "SCTP"].map((value) => ({
    conditions: { groupResource: "services", matches: [{ path: `/spec/ports/${index}/protocol`, value }] },
    patches: [{ operation: "add", path: `/spec/ports/${index}/nodePort`, value: "0" }],
  }));

/**
 * Pods are restored only where the data of a claim comes back with one. Without labels no workload takes one for its
 * own, which would remove it at once, and no Service leads to it; without annotations it has no hook.
 */
const podRules = (consumers: readonly Consumers[]): ModifierRule[] => [
  merge("pods", {
    metadata: { labels: null, annotations: null },
    spec: {
      nodeSelector: NOWHERE,
      // It must not take the place of what lives, and the class need not be there.
      priorityClassName: null,
      priority: null,
      preemptionPolicy: null,
    },
  }),
  ...onNode({ matches: [{ path: "/spec/initContainers/0/name", value: "restore-wait" }] }, onlyWaiting),
  ...consumers.flatMap(({ namespace, pods }) =>
    onNode({ namespaces: [namespace], resourceNameRegex: `^(${pods.map(escaped).join("|")})$` }, onlyBinding),
  ),
];

const escaped = (name: string): string => name.replaceAll(".", "\\.");

type Conditions = Omit<ModifierRule["conditions"], "groupResource">;

/** A pod that is scheduled, and in which nothing of its own runs. */
const onNode = (conditions: Conditions, patches: ModifierRule["patches"]): ModifierRule[] => [
  {
    conditions: { groupResource: "pods", ...conditions },
    mergePatches: [
      { spec: { nodeSelector: null } },
      {
        // A service mesh would put a container of its own beside it.
        metadata: {
          labels: { "sidecar.istio.io/inject": "false" },
          annotations: { "linkerd.io/inject": "disabled" },
        },
        spec: { ...ANYWHERE, ...ALONE },
      },
    ].map((patch) => ({ patchData: JSON.stringify(patch) })),
  },
  { conditions: { groupResource: "pods", ...conditions }, ...(patches && { patches }) },
];

/** Velero copies files on Linux nodes alone (velero `pkg/podvolume/restorer.go`). Taints are tolerated as they were. */
const ANYWHERE = {
  nodeSelector: { "kubernetes.io/os": "linux" },
  affinity: null,
  topologySpreadConstraints: null,
  schedulerName: null,
  schedulingGates: null,
  runtimeClassName: null,
  overhead: null,
  resources: null,
};

const ALONE = {
  restartPolicy: "Never",
  terminationGracePeriodSeconds: 1,
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  hostNetwork: null,
  hostPID: null,
  hostIPC: null,
  shareProcessNamespace: null,
  hostname: null,
  subdomain: null,
  readinessGates: null,
  resourceClaims: null,
  activeDeadlineSeconds: null,
  ephemeralContainers: null,
};

/** The only container's name. */
const CONTAINER = "drill";
/** Velero's helper looks for volumes in this folder, and ends if there is none (velero `cmd/velero-restore-helper/main.go`). */
const EMPTY = { name: "pulumi-velero-drill", emptyDir: {} };

/**
 * One of the containers stays, Velero's own: the init container that waits until files are back, and beside it a copy of it
 * that has nothing to wait for, and so ends at once.
 */
const onlyWaiting: ModifierRule["patches"] = [
  { operation: "copy", from: "/spec/initContainers/0", path: "/spec/drill" },
  { operation: "add", path: "/spec/initContainers", value: "[]" },
  { operation: "copy", from: "/spec/drill", path: "/spec/initContainers/-" },
  { operation: "add", path: "/spec/containers", value: "[]" },
  { operation: "move", from: "/spec/drill", path: "/spec/containers/-" },
  { operation: "replace", path: "/spec/containers/0/name", value: CONTAINER },
  {
    operation: "add",
    path: "/spec/containers/0/volumeMounts",
    value: JSON.stringify([{ name: EMPTY.name, mountPath: "/restores" }]),
  },
  { operation: "add", path: "/spec/volumes/-", value: JSON.stringify(EMPTY) },
];

/**
 * To be scheduled is enough for a claim to get its volume. The container never starts: its image is the pod's own,
 * which the cluster's policies let in, is not fetched, and has no such command. It asks for as much as Velero's own init
 * container does, and obeys the strictest of the Pod Security Standards.
 */
const onlyBinding: ModifierRule["patches"] = [
  { operation: "copy", from: "/spec/containers/0/image", path: "/spec/drill" },
  { operation: "add", path: "/spec/initContainers", value: "[]" },
  {
    operation: "add",
    path: "/spec/containers",
    value: JSON.stringify([
      {
        name: CONTAINER,
        command: ["/pulumi-velero-drill-runs-nothing"],
        imagePullPolicy: "Never",
        resources: {
          requests: { cpu: "100m", memory: "128Mi" },
          limits: { cpu: "100m", memory: "128Mi" },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ["ALL"] },
          runAsNonRoot: true,
          seccompProfile: { type: "RuntimeDefault" },
        },
      },
    ]),
  },
  { operation: "move", from: "/spec/drill", path: "/spec/containers/0/image" },
];

function merge(
  groupResource: string,
  patch: object,
  more: Partial<ModifierRule["conditions"]> = {},
): ModifierRule {
  return { conditions: { groupResource, ...more }, mergePatches: [{ patchData: JSON.stringify(patch) }] };
}
