import type { KubernetesObject } from "../../kubernetes/resources.ts";

type Fields = Record<string, unknown>;

/** Labels and annotations that Velero, controllers and kubectl write, and that nobody declared. */
const WRITTEN = [
  "velero.io/backup-name",
  "velero.io/restore-name",
  "deployment.kubernetes.io/revision",
  "deprecated.daemonset.template.generation",
  "kubectl.kubernetes.io/last-applied-configuration",
  "pv.kubernetes.io/bind-completed",
  "pv.kubernetes.io/bound-by-controller",
  "volume.kubernetes.io/storage-provisioner",
  "volume.beta.kubernetes.io/storage-provisioner",
  "volume.kubernetes.io/selected-node",
  "backup.velero.io/must-include-additional-items",
];

/** What a cluster gives to an object of its own, by kind: paths below the object. */
const GIVEN: Record<string, readonly string[]> = {
  services: ["spec.clusterIP", "spec.clusterIPs", "spec.healthCheckNodePort", "spec.ports.*.nodePort"],
  persistentvolumeclaims: ["spec.volumeName", "metadata.annotations"],
  persistentvolumes: ["spec.claimRef.uid", "spec.claimRef.resourceVersion", "spec.claimRef.apiVersion"],
  pods: ["spec.nodeName", "spec.volumes", "spec.containers.*.volumeMounts", "spec.initContainers"],
  serviceaccounts: ["secrets"],
  namespaces: ["spec"],
  "jobs.batch": ["spec.selector", "spec.template.metadata.labels"],
};

/** What of an object is what somebody declared: without what the cluster and Velero write into it. */
export function essenceOf(resource: string, object: KubernetesObject): Fields {
  const {
    apiVersion: _version,
    kind: _kind,
    metadata,
    status: _status,
    ...content
  } = object as KubernetesObject & Fields;
  const essence: Fields = structuredClone({
    ...content,
    metadata: {
      labels: declared(metadata.labels),
      annotations: declared(metadata.annotations),
    },
  });
  for (const path of GIVEN[resource] ?? []) remove(essence, path.split("."));
  return essence;
}

const declared = (entries: Record<string, string> | undefined): Record<string, string> =>
  Object.fromEntries(
    Object.entries(entries ?? {}).filter(
      ([key]) => !WRITTEN.includes(key) && key !== "kubernetes.io/metadata.name",
    ),
  );

/** Takes away what lies at the path; `*` is every item of a list. */
export function remove(value: unknown, [first, ...rest]: readonly string[]): void {
  if (typeof value !== "object" || value === null || first === undefined) return;
  if (first === "*") {
    for (const each of Object.values(value)) remove(each, rest);
    return;
  }
  if (rest.length === 0) delete (value as Fields)[first];
  else remove((value as Fields)[first], rest);
}
