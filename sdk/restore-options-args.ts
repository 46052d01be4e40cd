import type { Input } from "@pulumi/pulumi";
import type { LabelSelectionArgs, LabelSelectorArgs } from "./label-selection-args.ts";
import type { MetadataArgs } from "./metadata-args.ts";
import type { TimeoutsArgs } from "./timeouts-args.ts";
import type { RestoreHooksArgs } from "./restore-hooks-args.ts";

/** The options of a restore. A field of Velero has Velero's name and meaning. */
export type RestoreOptionsArgs = LabelSelectionArgs &
  RestoreSelectionArgs &
  RestoreBehaviorArgs &
  DrillArgs &
  MetadataArgs;

/**
 * Selects the objects of a backup that are restored. Kinds are named as in kubectl, without a version:
 * `deployments.apps`, `Deployment`, `deploy`. A kind that only the backup has needs its full name. A name of no kind is
 * refused, with the nearest name. By default, all objects are restored.
 */
export interface RestoreSelectionArgs {
  /**
   * Namespaces of the backup, by their names in the backup.
   *
   * @default all of them
   */
  includedNamespaces?: Input<Input<string>[]>;
  /**
   * Namespaces of the backup to exclude, by their names in the backup.
   *
   * @default none
   */
  excludedNamespaces?: Input<Input<string>[]>;
  /**
   * Kinds to restore, plural and with their group: `deployments.apps`.
   *
   * @default all kinds that can be restored; in a drill, Kubernetes' own kinds
   */
  includedResources?: Input<Input<string>[]>;
  /**
   * Kinds to exclude, plural and with their group: `events`.
   *
   * @default none
   */
  excludedResources?: Input<Input<string>[]>;
  /**
   * Cluster-scoped objects: all of them (`true`) or none (`false`).
   *
   * @default all of them if all namespaces are restored, otherwise those that belong to restored objects
   */
  includeClusterResources?: Input<boolean>;
}

/** The options of how objects are restored: mapped names, existing objects, and changes. */
export interface RestoreBehaviorArgs {
  /**
   * Restores namespaces under other names: `{ shop: "shop-copy" }`. `*` stands for the same part of both names:
   * `{ "*": "*-drill" }` maps every namespace. If several entries match, a whole name takes precedence over a pattern,
   * and a longer pattern over a shorter one. A namespace that no entry matches keeps its name.
   *
   * An entry that matches nothing of what is restored is refused. A preview does so if the backup is known. For a
   * workspace, this means an entry that matches in no cluster. If the program has no access to the store, whole names
   * are passed on unchanged. A pattern is then refused, unless the backup or `includedNamespaces` names each namespace.
   *
   * @default every namespace keeps its name
   */
  namespaceMapping?: Input<Record<string, Input<string>>>;
  /**
   * Storage class of the backup → storage class in the target.
   *
   * @default every claim keeps its storage class
   */
  storageClassMapping?: Input<Record<string, Input<string>>>;
  /**
   * Restores the data of claims that the backup holds. With `false`, claims may come back empty. Otherwise an empty
   * claim is a failure.
   *
   * @default Velero's, true
   */
  restorePVs?: Input<boolean>;
  /**
   * If true, services keep the node ports that were assigned automatically.
   *
   * @default false
   */
  preserveNodePorts?: Input<boolean>;
  /**
   * Decides about an object that exists in the target and differs: `none` leaves it unchanged (and Velero records a
   * warning), `update` patches it. Nothing is ever deleted: a restore is no mirror. Labels and annotations of an
   * existing namespace stay unchanged with either value: Velero creates namespaces, and changes none.
   *
   * @default `none`
   */
  existingResourcePolicy?: Input<"none" | "update">;
  /**
   * Kinds whose status is restored as well. `includedResources: ["*"]` means all of them.
   *
   * @default none
   */
  restoreStatus?: Input<{
    /**
     * Kinds whose status is restored.
     *
     * @default none
     */
    includedResources?: Input<Input<string>[]>;
    /**
     * Kinds whose status is not restored.
     *
     * @default none
     */
    excludedResources?: Input<Input<string>[]>;
  }>;
  /**
   * Changes of objects during the restore: rules of Velero's resource modifiers, in a ConfigMap that this resource
   * creates and removes.
   *
   * @default nothing is changed
   */
  resourceModifiers?: Input<Input<ResourceModifierArgs>[]>;
  /**
   * Commands and init containers for restored pods.
   *
   * @default those that pods name in their annotations
   */
  hooks?: Input<RestoreHooksArgs>;
  /**
   * The time that Velero waits for asynchronous operations, such as moving data. A Go duration. A change affects only a
   * Restore that has not begun.
   *
   * @default Velero's, `4h`
   */
  itemOperationTimeout?: Input<string>;
  /**
   * Settings of the copies of volumes' files. A change affects only a Restore that has not begun.
   *
   * @default Velero's
   */
  uploaderConfig?: Input<{
    /**
     * If true, holes of sparse files are not written.
     *
     * @default false
     */
    writeSparseFiles?: Input<boolean>;
    /**
     * Number of files that are downloaded in parallel.
     *
     * @default Velero's, by the node's number of cores
     */
    parallelFilesDownload?: Input<number>;
  }>;
  /**
   * A change of any of these values restores again. Without a change, nothing is restored again.
   *
   * @default []
   */
  triggers?: Input<Input<string | number | boolean>[]>;
  /**
   * If true, a restore that ended PartiallyFailed is accepted, and a PartiallyFailed backup can be restored.
   *
   * @default false
   */
  allowPartialFailure?: Input<boolean>;
  /**
   * Timeout of each operation on this resource.
   *
   * @default `30m` for each operation
   */
  timeouts?: TimeoutsArgs;
}

