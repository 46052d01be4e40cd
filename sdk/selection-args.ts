import type { Input } from "@pulumi/pulumi";
import type { LabelSelectionArgs, LabelSelectorArgs } from "./label-selection-args.ts";
import type { ResourcePolicyArgs, SharedResourcePolicyArgs } from "./resource-policy-args.ts";

/** The selection of a backup. A field of Velero has Velero's name and meaning. */
export type SelectionArgs = NamespaceSelectionArgs & ResourceFilterArgs & LabelSelectionArgs & CaptureArgs;

/** Selects namespaces. */
export interface NamespaceSelectionArgs {
  /**
   * Namespaces to back up. Each entry is one of
   * - a name: if it does not exist, that is an error;
   * - a glob, `team-*` (`*`, `?`, `[a-c]`): Velero 1.18 resolves it at every run, for an older Velero each `up`
   *   resolves it;
   * - a regular expression, `/^team-\d+$/`: each `up` resolves it;
   * - an exclusion, `~/-test$/`: its matches are removed from those of the other entries, or from all namespaces.
   *
   * If an `up` has resolved an entry, a namespace that matches it later is drift. `refresh` shows it, and the next `up`
   * adds it.
   *
   * @default all namespaces
   */
  includedNamespaces?: Input<Input<string>[]>;
  /**
   * Namespaces to exclude: names, globs and `/regular expressions/`.
   *
   * @default none
   */
  excludedNamespaces?: Input<Input<string>[]>;
}

/** Selects kinds of objects: by Velero's old filters or by its new ones. Velero refuses both together. */
export type ResourceFilterArgs = ResourceFiltersArgs | ScopedResourceFiltersArgs;

/**
 * Velero's old filters, which do not distinguish scopes. Kinds are named as in kubectl, without a version:
 * `deployments.apps`, `Deployment`, `deploy`, or by globs over full names: `*.example.com`. A kind that the cluster
 * does not have is refused, with the nearest name. An empty list is refused if it would mean all.
 */
export interface ResourceFiltersArgs {
  /**
   * Kinds to back up.
   *
   * @default all
   */
  includedResources?: Input<Input<string>[]>;
  /**
   * Kinds to exclude.
   *
   * @default none
   */
  excludedResources?: Input<Input<string>[]>;
  /**
   * Cluster-scoped objects: all of them, none, or (unset) those that belong to captured objects, such as their volumes.
   *
   * @default those that belong to captured objects, such as their volumes
   */
  includeClusterResources?: Input<boolean>;
  /** One of the new filters, which cannot be combined with these: {@link ScopedResourceFiltersArgs}. */
  includedClusterScopedResources?: undefined;
  /** One of the new filters, which cannot be combined with these: {@link ScopedResourceFiltersArgs}. */
  excludedClusterScopedResources?: undefined;
  /** One of the new filters, which cannot be combined with these: {@link ScopedResourceFiltersArgs}. */
  includedNamespaceScopedResources?: undefined;
  /** One of the new filters, which cannot be combined with these: {@link ScopedResourceFiltersArgs}. */
  excludedNamespaceScopedResources?: undefined;
}

/**
 * Velero's new filters, a pair for each scope. Kinds are named as in {@link ResourceFiltersArgs}. `["*"]` means all of
 * them. A kind of the other scope is refused.
 */
export interface ScopedResourceFiltersArgs {
  /**
   * Cluster-scoped kinds to back up, in addition to those that belong to captured objects.
   *
   * @default none
   */
  includedClusterScopedResources?: Input<Input<string>[]>;
  /**
   * Cluster-scoped kinds to exclude.
   *
   * @default none
   */
  excludedClusterScopedResources?: Input<Input<string>[]>;
  /**
   * Namespaced kinds to back up.
   *
   * @default all
   */
  includedNamespaceScopedResources?: Input<Input<string>[]>;
  /**
   * Namespaced kinds to exclude.
   *
   * @default none
   */
  excludedNamespaceScopedResources?: Input<Input<string>[]>;
  /** One of the old filters, which cannot be combined with these: {@link ResourceFiltersArgs}. */
  includedResources?: undefined;
  /** One of the old filters, which cannot be combined with these: {@link ResourceFiltersArgs}. */
  excludedResources?: undefined;
  /** One of the old filters, which cannot be combined with these: {@link ResourceFiltersArgs}. */
  includeClusterResources?: undefined;
}

