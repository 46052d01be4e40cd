import { omit, pick, same } from "../core/values.ts";
import type { KubernetesObject } from "../kubernetes/resources.ts";
import { isDrill } from "../schemas/restore-options.ts";
import type { RestoreOptions } from "../velero/restore-option-entries.ts";
import type { RestorePlan } from "../../model/restore-results.ts";
import { type Captured, wholeOf } from "../velero/backup-contents.ts";
import { changesKind } from "./modifiers.ts";
import type { Selected } from "./choose-items.ts";

/**
 * The effect of a restore on one object.
 * `notRestorable`: Velero does not restore it. `missingKind`: the target does not serve the kind.
 */
export type Fate = "create" | "exists" | "update" | "notRestorable" | "missingKind";

/** The objects of the target that a restore may touch. */
export interface Target {
  /** Returns true if the target serves the kind, or will serve it once the backup's own definitions are restored. */
  knows(item: Selected): boolean;
  /** Returns the live object, if there is one. It is whole if it has to be compared. Otherwise it has only its name. */
  find(item: Selected): KubernetesObject | undefined;
}

export function fateOf(item: Selected, target: Target, options: RestoreOptions): Fate {
  if (!target.knows(item)) return "missingKind";
  if (isProvisionedAnew(item)) return "notRestorable";
  const live = target.find(item);
  if (!live) return "create";
  return wouldPatch(item, live, options) ? "update" : "exists";
}

export function planOf(items: readonly Selected[], target: Target, options: RestoreOptions): RestorePlan {
  // A drill restores into namespaces of its own, and first removes what an earlier drill left there.
  const isCleared = ({ resource, intoNamespace }: Selected): boolean =>
    isDrill(options) && (resource === "namespaces" || intoNamespace !== undefined);
  const before: Target = {
    knows: (item) => target.knows(item),
    find: (item) => (isCleared(item) ? undefined : target.find(item)),
  };
  const fates = items.map((item) => fateOf(item, before, options));
  const count = (fate: Fate) => fates.filter((each) => each === fate).length;
  const missing = items.filter((_, index) => fates[index] === "missingKind").map(({ resource }) => resource);
  return {
    create: count("create"),
    exists: count("exists"),
    update: count("update"),
    notRestorable: count("notRestorable"),
    missingKinds: [...new Set(missing)].toSorted(),
  };
}

/**
 * Returns true for a volume with the reclaim policy Delete. Its claim gets a new volume: the storage deletes the old
 * disk together with the old claim.
 */
const isProvisionedAnew = ({ resource, object }: Selected): boolean =>
  resource === "persistentvolumes" &&
  (object["spec"] as { persistentVolumeReclaimPolicy?: string } | undefined)
    ?.persistentVolumeReclaimPolicy === "Delete";

type ObjectFields = Record<string, unknown>;

/** Velero's own actions rewrite objects of these kinds during a restore, so an existing object always differs. */
const REWRITTEN = ["services", "persistentvolumeclaims", "pods"];
/** Velero rewrites objects of these kinds if namespaces are mapped. */
const REMAPPED = ["rolebindings.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io"];

/** Fields of the spec, or of the object, that an API server does not allow to change. */
const IMMUTABLE: Record<string, readonly string[]> = {
  "deployments.apps": ["selector"],
  "replicasets.apps": ["selector"],
  "daemonsets.apps": ["selector"],
  "statefulsets.apps": ["selector", "serviceName", "podManagementPolicy", "volumeClaimTemplates"],
  "rolebindings.rbac.authorization.k8s.io": ["roleRef"],
  "clusterrolebindings.rbac.authorization.k8s.io": ["roleRef"],
  secrets: ["type"],
};

/**
 * Returns true if Velero would patch an existing object and the API server would accept it (velero
 * `pkg/restore/restore.go`, restoreItem). Velero compares whole objects, `managedFields` included: two objects with the
 * same content differ if other managers wrote their fields, or at another time.
 */
