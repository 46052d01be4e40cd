import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { Captured } from "../velero/backup-contents.ts";

type Fields = Record<string, unknown>;

/** Labels and annotations that Velero, controllers and kubectl write, and that nobody declares. */
const WRITTEN = [
  "kubernetes.io/metadata.name",
  "deployment.kubernetes.io/revision",
  "deprecated.daemonset.template.generation",
  "kubectl.kubernetes.io/last-applied-configuration",
  // velero pkg/restore/restore.go, addRestoreLabels, and pkg/apis/velero/v1/labels_annotations.go
  "velero.io/backup-name",
  "velero.io/restore-name",
  "backup.velero.io/must-include-additional-items",
  "restore.velero.io/must-include-additional-items",
  // velero pkg/restore/actions/pvc_action.go, removePVCAnnotations
  "pv.kubernetes.io/bind-completed",
  "pv.kubernetes.io/bound-by-controller",
  "volume.kubernetes.io/storage-provisioner",
  "volume.beta.kubernetes.io/storage-provisioner",
  "volume.kubernetes.io/selected-node",
  "velero.io/volume-snapshot-name",
  "velero.io/data-upload-name",
];

/** The label by which the data mover binds a claim to its volume (velero `pkg/restore/actions/csi/pvc_action.go`). */
const MOVED = "velero.io/dynamic-pv-restore";

/** Init containers that Velero adds and removes (velero `pkg/restore/actions/pod_volume_restore_action.go`). */
const WAITING = ["restore-wait", "restic-wait"];

/** A cluster creates Secrets for a ServiceAccount whose names begin with `<account>-` and one of these words. */
const MADE = ["token", "dockercfg"];

type Path = readonly string[];

/** A restore rewrites or drops these fields, by kind. Paths start at the object. Each entry cites Velero's source. */
const REWRITTEN: Record<string, readonly Path[]> = {
  // velero pkg/restore/actions/service_action.go
  services: [
    ["spec", "clusterIPs"],
    ["spec", "healthCheckNodePort"],
    ["spec", "ports", "*", "nodePort"],
  ],
  // velero pkg/restore/restore.go (restoreItem) and pkg/restore/actions/csi/pvc_action.go
  persistentvolumeclaims: [
    ["spec", "volumeName"],
    ["spec", "dataSource"],
    ["spec", "dataSourceRef"],
    ["spec", "selector", "matchLabels", MOVED],
  ],
  // velero pkg/restore/restore.go, resetVolumeBindingInfo
  persistentvolumes: [
    ["spec", "claimRef", "uid"],
    ["spec", "claimRef", "resourceVersion"],
    ["spec", "claimRef", "apiVersion"],
  ],
  // velero pkg/restore/actions/pod_action.go
  pods: [
    ["spec", "nodeName"],
    ["spec", "priority"],
  ],
  // velero pkg/restore/actions/job_action.go
  "jobs.batch": ["controller-uid", "batch.kubernetes.io/controller-uid"].flatMap((label) => [
    ["spec", "selector", "matchLabels", label],
    ["spec", "template", "metadata", "labels", label],
  ]),
  // velero pkg/restore/restore.go, getNamespace
  namespaces: [["spec"]],
};

/**
 * Returns the fields of a captured object that the target has to have. Fields that Velero, the cluster or its
 * controllers rewrite are removed.
 */
export function essenceOf(resource: string, object: Captured["object"]): Fields {
  const { apiVersion: _version, kind: _kind, metadata, status: _status, ...content } = object;
  const essence: Fields = structuredClone({
    ...content,
    metadata: { labels: declared(metadata.labels), annotations: declared(metadata.annotations) },
  });
  for (const path of REWRITTEN[resource] ?? []) removeFields(essence, path);
  takeOut(resource, metadata.name, essence);
  return essence;
}

/** Prepares the live object for the comparison: labels and annotations are empty objects if it has none. */
export const comparable = (live: KubernetesObject): Fields => ({
  ...live,
  metadata: {
    ...live.metadata,
    labels: live.metadata.labels ?? {},
    annotations: live.metadata.annotations ?? {},
  },
});

/** Removes fields whose handling depends on the object's values, and not on its kind alone. */
function takeOut(resource: string, name: string, essence: Fields): void {
  const spec = fieldsIn(essence, "spec");
  switch (resource) {
    case "services":
      // A headless Service stays one (velero `pkg/restore/actions/service_action.go`).
      if (spec["clusterIP"] !== "None") delete spec["clusterIP"];
      return;
    case "serviceaccounts":
      // Velero does not restore tokens. A cluster creates both kinds of Secrets itself (velero
      // `pkg/restore/actions/service_account_action.go`).
      for (const field of ["secrets", "imagePullSecrets"])
        withoutNamed(essence, field, (each) => MADE.some((kind) => each.startsWith(`${name}-${kind}-`)));
      return;
    case "pods": {
      withoutNamed(spec, "initContainers", (each) => WAITING.includes(each));
      // Velero drops volumes with tokens by their name (velero `pkg/restore/actions/pod_action.go`).
      const isToken = (each: string) =>
        each.startsWith(`${String(spec["serviceAccountName"] ?? "default")}-token-`);
      withoutNamed(spec, "volumes", isToken);
      for (const field of ["containers", "initContainers"])
        for (const container of listIn(spec, field)) withoutNamed(container, "volumeMounts", isToken);
    }
  }
}

function withoutNamed(from: Fields, field: string, isOut: (name: string) => boolean): void {
  if (!Array.isArray(from[field])) return;
  from[field] = listIn(from, field).filter(({ name }) => !isOut(String(name)));
}

const fieldsIn = (from: Fields, field: string): Fields => (from[field] ?? {}) as Fields;

const listIn = (from: Fields, field: string): Fields[] => (from[field] ?? []) as Fields[];

const declared = (entries: Record<string, string> | undefined): Record<string, string> =>
  Object.fromEntries(Object.entries(entries ?? {}).filter(([key]) => !WRITTEN.includes(key)));

/** Deletes the value at the path, and objects that are empty after that. `*` stands for every item of a list. */
export function removeFields(value: unknown, [first, ...rest]: Path): void {
  if (typeof value !== "object" || value === null || first === undefined) return;
  if (first === "*") {
    for (const each of Object.values(value)) removeFields(each, rest);
    return;
  }
  const fields = value as Fields;
  const inner = fields[first];
  removeFields(inner, rest);
  if (rest.length === 0 || (isEmptied(inner) && rest[0] !== "*")) delete fields[first];
}

const isEmptied = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
