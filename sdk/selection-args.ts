import type { Input } from "@pulumi/pulumi";
import type { LabelSelectionArgs, LabelSelectorArgs } from "./label-selection-args.ts";
import type { ResourcePolicyArgs, SharedResourcePolicyArgs } from "./resource-policy-args.ts";

/** What a backup captures. A field that is Velero's has Velero's name and meaning. */
export type SelectionArgs = NamespaceSelectionArgs & ResourceFilterArgs & LabelSelectionArgs & CaptureArgs;

/** Which namespaces. */
export interface NamespaceSelectionArgs {
  /**
   * Namespaces to back up. Each is one of
   * - a name; one that does not exist is an error;
   * - a glob, `team-*` (`*`, `?`, `[a-c]`): Velero 1.18 resolves it anew at every run; for an older one it is resolved
   *   by each `up`;
   * - a regular expression, `/^team-\d+$/`: resolved by each `up`;
   * - one to leave out, `~/-test$/`: what it matches is taken from what the others give, or from all namespaces.
   *
   * Of what an `up` has resolved, a namespace that comes to match later is drift, which `refresh` shows and the next
   * `up` takes in.
   *
   * @default all namespaces
   */
  includedNamespaces?: Input<Input<string>[]>;
  /**
   * Namespaces to leave out: names, globs and `/regular expressions/`.
   *
   * @default none
   */
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
  /**
   * Kinds to back up.
   *
   * @default all
   */
  includedResources?: Input<Input<string>[]>;
  /**
   * Kinds to leave out.
   *
   * @default none
   */
  excludedResources?: Input<Input<string>[]>;
  /**
   * Cluster-scoped objects: all of them, none, or (unset) those that belong to what is captured, such as its volumes.
   *
   * @default those that belong to what is captured, such as its volumes
   */
  includeClusterResources?: Input<boolean>;
  /** One of the new filters, which do not go with these: {@link ScopedResourceFiltersArgs}. */
  includedClusterScopedResources?: undefined;
  /** One of the new filters, which do not go with these: {@link ScopedResourceFiltersArgs}. */
  excludedClusterScopedResources?: undefined;
  /** One of the new filters, which do not go with these: {@link ScopedResourceFiltersArgs}. */
  includedNamespaceScopedResources?: undefined;
  /** One of the new filters, which do not go with these: {@link ScopedResourceFiltersArgs}. */
  excludedNamespaceScopedResources?: undefined;
}

/**
 * Velero's new filters, a pair for each scope. Kinds are named as in {@link ResourceFiltersArgs}; `["*"]` is all of them.
 * A kind of the other scope is refused.
 */