/** The options of how selected objects are captured. */
export interface CaptureArgs {
  /**
   * The method by which the data of persistent volumes is saved:
   * - `snapshot`: by the storage system (CSI, or a `volumeSnapshotLocations` plugin); it stays there;
   * - `moveData`: by CSI snapshots whose data Velero then moves to the backup location;
   * - `fileCopy`: file by file to the backup location, for volumes that a running pod mounts;
   * - `none`: not at all.
   *
   * A backup that holds no data of a claim is a failure, unless a declaration excludes that claim: `none`, a volume
   * policy of `resourcePolicy` that skips it, a label, or, if files are copied, the pod's own annotation. A preview
   * shows what happens to each claim. `moveData` and `fileCopy` need Velero's node agent, and are encrypted with the
   * location's `repositoryPassword`.
   *
   * @default the setting of Velero's server
   */
  volumes?: Input<"snapshot" | "moveData" | "fileCopy" | "none">;
  /**
   * VolumeSnapshotLocations for snapshots by a plugin, one for each provider.
   *
   * @default Velero's
   */
  volumeSnapshotLocations?: Input<Input<string>[]>;
  /**
   * Data mover, with `volumes: "moveData"`.
   *
   * @default Velero's own
   */
  datamover?: Input<string>;
  /**
   * Label that groups volumes whose snapshots are taken at the same moment (Velero 1.17).
   *
   * @default `velero.io/volume-group`
   */
  volumeGroupSnapshotLabelKey?: Input<string>;
  /**
   * Actions for single volumes, and finer filters: Velero's resource policies, in a ConfigMap that this resource
   * creates and removes. Policies that others use as well are named instead: `{ configMap: "shared-policies" }`.
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
   * Kind → objects that are backed up first, in that order: `{ pods: ["shop/db-0", "shop/db-1"] }`. Cluster-scoped
   * objects have only their name. Velero orders by the plural without a group: any other name of a kind is converted to
   * that.
   *
   * @default Velero's order
   */
  orderedResources?: Input<Record<string, Input<Input<string>[]>>>;
  /**
   * The time that Velero waits for a CSI snapshot. A Go duration.
   *
   * @default Velero's, `10m`
   */
  csiSnapshotTimeout?: Input<string>;
  /**
   * The time that Velero waits for asynchronous operations, such as moving data. A Go duration.
   *
   * @default Velero's, `4h`
   */
  itemOperationTimeout?: Input<string>;
  /**
   * Settings of the upload of file copies.
   *
   * @default Velero's
   */
  uploaderConfig?: Input<UploaderConfigArgs>;
}

/** Settings of the upload of file copies. */
export interface UploaderConfigArgs {
  /**
   * Number of files that a file copy uploads in parallel.
   *
   * @default the node's number of cores
   */
  parallelFilesUpload?: Input<number>;
}

/** Hooks of a backup (Velero's Backup, `spec.hooks`). */
export interface HooksArgs {
  /** The hooks. A pod gets each hook whose conditions it matches. */
  resources: Input<Input<HookArgs>[]>;
}

/** One hook: commands for captured pods that match all of its conditions. */
export interface HookArgs {
  /** Name of the hook, for Velero's log. */
  name: Input<string>;
  /**
   * Namespaces whose pods get the hook.
   *
   * @default all namespaces of the backup
   */
  includedNamespaces?: Input<Input<string>[]>;
  /**
   * Namespaces whose pods do not get the hook.
   *
   * @default none
   */
  excludedNamespaces?: Input<Input<string>[]>;
  /**
   * Kinds that get the hook. Hooks are for pods, so a list without pods is refused.
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
   * Commands that run before the pod is captured.
   *
   * @default no command
   */
  pre?: Input<Input<ExecHookArgs>[]>;
  /**
   * Commands that run after the pod and its volumes were captured.
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
    /** The command and its arguments. It does not run in a shell. */
    command: Input<Input<string>[]>;
    /**
     * With `Fail`, the backup is PartiallyFailed if the command fails.
     *
     * @default `Fail`
     */
    onError?: Input<"Continue" | "Fail">;
    /**
     * Timeout of the command. A Go duration.
     *
     * @default `30s`
     */
    timeout?: Input<string>;
  }>;
}
