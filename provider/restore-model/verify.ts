import { isRecord } from "../core/values.ts";
import { Problem } from "../core/errors.ts";
import { type KubernetesObject, quantityOf } from "../kubernetes/resources.ts";
import { comparable, essenceOf, removeFields } from "./comparable-fields.ts";
import { changesKind } from "./modifiers.ts";
import { isDrill } from "../schemas/restore-options.ts";
import type { RestoreOptions } from "../velero/restore-option-entries.ts";
import { wholeOf } from "../velero/backup-contents.ts";
import { fateOf, type Target } from "./plan.ts";
import type { Selected } from "./choose-items.ts";

const DIFFERENCES_SHOWN = 10;
/** The number of differing paths that a message shows for one object. */
const SHOWN_PLACES = 3;

/** A drill itself changes these fields, by kind. See `drillRules`. */
const DRILLED: Record<string, readonly string[]> = {
  "deployments.apps": ["spec.replicas"],
  "statefulsets.apps": ["spec.replicas"],
  "replicasets.apps": ["spec.replicas"],
  replicationcontrollers: ["spec.replicas"],
  "cronjobs.batch": ["spec.suspend"],
  "jobs.batch": ["spec.suspend"],
  services: [
    "spec.type",
    "spec.externalTrafficPolicy",
    "spec.allocateLoadBalancerNodePorts",
    "spec.loadBalancerClass",
    "spec.loadBalancerSourceRanges",
    "spec.externalIPs",
  ],
};

/** A mapping changes these fields of objects, by kind: the namespace of a subject or a claim, and the storage class. */
const MAPPED: Record<string, readonly string[]> = {
  "rolebindings.rbac.authorization.k8s.io": ["subjects.*.namespace"],
  "clusterrolebindings.rbac.authorization.k8s.io": ["subjects.*.namespace"],
  persistentvolumes: ["spec.claimRef.namespace"],
};
const CLASSED: Record<string, readonly string[]> = {
  persistentvolumeclaims: ["spec.storageClassName"],
  persistentvolumes: ["spec.storageClassName"],
  "statefulsets.apps": ["spec.volumeClaimTemplates.*.spec.storageClassName"],
};

/**
 * Velero restores these kinds under other names (velero `pkg/restore/actions/csi/`). The claims show whether their data
 * came back.
 */
const RENAMED = [
  "volumesnapshots.snapshot.storage.k8s.io",
  "volumesnapshotcontents.snapshot.storage.k8s.io",
  "volumegroupsnapshots.groupsnapshot.storage.k8s.io",
  "volumegroupsnapshotcontents.groupsnapshot.storage.k8s.io",
];

/**
 * Compares the objects of the target with those of the backup. Each object has to exist and to have the same content,
 * except for the fields that Velero, the API server or the restore's options change. Content that only the target has
 * is no difference. A volume whose data the backup holds (`savedVolumes`) is created anew for its claim, under another
 * name (velero `pkg/restore/restore.go`, restoreItem). Returns the number of objects that match.
 */
export function verify(
  items: readonly Selected[],
  target: Target,
  options: RestoreOptions,
  { place, savedVolumes = [] }: { place: string; savedVolumes?: readonly string[] },
): number {
  const expected = items.filter(
    (item) =>
      !RENAMED.includes(item.resource) &&
      // A drill changes every pod.
      !(isDrill(options) && item.resource === "pods") &&
      !(item.resource === "persistentvolumes" && savedVolumes.includes(item.name)) &&
      !isMadeByControllers(item, items) &&
      fateOf(item, target, {}) !== "notRestorable",
  );
  const differences = expected.flatMap((item) => differenceOf(item, target.find(item), options) ?? []);
  if (isDrill(options) && expected.length === 0) {
    throw new Problem({
      code: "NothingRestored",
      property: "drill",
      what: `${place} has restored nothing, which proves nothing`,
      todo: "See what the backup holds, and what includedNamespaces and the other filters leave of it.",
    });
  }
  if (differences.length === 0) return expected.length;
  throw new Problem({
    code: "NotAsBackedUp",
    property: isDrill(options) ? "drill" : "verify",
    what: `${differences.length} of ${expected.length} objects in ${place} are not as the backup has them`,
    said:
      differences.slice(0, DIFFERENCES_SHOWN).join("; ") +
      (differences.length > DIFFERENCES_SHOWN ? `; and ${differences.length - DIFFERENCES_SHOWN} more` : ""),
    todo: isDrill(options)
      ? "They stay there to be looked at until the next drill. See what changes objects on their way in, such as an admission webhook."
      : 'What was there before is left as it is, unless existingResourcePolicy is "update". Mend them, and the next up compares again; or change `triggers` to restore again.',
  });
}