export interface ScopedResourceFiltersArgs {
  /**
   * Cluster-scoped kinds to back up besides those that belong to what is captured.
   *
   * @default none
   */
  includedClusterScopedResources?: Input<Input<string>[]>;
  /**
   * Cluster-scoped kinds to leave out.
   *
   * @default none
   */
  excludedClusterScopedResources?: Input<Input<string>[]>;
  /**
   * Kinds to back up of the namespaces.
   *
   * @default all
   */
  includedNamespaceScopedResources?: Input<Input<string>[]>;
  /**
   * Kinds to leave out of the namespaces.
   *
   * @default none
   */
  excludedNamespaceScopedResources?: Input<Input<string>[]>;
  /** One of the old filters, which do not go with these: {@link ResourceFiltersArgs}. */
  includedResources?: undefined;
  /** One of the old filters, which do not go with these: {@link ResourceFiltersArgs}. */
  excludedResources?: undefined;
  /** One of the old filters, which do not go with these: {@link ResourceFiltersArgs}. */
  includeClusterResources?: undefined;
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
   * A backup that holds no data of a claim is a failure, unless something that
   * is declared leaves that claim out: `none`, a volume policy of `resourcePolicy` that skips it, a label, or, where
   * files are copied, the pod's own annotation. A preview tells what becomes of each. `moveData` and `fileCopy` need Velero's node agent, and are encrypted with the location's
   * `repositoryPassword`.
   *
   * @default what Velero's server is set to
   */
  volumes?: Input<"snapshot" | "moveData" | "fileCopy" | "none">;
  /**
   * VolumeSnapshotLocations for snapshots by a plugin, one for each provider.
   *
   * @default Velero's
   */
  volumeSnapshotLocations?: Input<Input<string>[]>;
  /**
   * With `volumes: "moveData"`: who moves the data.
   *
   * @default Velero's own
   */
  datamover?: Input<string>;
  /**
   * Label by which volumes are grouped that are to be snapshotted at one moment (Velero 1.17).
   *
   * @default `velero.io/volume-group`
   */
  volumeGroupSnapshotLabelKey?: Input<string>;
  /**
   * What Velero does with single volumes, and finer filters: its resource policies, in a ConfigMap that this resource makes and removes.
   * Policies that others use as well are named instead, `{ configMap: "shared-policies" }`.
   *
   * @default none
   */
  resourcePolicy?: Input<ResourcePolicyArgs | SharedResourcePolicyArgs>;
  /**
   * Commands to run in pods before and after they are captured.
   *
   * @default those that pods name in their annotations
   */
  hooks?: Input<HooksArgs>;
  /**
   * Kind → objects that come first, in that order: `{ pods: ["shop/db-0", "shop/db-1"] }`; cluster-scoped ones by name
   * alone. Velero orders by the plural without a group: any other name of a kind is sent as that.
   *
   * @default Velero's order
   */
  orderedResources?: Input<Record<string, Input<Input<string>[]>>>;
  /**
   * How long Velero waits for a CSI snapshot to be made. A Go duration.
   *
   * @default Velero's, `10m`
   */
  csiSnapshotTimeout?: Input<string>;
  /**
   * How long Velero waits for what goes on by itself, such as moving data. A Go duration.
   *
   * @default Velero's, `4h`
   */
  itemOperationTimeout?: Input<string>;
  /**
   * How file copies are uploaded.
   *
   * @default Velero's
   */
  uploaderConfig?: Input<UploaderConfigArgs>;
}

/** How file copies are uploaded. */
export interface UploaderConfigArgs {
  /**
   * Files that a file copy uploads at a time.
   *
   * @default the node's number of cores
   */
  parallelFilesUpload?: Input<number>;
}

/** Hooks of a backup (Velero's Backup, `spec.hooks`). */
export interface HooksArgs {
  /** The hooks. A pod gets each whose conditions it meets. */
  resources: Input<Input<HookArgs>[]>;
}

/** One hook: commands for the pods that are captured where all that it says of them holds. */
export interface HookArgs {
  /** For Velero's log. */
  name: Input<string>;
  /**
   * Namespaces whose pods get the hook.
   *
   * @default all that the backup has
   */
  includedNamespaces?: Input<Input<string>[]>;
  /**
   * Namespaces whose pods do not get the hook.
   *
   * @default none
   */
  excludedNamespaces?: Input<Input<string>[]>;
  /**
   * Kinds that get the hook. Hooks are for pods, so a kind without pods is refused.
   *
   * @default pods
   */
  includedResources?: Input<Input<string>[]>;
  /**
   * Kinds that do not get the hook.
   *
   * @default none
   */
  excludedResources?: Input<Input<string>[]>;
  /**
   * The selector that the pod has to match.
   *
   * @default every pod
   */
  labelSelector?: Input<LabelSelectorArgs>;
  /**
   * Before the pod is captured.
   *
   * @default no command
   */
  pre?: Input<Input<ExecHookArgs>[]>;
  /**
   * After the pod and its volumes were captured.
   *
   * @default no command
   */
  post?: Input<Input<ExecHookArgs>[]>;
}

/** A command that Velero runs in a container of the pod. */
export interface ExecHookArgs {
  /** The command and how it runs. */
  exec: Input<{
    /**
     * Name of the container.
     *
     * @default the pod's first container
     */
    container?: Input<string>;
    /** The command and its arguments; no shell is put in front. */
    command: Input<Input<string>[]>;
    /**
     * Whether the backup is PartiallyFailed when it fails.
     *
     * @default `Fail`
     */
    onError?: Input<"Continue" | "Fail">;
    /**
     * How long the command may run. A Go duration.
     *
     * @default `30s`
     */
    timeout?: Input<string>;
  }>;
}
