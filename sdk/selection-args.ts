import type { Input } from "@pulumi/pulumi";

/** What a backup captures. A field that is Velero's has Velero's name and meaning. */
export type SelectionArgs = NamespaceSelectionArgs & ResourceFilterArgs & LabelSelectionArgs & CaptureArgs;

/** Which namespaces. */
export interface NamespaceSelectionArgs {
  /**
   * Namespaces to back up; default: all. Each is one of
   * - a name; one that does not exist is an error;
   * - a glob, `team-*` (`*`, `?`, `[a-c]`): Velero 1.18 resolves it anew at every run; for an older one it is resolved
   *   by each `up`;
   * - a regular expression, `/^team-\d+$/`: resolved by each `up`;
   * - one to leave out, `~/-test$/`: what it matches is taken from what the others give, or from all namespaces.
   *
   * Of what an `up` has resolved, a namespace that comes to match later is drift, which `refresh` shows and the next
   * `up` takes in.
   */
  includedNamespaces?: Input<Input<string>[]>;
  /** Namespaces to leave out: names, globs and `/regular expressions/`. Default: none. */
  excludedNamespaces?: Input<Input<string>[]>;
}

/** Which kinds of objects: by Velero's old filters or by its new ones, which it does not take together. */
export type ResourceFilterArgs = ResourceFiltersArgs | ScopedResourceFiltersArgs;

/**
 * Velero's old filters, which know no scopes. Kinds are names as kubectl has them, without a version: `deployments.apps`,
 * `Deployment`, `deploy`; or globs over full names: `*.example.com`. One that the cluster does not have is refused, with
 * the nearest name. An empty list is refused where it would mean all.
 */
export interface ResourceFiltersArgs {
  /** Kinds to back up. Default: all. */
  includedResources?: Input<Input<string>[]>;
  /** Kinds to leave out. Default: none. */
  excludedResources?: Input<Input<string>[]>;
  /** Cluster-scoped objects: all of them, none, or (unset) those that belong to what is captured, such as its volumes. */
  includeClusterResources?: Input<boolean>;
  includedClusterScopedResources?: undefined;
  excludedClusterScopedResources?: undefined;
  includedNamespaceScopedResources?: undefined;
  excludedNamespaceScopedResources?: undefined;
}

/**
 * Velero's new filters, a pair for each scope. Kinds are named as in {@link ResourceFiltersArgs}; `["*"]` is all of them.
 * A kind of the other scope is refused.
 */
export interface ScopedResourceFiltersArgs {
  /** Cluster-scoped kinds to back up besides those that belong to what is captured. Default: none. */
  includedClusterScopedResources?: Input<Input<string>[]>;
  /** Cluster-scoped kinds to leave out. Default: none. */
  excludedClusterScopedResources?: Input<Input<string>[]>;
  /** Kinds to back up of the namespaces. Default: all. */
  includedNamespaceScopedResources?: Input<Input<string>[]>;
  /** Kinds to leave out of the namespaces. Default: none. */
  excludedNamespaceScopedResources?: Input<Input<string>[]>;
  includedResources?: undefined;
  excludedResources?: undefined;
  includeClusterResources?: undefined;
}

/** Which objects, by their labels: what one selector matches, or what any of several does. */
export type LabelSelectionArgs =
  | { labelSelector?: Input<LabelSelectorArgs>; orLabelSelectors?: undefined }
  | { labelSelector?: undefined; orLabelSelectors?: Input<Input<LabelSelectorArgs>[]> };

/** A label selector of Kubernetes: all of its requirements have to be met. */
export interface LabelSelectorArgs {
  /** Label → value. */
  matchLabels?: Input<Record<string, Input<string>>>;
  matchExpressions?: Input<Input<LabelRequirementArgs>[]>;
}

/** One requirement of a label selector: `{ key: "tier", operator: "In", values: ["web", "db"] }`. */
export interface LabelRequirementArgs {
  key: Input<string>;
  operator: Input<"In" | "NotIn" | "Exists" | "DoesNotExist">;
  /** With `In` and `NotIn` only. */
  values?: Input<Input<string>[]>;
}

/** How what was selected is captured. */
export interface CaptureArgs {
  /**
   * Data of persistent volumes:
   * - `snapshot`: by the storage system (CSI, or a `volumeSnapshotLocations` plugin); it stays there;
   * - `moveData`: by CSI snapshots whose data Velero then moves into the backup location;
   * - `fileCopy`: file by file into the backup location, of volumes that a running pod mounts;
   * - `none`: not at all.
   *
   * Default: what Velero's server is set to. A backup that holds no data of a claim is a failure, unless something that
   * is declared leaves that claim out: `none`, a volume policy of `resourcePolicy` that skips it, a label, or, where
   * files are copied, the pod's own annotation. A preview tells what becomes of each. `moveData` and `fileCopy` need Velero's node agent, and are encrypted with the location's
   * `repositoryPassword`.
   */
  volumes?: Input<"snapshot" | "moveData" | "fileCopy" | "none">;
  /** VolumeSnapshotLocations for snapshots by a plugin, one for each provider. Default: Velero's. */
  volumeSnapshotLocations?: Input<Input<string>[]>;
  /** With `volumes: "moveData"`: who moves the data. Default: Velero's own. */
  datamover?: Input<string>;
  /** Label by which volumes are grouped that are to be snapshotted at one moment (Velero 1.17). Default: `velero.io/volume-group`. */
  volumeGroupSnapshotLabelKey?: Input<string>;
  /** What Velero does with single volumes, and finer filters: its resource policies, in a ConfigMap that this resource makes and removes. */
  resourcePolicy?: Input<ResourcePolicyArgs>;
  /** Commands to run in pods before and after they are captured. */
  hooks?: Input<HooksArgs>;
  /**
   * Kind → objects that come first, in that order: `{ pods: ["shop/db-0", "shop/db-1"] }`; cluster-scoped ones by name
   * alone. Velero orders by the plural without a group: any other name of a kind is sent as that.
   */
  orderedResources?: Input<Record<string, Input<Input<string>[]>>>;
  /** How long Velero waits for a CSI snapshot to be made. A Go duration. Default: Velero's, `10m`. */
  csiSnapshotTimeout?: Input<string>;
  /** How long Velero waits for what goes on by itself, such as moving data. A Go duration. Default: Velero's, `4h`. */
  itemOperationTimeout?: Input<string>;
  uploaderConfig?: Input<UploaderConfigArgs>;
}