function differenceOf(
  item: Selected,
  live: KubernetesObject | undefined,
  options: RestoreOptions,
): string | undefined {
  const { resource, intoNamespace, name } = item;
  const words = `${resource} ${intoNamespace === undefined ? "" : `${intoNamespace}/`}${name}`;
  if (!live) return `${words} is not there`;
  // The namespace may have existed before, with other labels.
  if (resource === "namespaces") return undefined;
  // The user's own modifier rules change objects of this kind.
  if (changesKind(options, resource)) return undefined;
  const places = uncovered(wantedOf(item, live, options), comparable(live));
  if (places.length === 0) return undefined;
  const more = places.length - SHOWN_PLACES;
  const rest = more > 0 ? ` and ${more} more ${more === 1 ? "place" : "places"}` : "";
  return `${words} differs in ${places.slice(0, SHOWN_PLACES).join(", ")}${rest}`;
}

/** Returns the fields that the live object has to have under these options. */
function wantedOf(item: Selected, live: KubernetesObject, options: RestoreOptions): Record<string, unknown> {
  const { resource } = item;
  const object = wholeOf(item);
  const wanted = essenceOf(resource, object);
  const changed = [
    ...(isDrill(options) ? (DRILLED[resource] ?? []) : []),
    ...(options.namespaceMapping ? (MAPPED[resource] ?? []) : []),
    ...(options.storageClassMapping ? (CLASSED[resource] ?? []) : []),
    ...(resource === "persistentvolumeclaims" && isLarger(live, object) ? [REQUEST.join(".")] : []),
  ];
  for (const path of changed) removeFields(wanted, path.split("."));
  return wanted;
}

const REQUEST = ["spec", "resources", "requests", "storage"];

/**
 * Returns true if the claim is at least as large as in the backup. A claim gets the size of its snapshot if that is
 * larger than its request, because a driver rounds up (velero 1.14, `pkg/restore/actions/csi/pvc_action.go`,
 * setPVCStorageResourceRequest).
 */
function isLarger(live: KubernetesObject, captured: KubernetesObject): boolean {
  const [now, before] = [live, captured].map((object) =>
    quantityOf(
      REQUEST.reduce<unknown>(
        (value, field) => (value as Record<string, unknown> | undefined)?.[field],
        object,
      ),
    ),
  );
  return now !== undefined && before !== undefined && now >= before;
}

/** Only controllers write objects of these kinds, for another object. */
const DERIVED = ["controllerrevisions.apps", "leases.coordination.k8s.io", "ciliumendpoints.cilium.io"];

/** A cluster creates these ConfigMaps in every namespace, with its own certificates. */
const OF_CLUSTER = ["kube-root-ca.crt", "openshift-service-ca.crt"];

/**
 * Returns true if controllers of the target decide the content of an object: owned objects, the addresses behind a
 * Service, the cluster's own certificates and tokens. The comparison of such an object with the backup proves nothing.
 */
function isMadeByControllers(item: Selected, items: readonly Selected[]): boolean {
  const { resource, namespace, name, object } = item;
  const { metadata } = object as { metadata: Metadata };
  if (DERIVED.includes(resource)) return true;
  if (metadata.ownerReferences?.some(({ controller }) => controller === true)) return true;
  switch (resource) {
    case "configmaps":
      return OF_CLUSTER.includes(name);
    case "secrets":
      return object["type"] === "kubernetes.io/service-account-token";
    case "endpointslices.discovery.k8s.io":
      return (
        metadata.labels?.["endpointslice.kubernetes.io/managed-by"]?.endsWith("controller.k8s.io") === true
      );
    case "endpoints":
      return items.some(
        (each) =>
          each.resource === "services" &&
          each.namespace === namespace &&
          each.name === name &&
          (each.object["spec"] as { selector?: object } | undefined)?.selector !== undefined,
      );
    default:
      return false;
  }
}

