import { Problem } from "../../errors.ts";
import { same } from "../../lifecycle/canonical.ts";
import type { KubernetesObject } from "../../kubernetes/resources.ts";
import { essenceOf, remove } from "./essence.ts";
import { isMadeByControllers } from "./made-by-controllers.ts";
import { changesKind } from "./modifiers.ts";
import { isDrill, type RestoreOptions } from "./options.ts";
import { fateOf, type Target } from "./plan.ts";
import type { Selected } from "./select-items.ts";

const SHOWN = 10;

/** What a drill itself changes, by kind: see `drillRules`. */
const DRILLED: Record<string, readonly string[]> = {
  "deployments.apps": ["spec.replicas"],
  "statefulsets.apps": ["spec.replicas"],
  "replicasets.apps": ["spec.replicas"],
  replicationcontrollers: ["spec.replicas"],
  "daemonsets.apps": ["spec.template.spec.nodeSelector"],
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
 * Compares what is in the target with what the backup holds: whether each object is there, and says the same, but for
 * what Velero, the API server and the restore's own options change. Tells how many are as they should be.
 */
export function verify(
  items: readonly Selected[],
  target: Target,
  options: RestoreOptions,
  place: string,
): number {
  const expected = items.filter(
    (item) =>
      !isMadeByControllers(item, items) &&
      !["notRestorable", "missingKind"].includes(fateOf(item, target, {})),
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
  const [wanted, found] = [item.object, live].map((object) => comparable(resource, object, options));
  const differing = Object.keys({ ...wanted, ...found }).filter((key) => !same(wanted?.[key], found?.[key]));
  return differing.length === 0 ? undefined : `${words} differs in ${differing.join(", ")}`;
}

function comparable(
  resource: string,
  object: KubernetesObject,
  options: RestoreOptions,
): Record<string, unknown> {
  const essence = essenceOf(resource, object);
  const changed = [
    ...(isDrill(options) ? (DRILLED[resource] ?? []) : []),
    ...(options.namespaceMapping ? (MAPPED[resource] ?? []) : []),
    ...(options.storageClassMapping ? (CLASSED[resource] ?? []) : []),
  ];
  for (const path of changed) remove(essence, path.split("."));
  return essence;
}