/** How file copies are uploaded. */
export interface UploaderConfigArgs {
  /** Files that a file copy uploads at a time. Default: the node's number of cores. */
  parallelFilesUpload?: Input<number>;
}

/** Hooks of a backup (Velero's Backup, `spec.hooks`). */
export interface HooksArgs {
  resources: Input<Input<HookArgs>[]>;
}

/** One hook: commands for the pods that are captured where all that it says of them holds. */
export interface HookArgs {
  /** For Velero's log. */
  name: Input<string>;
  /** The kinds and namespaces to which it applies: to pods, so kinds without pods are refused. Default: wherever the backup does. */
  includedNamespaces?: Input<Input<string>[]>;
  excludedNamespaces?: Input<Input<string>[]>;
  includedResources?: Input<Input<string>[]>;
  excludedResources?: Input<Input<string>[]>;
  labelSelector?: Input<LabelSelectorArgs>;
  /** Before the pod is captured. */
  pre?: Input<Input<ExecHookArgs>[]>;
  /** After the pod and its volumes were captured. */
  post?: Input<Input<ExecHookArgs>[]>;
}

/** A command that Velero runs in a container of the pod. */
export interface ExecHookArgs {
  exec: Input<{
    /** Default: the pod's first container. */
    container?: Input<string>;
    /** The command and its arguments; no shell is put in front. */
    command: Input<Input<string>[]>;
    /** Whether the backup is PartiallyFailed when it fails. Default: `Fail`. */
    onError?: Input<"Continue" | "Fail">;
    /** A Go duration. Default: `30s`. */
    timeout?: Input<string>;
  }>;
}

/** Velero's resource policies (`velero backup create --resource-policies-configmap`), without their version. */
export interface ResourcePolicyArgs {
  /** The first whose conditions a volume meets says what becomes of it. */
  volumePolicies?: Input<Input<VolumePolicyArgs>[]>;
  /** Further resource filters (Velero 1.17); not together with the old ones. */
  includeExcludePolicy?: Input<{
    includedClusterScopedResources?: Input<Input<string>[]>;
    excludedClusterScopedResources?: Input<Input<string>[]>;
    includedNamespaceScopedResources?: Input<Input<string>[]>;
    excludedNamespaceScopedResources?: Input<Input<string>[]>;
  }>;
  /** Filters for single namespaces (Velero 1.18.3); not together with the old ones. */
  namespacedFilterPolicies?: Input<
    Input<{ namespaces: Input<Input<string>[]>; resourceFilters: Input<Input<ResourceFilterPolicyArgs>[]> }>[]
  >;
  /** Filters for cluster-scoped objects (Velero 1.18.3); not together with the old ones. */
  clusterScopedFilterPolicy?: Input<{ resourceFilters: Input<Input<ResourceFilterPolicyArgs>[]> }>;
}

/** What becomes of the volumes that meet the conditions: `skip`, `snapshot`, `fs-backup` (a file copy), or `custom` for a plugin. */
export interface VolumePolicyArgs {
  /** All of them have to be met. */
  conditions: Input<VolumeConditionsArgs>;
  action: Input<{
    type: Input<"skip" | "snapshot" | "fs-backup" | "custom">;
    parameters?: Input<Record<string, unknown>>;
  }>;
}

/** Which volumes: what is left out is no condition. */
export interface VolumeConditionsArgs {
  /** A range with a comma: `10Gi,100Gi`, `,1Ti`, `5Gi,`. */
  capacity?: Input<string>;
  storageClass?: Input<Input<string>[]>;
  nfs?: Input<{ server?: Input<string>; path?: Input<string> }>;
  csi?: Input<{ driver?: Input<string>; volumeAttributes?: Input<Record<string, Input<string>>> }>;
  /** Kinds of volume sources: `emptyDir`, `hostPath`, `nfs`, … */
  volumeTypes?: Input<Input<string>[]>;
  pvcLabels?: Input<Record<string, Input<string>>>;
  /** `Bound`, `Pending`, `Lost` (Velero 1.18). */
  pvcPhase?: Input<Input<string>[]>;
  /** `Filesystem` or `Block` (Velero 1.18.3). */
  pvcVolumeMode?: Input<string>;
  /** `ReadWriteOnce`, … (Velero 1.18.3). */
  pvcAccessModes?: Input<Input<string>[]>;
}

/** Objects of these kinds by their labels and names; names may be globs. */
export interface ResourceFilterPolicyArgs {
  /** Default: all kinds. */
  kinds?: Input<Input<string>[]>;
  labelSelector?: Input<LabelSelectorArgs>;
  orLabelSelectors?: Input<Input<LabelSelectorArgs>[]>;
  names?: Input<Input<string>[]>;
  excludedNames?: Input<Input<string>[]>;
}