interface Metadata {
  labels?: Record<string, string>;
  ownerReferences?: { controller?: boolean }[];
}

/**
 * Kubernetes merges these lists entry by entry: the field that holds the list, and the fields that identify an entry
 * (`patchMergeKey` in k8s.io/api). Other lists are atomic: a further entry is a difference.
 */
const MERGED: Record<string, readonly string[][]> = {
  containers: [["name"]],
  initContainers: [["name"]],
  ephemeralContainers: [["name"]],
  volumes: [["name"]],
  env: [["name"]],
  imagePullSecrets: [["name"]],
  secrets: [["name"]],
  webhooks: [["name"]],
  volumeMounts: [["mountPath"]],
  volumeDevices: [["devicePath"]],
  hostAliases: [["ip"]],
  topologySpreadConstraints: [["topologyKey", "whenUnsatisfiable"]],
  ports: [["containerPort", "protocol"]],
};
/** The ports of a Service. The ports of a NetworkPolicy have the same shape, and are atomic. */
const SERVICE_PORTS = { path: "spec.ports", key: ["port", "protocol"] };

/** In these lists, an entry may refer to earlier ones. */
const ORDERED = ["initContainers", "env"];

/**
 * Returns the paths at which `live` does not have the value of `captured`: `spec.template.spec.containers[web].image`.
 * Values that only the live object has do not count: defaults of a newer API, a webhook's labels, merged entries.
 */
function uncovered(captured: unknown, live: unknown, path = ""): string[] {
  // A null means that the field is not set.
  if (captured === null || captured === undefined) return [];
  if (Array.isArray(captured)) return uncoveredEntries(captured, live ?? [], path);
  if (!isRecord(captured)) return captured === live ? [] : [path];
  // An empty object has a meaning: `emptyDir: {}`, `podSelector: {}`.
  if (!isRecord(live)) return [path];
  return Object.entries(captured).flatMap(([field, value]) =>
    uncovered(value, live[field], path === "" ? field : `${path}.${field}`),
  );
}

function uncoveredEntries(captured: readonly unknown[], live: unknown, path: string): string[] {
  if (!Array.isArray(live)) return [path];
  const key = mergeKeyOf(path, [...captured, ...(live as unknown[])]);
  const keys = (entries: readonly unknown[]) => entries.map((entry) => fieldText(entry, key ?? []));
  if (key && areDistinct(keys(captured)) && areDistinct(keys(live)))
    return uncoveredByKey(captured, live, { path, key });
  if (captured.length !== live.length) return [path];
  return captured.flatMap((entry, index) => uncovered(entry, live[index], `${path}[${index}]`));
}

function uncoveredByKey(
  captured: readonly unknown[],
  live: readonly unknown[],
  { path, key }: { path: string; key: readonly string[] },
): string[] {
  const places = new Map(live.map((entry, index) => [fieldText(entry, key), index]));
  const found = captured.map((entry) => places.get(fieldText(entry, key)) ?? -1);
  const missed = captured.flatMap((entry, index) =>
    uncovered(entry, live[found[index] ?? -1], `${path}[${fieldText(entry, key)}]`),
  );
  const isOrdered = ORDERED.includes(fieldOf(path));
  const isMoved = found.some((place, index) => index > 0 && place < (found[index - 1] ?? 0));
  return missed.length === 0 && isOrdered && isMoved ? [path] : missed;
}

function mergeKeyOf(path: string, entries: readonly unknown[]): readonly string[] | undefined {
  const candidates = [
    ...(MERGED[fieldOf(path)] ?? []),
    ...(path === SERVICE_PORTS.path ? [SERVICE_PORTS.key] : []),
  ];
  return candidates.find(([first = ""]) =>
    entries.every((entry) => isRecord(entry) && entry[first] !== undefined),
  );
}

const fieldOf = (path: string): string => path.slice(path.lastIndexOf(".") + 1);

const fieldText = (entry: unknown, key: readonly string[]): string =>
  key
    .flatMap((field) => (isRecord(entry) ? (entry[field] ?? []) : []))
    .map(String)
    .join("/");

const areDistinct = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;
