import { omit, pick, same } from "../core/values.ts";
import type { KubernetesObject } from "../kubernetes/resources.ts";
import { isDrill, type RestoreOptions } from "../schemas/restore-options.ts";
import type { Plan } from "../schemas/restore.ts";
import { type Captured, wholeOf } from "../velero/backup-contents.ts";
import { changesKind } from "./modifiers.ts";
import type { Selected } from "./select-items.ts";

/** What a restore would do with one object. */
export type Fate = "create" | "exists" | "update" | "notRestorable" | "missingKind";

/** What the target has of what is to be restored. */
export interface Target {
  /** Whether it serves the kind, or will once the backup's own definitions are there. */
  knows(item: Selected): boolean;
  /** The object in its place, if there is one: all of it where it is to be compared, else its name alone. */
  find(item: Selected): KubernetesObject | undefined;
}

export function fateOf(item: Selected, target: Target, options: RestoreOptions): Fate {
  if (!target.knows(item)) return "missingKind";
  if (isProvisionedAnew(item)) return "notRestorable";
  const live = target.find(item);
  if (!live) return "create";
  return wouldPatch(item, live, options) ? "update" : "exists";
}

export function planOf(items: readonly Selected[], target: Target, options: RestoreOptions): Plan {
  // A drill goes into namespaces of its own, and clears away first what an earlier one has left there.
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

/** A volume whose claim takes a new one: its storage deletes the disk with it, so that the old one is not to be had. */
const isProvisionedAnew = ({ resource, object }: Selected): boolean =>
  resource === "persistentvolumes" &&
  (object["spec"] as { persistentVolumeReclaimPolicy?: string } | undefined)
    ?.persistentVolumeReclaimPolicy === "Delete";

type Fields = Record<string, unknown>;

/** Kinds that Velero's own actions rewrite on their way in, so that one which is there already always differs. */
const REWRITTEN = ["services", "persistentvolumeclaims", "pods"];
/** The same where namespaces are mapped. */
const REMAPPED = ["rolebindings.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io"];

/** Fields of a spec, or of the object, that an API server does not let anyone change. */
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
 * Whether Velero would patch an object that is there already, and be let to (velero `pkg/restore/restore.go`,
 * restoreItem). It compares whole objects, and with them who has written which field and when (`managedFields`): what
 * was not made by the same hands at the same time differs, though it says the same.
 */
function wouldPatch(item: Selected, found: KubernetesObject, options: RestoreOptions): boolean {
  const { resource } = item;
  const live = found as KubernetesObject & Fields;
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

/** ServiceAccounts are merged, whatever the policy: they get what they lack, and nothing that they have is changed. */
function lacks(live: KubernetesObject & Fields, object: Captured["object"]): boolean {
  const lacksKeys = (of: (each: KubernetesObject) => Record<string, string> | undefined) =>
    Object.keys(of(object) ?? {}).some((key) => !WRITTEN.includes(key) && !(key in (of(live) ?? {})));
  const names = (from: Fields, key: string) =>
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

/** What an API server would not let Velero change; it then tells a warning, and the object stays as it is. */
function isRefused(resource: string, live: Fields, object: Fields): boolean {
  const spec = (live["spec"] ?? {}) as Fields;
  switch (resource) {
    // The labels by which a Job knows its pods are left out on the way in, and cannot be taken from one that runs.
    case "jobs.batch":
      return true;
    case "pods":
      return spec["nodeName"] !== undefined;
    case "persistentvolumeclaims":
      return !same(live["spec"], object["spec"]);
    default: {
      const fixed = IMMUTABLE[resource] ?? [];
      const fieldsOf = (each: Fields) => pick({ ...each, ...(each["spec"] as Fields | undefined) }, fixed);
      return !same(fieldsOf(live), fieldsOf(object));
    }
  }
}

/** Velero's own labels, with which it marks both before it compares them. */
const WRITTEN = ["velero.io/backup-name", "velero.io/restore-name"];

/** What belongs to one object alone, and is taken from both. */
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

/** The object as it is compared. Lists leave out of what version and kind their objects are. */
function whole(object: KubernetesObject & Fields): Fields {
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
 * Volumes of claims that are restored, which outlive their claims and of which the backup holds no data (`saved` names
 * those of which it does): Velero restores these as they are, on the source's own disks
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
