import { Problem } from "../../errors.ts";
import type { KubernetesObject } from "../../kubernetes/resources.ts";
import { comparable, essenceOf, remove } from "./essence.ts";
import { isMadeByControllers } from "./made-by-controllers.ts";
import { changesKind } from "./modifiers.ts";
import { isDrill, type RestoreOptions } from "./options.ts";
import { fateOf, type Target } from "./plan.ts";
import { wholeOf } from "../read-contents.ts";
import { quantityOf } from "../../kubernetes/quantity.ts";
import type { Selected } from "./select-items.ts";
import { uncovered } from "./uncovered.ts";

const SHOWN = 10;
/** Places within one object. */
const SHOWN_PLACES = 3;

/** What a drill itself changes, by kind: see `drillRules`. */
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

/** What a mapping changes within objects: to whom rights are given, and which storage is asked for. */
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
 * Kinds that Velero restores under other names (velero `pkg/restore/actions/csi/`). What came back by them is judged by
 * the claims.
 */
const RENAMED = [
  "volumesnapshots.snapshot.storage.k8s.io",
  "volumesnapshotcontents.snapshot.storage.k8s.io",
  "volumegroupsnapshots.groupsnapshot.storage.k8s.io",
  "volumegroupsnapshotcontents.groupsnapshot.storage.k8s.io",
];

/**
 * Compares what is in the target with what the backup says: each object has to be there, and to have what the backup
 * has of it, but for what Velero, the API server and the restore's own options change. What only the target has is no
 * difference. A volume whose data the backup holds (`savedVolumes`) is made anew for its claim, under another name
 * (velero `pkg/restore/restore.go`, restoreItem). Tells how many objects are as they should be.
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
      // A drill lets no pod do what it did.
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
      differences.slice(0, SHOWN).join("; ") +
      (differences.length > SHOWN ? `; and ${differences.length - SHOWN} more` : ""),
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
  // It may have been there before, with labels of its own.
  if (resource === "namespaces") return undefined;
  // Whoever changes a kind on its way in says himself how it is to be.
  if (changesKind(options, resource)) return undefined;
  const places = uncovered(wantedOf(item, live, options), comparable(live));
  if (places.length === 0) return undefined;
  const more = places.length - SHOWN_PLACES;
  const rest = more > 0 ? ` and ${more} more ${more === 1 ? "place" : "places"}` : "";
  return `${words} differs in ${places.slice(0, SHOWN_PLACES).join(", ")}${rest}`;
}

/** Gives the parts that the live object has to have, under these options. */
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
  for (const path of changed) remove(wanted, path.split("."));
  return wanted;
}

const REQUEST = ["spec", "resources", "requests", "storage"];

/**
 * A claim gets the size of its snapshot, where that is larger than what it asked for: a driver rounds up (velero 1.14,
 * `pkg/restore/actions/csi/pvc_action.go`, setPVCStorageResourceRequest).
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
