import type { ServedKind } from "../../../../provider/kubernetes/discovery.ts";
import type { KubernetesObject } from "../../../../provider/kubernetes/resources.ts";
import type { Target } from "../../../../provider/restore-model/plan.ts";
import type { Captured } from "../../../../provider/velero/backup-contents.ts";
import type { Selected } from "../../../../provider/restore-model/choose-items.ts";

type Content = Omit<Partial<KubernetesObject>, "metadata"> & {
  metadata?: Partial<KubernetesObject["metadata"]>;
} & Record<string, unknown>;

/** An object in a backup, by its place there: `shop/web`, or `pv-1` where it is cluster-scoped. */
export function captured(resource: string, place: string, content: Content = {}): Captured {
  const [namespace, name = ""] = place.includes("/") ? place.split("/") : [undefined, place];
  const { metadata = {}, ...rest } = content;
  return {
    resource,
    ...(namespace === undefined ? {} : { namespace }),
    name,
    object: { ...rest, metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...metadata } },
  };
}

/** The same as something that a restore takes up, into a namespace of the same name unless said otherwise. */
export const selected = (item: Captured, intoNamespace = item.namespace): Selected => ({
  ...item,
  ...(intoNamespace === undefined ? {} : { intoNamespace }),
});

/** How a place in the target is written in these tests: `configmaps shop/prices`. */
export const placeOf = ({ resource, intoNamespace, name }: Selected): string =>
  `${resource} ${intoNamespace === undefined ? "" : `${intoNamespace}/`}${name}`;

/** A target that has these objects, by place, and knows every kind but those. */
export const targetWith = (
  objects: Record<string, KubernetesObject> = {},
  unknownKinds: readonly string[] = [],
): Target => ({
  knows: ({ resource }) => !unknownKinds.includes(resource),
  find: (item) => objects[placeOf(item)],
});

function served(
  groupResource: string,
  kind: string,
  shortNames: string[] = [],
  isNamespaced = true,
): ServedKind {
  const [plural = "", ...group] = groupResource.split(".");
  return {
    apiVersion: group.length === 0 ? "v1" : `${group.join(".")}/v1`,
    kind,
    plural,
    groupResource,
    isNamespaced,
    isListable: true,
    verbs: ["list", "get", "create", "delete"],
    singular: kind.toLowerCase(),
    shortNames,
  };
}

/** What a small cluster serves. */
export const kinds: readonly ServedKind[] = [
  served("pods", "Pod", ["po"]),
  served("configmaps", "ConfigMap", ["cm"]),
  served("secrets", "Secret"),
  served("services", "Service", ["svc"]),
  served("events", "Event", ["ev"]),
  served("persistentvolumeclaims", "PersistentVolumeClaim", ["pvc"]),
  served("persistentvolumes", "PersistentVolume", ["pv"], false),
  served("namespaces", "Namespace", ["ns"], false),
  served("nodes", "Node", ["no"], false),
  served("deployments.apps", "Deployment", ["deploy"]),
  served("statefulsets.apps", "StatefulSet", ["sts"]),
  served("jobs.batch", "Job"),
  served("cronjobs.batch", "CronJob", ["cj"]),
  served("events.events.k8s.io", "Event", ["ev"]),
  served("ingresses.networking.k8s.io", "Ingress", ["ing"]),
  served("clusterroles.rbac.authorization.k8s.io", "ClusterRole", [], false),
  served("storageclasses.storage.k8s.io", "StorageClass", ["sc"], false),
];
