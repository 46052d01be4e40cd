import { isDrill } from "../schemas/restore-options.ts";
import type { ModifierRule } from "../velero/modifier-rule.ts";
import type { RestoreOptions } from "../velero/restore-option-entries.ts";
import { drillLabel } from "../velero/manifests.ts";
import { globToRegExp } from "../velero/matching.ts";
import type { Consumers } from "./plan-volumes.ts";
import type { Selected } from "./choose-items.ts";

/**
 * Rules cover this many claim templates of a StatefulSet, one rule each. A rule for a missing template does no harm
 * (docs/design/velero-facts.md#resource-modifiers).
 */
const CLAIM_TEMPLATES = 8;

/**
 * Returns all modifier rules of a restore, or undefined if it has none. The user's own rules come first. A drill always
 * has rules.
 */
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

/** Returns true if the user's own rules may change objects of this kind. Velero reads `groupResource` as a glob. */
export const changesKind = ({ resourceModifiers = [] }: RestoreOptions, resource: string): boolean =>
  resourceModifiers.some(({ conditions: { groupResource } }) =>
    globToRegExp(groupResource, ".").test(resource),
  );

/** The facts of a backup, beyond the options, that the rules of a drill depend on. */
export interface DrillShape {
  /** The highest number of ports of a Service with node ports. */
  servicePorts: number;
  consumers: readonly Consumers[];
}

/** Returns the facts for a drill that restores these items. */
export const shapeOf = (items: readonly Selected[], consumers: readonly Consumers[]): DrillShape => ({
  servicePorts: items.reduce((most, { resource, object }) => Math.max(most, portsOf(resource, object)), 0),
  consumers,
});

function portsOf(resource: string, object: Selected["object"]): number {
  const { ports = [] } = (object["spec"] ?? {}) as { ports?: { nodePort?: number }[] };
  return resource === "services" && ports.some(({ nodePort }) => Boolean(nodePort)) ? ports.length : 0;
}

/**
 * Returns the rules that keep the objects of a drill from running, from being reached, and from blocking their removal.
 * Velero applies them after its own item actions, to the object that these return (velero `pkg/restore/restore.go`,
 * restoreItem), and never to a Namespace.
 */
export const drillRules = ({ servicePorts, consumers }: DrillShape): ModifierRule[] => [
  // No controller removes the finalizers of a copy. Two asterisks match kinds of any group.
  merge("**", { metadata: { finalizers: null } }),
  merge("deployments.apps", { spec: { replicas: 0 } }),
  merge("statefulsets.apps", { spec: { replicas: 0 } }),
  merge("replicasets.apps", { spec: { replicas: 0 } }),
  merge("replicationcontrollers", { spec: { replicas: 0 } }),
  merge("daemonsets.apps", { spec: { template: { spec: { nodeSelector: NOWHERE } } } }),
  merge("cronjobs.batch", { spec: { suspend: true } }),
  merge("jobs.batch", { spec: { suspend: true } }),
  // A claim that names its volume would bind to the source's own volume if that is free.
  merge("persistentvolumeclaims", { spec: { volumeName: null } }),
  ...["LoadBalancer", "NodePort"].map((type) =>
    merge(
      "services",
      { spec: { type: "ClusterIP", ...ONLY_OUTSIDE } },
      { matches: [{ path: "/spec/type", value: type }] },
    ),
  ),
  // Every node would accept traffic to these addresses, and no pod answers it.
  merge("services", { spec: { externalIPs: null } }),
  ...Array.from({ length: servicePorts }, (_, index) => nodePortRules(index)).flat(),
  ...podRules(consumers),
];

const NOWHERE = { [drillLabel]: "nowhere" };

/** An API server refuses each of these fields in a ClusterIP Service. */
const ONLY_OUTSIDE = {
  externalTrafficPolicy: null,
  allocateLoadBalancerNodePorts: null,
  loadBalancerClass: null,
  loadBalancerSourceRanges: null,
  healthCheckNodePort: null,
};

/** A rule matches only an existing path with its value. Each port has one of these protocols. */
const nodePortRules = (index: number): ModifierRule[] =>
  ["TCP", "UDP", "SCTP"].map((value) => ({
    conditions: { groupResource: "services", matches: [{ path: `/spec/ports/${index}/protocol`, value }] },
    patches: [{ operation: "add", path: `/spec/ports/${index}/nodePort`, value: "0" }],
  }));

/**
 * Pods are restored only if the data of a claim needs one. Without labels, no workload adopts the pod (and deletes it
 * at once), and no Service selects it. Without annotations, it has no hook.
 */
const podRules = (consumers: readonly Consumers[]): ModifierRule[] => [
  merge("pods", {
    metadata: { labels: null, annotations: null },
    spec: {
      nodeSelector: NOWHERE,
      // The pod must not evict live pods, and the priority class may not exist.
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

/** Lets a pod be scheduled without running any of its own containers. */
const onNode = (conditions: Conditions, patches: ModifierRule["patches"]): ModifierRule[] => [
  {
    conditions: { groupResource: "pods", ...conditions },
    mergePatches: [
      { spec: { nodeSelector: null } },
      {
        // A service mesh would inject a container of its own.
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

/** Velero copies files only on Linux nodes (velero `pkg/podvolume/restorer.go`). The pod keeps its tolerations. */
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

/** The name of the only container. */
const CONTAINER = "drill";
/**
 * Velero's helper looks for volumes in this folder, and ends if there are none (velero
 * `cmd/velero-restore-helper/main.go`).
 */
const EMPTY = { name: "pulumi-velero-drill", emptyDir: {} };

/**
 * Keeps only Velero's init container, which waits until the files are restored. The one container is a copy of it that
 * has nothing to wait for, and so ends at once.
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
 * A claim gets its volume as soon as the pod is scheduled. The container never starts: its image is the pod's own,
 * which the cluster's policies accept, is never pulled, and has no such command. It requests as much as Velero's own
 * init container does, and meets the strictest of the Pod Security Standards.
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
