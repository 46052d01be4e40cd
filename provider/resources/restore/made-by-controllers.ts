import type { Selected } from "./select-items.ts";

/** Kinds that only controllers write, each for an object that it looks after. */
const DERIVED = ["controllerrevisions.apps", "leases.coordination.k8s.io", "ciliumendpoints.cilium.io"];

/** ConfigMaps that a cluster puts into every namespace, with certificates of its own. */
const OF_CLUSTER = ["kube-root-ca.crt", "openshift-service-ca.crt"];

/**
 * Whether controllers of the target make an object what it is there, whatever the backup has: what belongs to another
 * object, the addresses behind a Service, a cluster's own certificates and tokens. A backup proves nothing by it.
 */
export function isMadeByControllers(item: Selected, items: readonly Selected[]): boolean {
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