/** The comparison of restored objects with the backup. */
export interface DrillArgs {
  /**
   * Compares the restored objects with the backup, object by object, and fails with the differences: the live object
   * has to have every field of the captured one. Fields that only the live object has are no difference (defaults of a
   * newer API, labels of a webhook, merged entries). Neither are fields that Velero and controllers rewrite, such as
   * the source of a claim's data. It needs the program's own access to the store. If it is added to a completed
   * restore, it compares the current objects, and restores nothing.
   *
   * @default false
   */
  verify?: Input<boolean>;
  /**
   * Proves a backup without touching live objects: it restores every namespace under another name (`namespaceMapping`
   * has to map all of them), compares it with the backup, checks that the data of volumes came back, and cleans up. It
   * fails if nothing was restored, or if the data of any claim that the backup holds did not come back.
   *
   * Nothing of it runs or is reachable. Workloads are scaled to 0. Jobs and CronJobs are suspended. Ingresses are
   * excluded. Services of type NodePort and LoadBalancer become ClusterIPs without node ports. Finalizers are removed,
   * and hooks are not run. Cluster-scoped objects and Velero's own namespace are excluded. Custom resources are
   * excluded as well, because controllers in the target would act on the copies: `includedResources: ["*"]` includes
   * them. A volume that would be the source's own disk (`Retain`, and no data of it in the backup) is refused. No
   * backup includes the drill's namespaces.
   *
   * Pods are excluded, unless the data of a claim comes back only with one: a file copy, or a volume of a storage class
   * that waits for its first consumer (`WaitForFirstConsumer`). Then they are restored without labels and without their
   * own containers: the needed ones hold the claim, and the others are not scheduled.
   *
   * With `keep`, the restored objects stay until the next drill. `data: "objectsOnly"` accepts a drill that proves only
   * objects, and restores no pods.
   *
   * @default false
   * @example
   * ```ts
   * new velero.Restore("drill", { backup, cluster: "dr", namespaceMapping: { "*": "*-drill" }, drill: { keep: true } });
   * ```
   */
  drill?: Input<
    | boolean
    | {
        /**
         * If true, the restored objects stay until the next drill.
         *
         * @default false
         */
        keep?: Input<boolean>;
        /**
         * `proven`: the data of every claim that the backup holds has to come back. `objectsOnly`: only objects are
         * proven.
         *
         * @default "proven"
         */
        data?: Input<"proven" | "objectsOnly">;
      }
  >;
}

/** A rule of Velero's resource modifiers (`velero restore create --resource-modifier-configmap`). */
export interface ResourceModifierArgs {
  /** The objects that the rule changes. All conditions have to match. */
  conditions: Input<{
    /**
     * A full name, or a glob over full names: `deployments.apps`, `*.apps`. `*` matches every kind without a group,
     * `**` every kind.
     */
    groupResource: Input<string>;
    /**
     * Go regular expression that a part of the object's name matches: `^web-`.
     *
     * @default every name
     */
    resourceNameRegex?: Input<string>;
    /**
     * Namespaces of the backup.
     *
     * @default every namespace, and cluster-scoped objects
     */
    namespaces?: Input<Input<string>[]>;
    /**
     * Labels of the object.
     *
     * @default any labels
     */
    labelSelector?: Input<LabelSelectorArgs>;
    /**
     * Fields of the object, each with its value.
     *
     * @default any fields
     */
    matches?: Input<
      Input<{
        /** JSON pointer of the field: `/spec/replicas`. */
        path: Input<string>;
        /**
         * Value of the field, written like the value of a patch.
         *
         * @default the field exists with an empty value
         */
        value?: Input<string>;
      }>[]
    >;
  }>;
  /**
   * JSON patches. A rule has patches of one kind. The preview refuses what Velero would fail on.
   *
   * @default none
   */
  patches?: Input<
    Input<{
      /** Operation of the JSON patch (RFC 6902). */
      operation: Input<"add" | "remove" | "replace" | "move" | "copy" | "test">;
      /** JSON pointer of the field to change: `/spec/replicas`. */
      path: Input<string>;
      /**
       * JSON pointer of the field to move or copy. Only with `move` and `copy`.
       *
       * @default none
       */
      from?: Input<string>;
      /**
       * The new value, with `add`, `replace` and `test`. Velero reads numbers, `true`, `false`, `null`, objects and
       * lists in it as such: `"3"` is a number, and `'"3"'` a text. Quotes, backslashes and line breaks in a text are
       * written as in JSON: `say \"hi\"`.
       *
       * @default none
       */
      value?: Input<string>;
    }>[]
  >;
  /**
   * JSON merge patches (RFC 7386), one after another.
   *
   * @default none
   */
  mergePatches?: Input<
    Input<{
      /** The patch, as JSON or YAML text. */
      patchData: Input<string>;
    }>[]
  >;
  /**
   * Kubernetes' strategic merge patches, one after another.
   *
   * @default none
   */
  strategicPatches?: Input<
    Input<{
      /** The patch, as JSON or YAML text. */
      patchData: Input<string>;
    }>[]
  >;
}