function wouldPatch(item: Selected, found: KubernetesObject, options: RestoreOptions): boolean {
  const { resource } = item;
  const live = found as KubernetesObject & ObjectFields;
  if (resource === "namespaces") return false;
  if (resource === "serviceaccounts") return lacks(live, item.object);
  if (options.existingResourcePolicy !== "update") return false;
  const object = wholeOf(item);
  if (isRefused(resource, live, object)) return false;
  return (
    REWRITTEN.includes(resource) ||
    (options.namespaceMapping !== undefined && REMAPPED.includes(resource)) ||
    changesKind(options, resource) ||
    !same(whole(live), whole(object))
  );
}

/**
 * Returns true if Velero would add something to a ServiceAccount. Velero merges ServiceAccounts under every policy: it
 * adds what is missing, and changes nothing.
 */
function lacks(live: KubernetesObject & ObjectFields, object: Captured["object"]): boolean {
  const lacksKeys = (of: (each: KubernetesObject) => Record<string, string> | undefined) =>
    Object.keys(of(object) ?? {}).some((key) => !WRITTEN.includes(key) && !(key in (of(live) ?? {})));
  const names = (from: ObjectFields, key: string) =>
    ((from[key] ?? []) as { name?: string }[]).flatMap(({ name }) => name ?? []);
  const lacksNames = (key: string) => {
    const wanted = names(object, key).filter((name) => !name.startsWith(`${object.metadata.name}-token-`));
    return wanted.some((name) => !names(live, key).includes(name));
  };
  return (
    lacksKeys(({ metadata }) => metadata.labels) ||
    lacksKeys(({ metadata }) => metadata.annotations) ||
    lacksNames("secrets") ||
    lacksNames("imagePullSecrets")
  );
}

/**
 * Returns true if an API server would refuse Velero's patch. Velero then records a warning, and the object stays as it
 * is.
 */
function isRefused(resource: string, live: ObjectFields, object: ObjectFields): boolean {
  const spec = (live["spec"] ?? {}) as ObjectFields;
  switch (resource) {
    // Velero drops the labels by which a Job selects its pods. They cannot be removed from a live Job.
    case "jobs.batch":
      return true;
    case "pods":
      return spec["nodeName"] !== undefined;
    case "persistentvolumeclaims":
      return !same(live["spec"], object["spec"]);
    default: {
      const fixed = IMMUTABLE[resource] ?? [];
      const fieldsOf = (each: ObjectFields) =>
        pick({ ...each, ...(each["spec"] as ObjectFields | undefined) }, fixed);
      return !same(fieldsOf(live), fieldsOf(object));
    }
  }
}

/** Velero sets these labels on both objects before it compares them. */
const WRITTEN = ["velero.io/backup-name", "velero.io/restore-name"];

/** These fields are specific to one object. They are removed from both before the comparison. */
const OF_ONE_OBJECT = [
  "namespace",
  "generateName",
  "selfLink",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "ownerReferences",
];

/** Returns the object as it is compared. The items of a list have no apiVersion and kind. */
function whole(object: KubernetesObject & ObjectFields): ObjectFields {
  const metadata = omit(object.metadata, OF_ONE_OBJECT);
  return {
    ...omit(object, ["apiVersion", "kind", "status"]),
    metadata: { ...metadata, labels: omit(metadata.labels ?? {}, WRITTEN) },
  };
}

interface VolumeSpec {
  persistentVolumeReclaimPolicy?: string;
}

/**
 * Returns the volumes of restored claims that have the reclaim policy Retain and whose data the backup does not hold.
 * `saved` are the volumes whose data it holds. Velero restores such volumes as they are, on the source's own disks
 * (docs/design/velero-facts.md#retained-volumes).
 */
export function sharedDisks(
  items: readonly Selected[],
  contents: readonly Captured[],
  saved: readonly string[],
): string[] {
  const claimed = items
    .filter(({ resource }) => resource === "persistentvolumeclaims")
    .map(({ object }) => (object["spec"] as { volumeName?: string } | undefined)?.volumeName);
  return contents
    .filter(
      ({ resource, name }) =>
        resource === "persistentvolumes" && claimed.includes(name) && !saved.includes(name),
    )
    .filter(
      ({ object }) => (object["spec"] as VolumeSpec | undefined)?.persistentVolumeReclaimPolicy === "Retain",
    )
    .map(({ name }) => name);
}
