import type { Input } from "@pulumi/pulumi";
import type { LabelSelectionArgs, LabelSelectorArgs } from "./label-selection-args.ts";
import type { MetadataArgs } from "./metadata-args.ts";
import type { TimeoutsArgs } from "./timeouts-args.ts";
import type { RestoreHooksArgs } from "./restore-hooks-args.ts";

/** What of the backup is restored, and how. A field that is Velero's has Velero's name and meaning. */
export type RestoreOptionsArgs = LabelSelectionArgs &
  RestoreSelectionArgs &
  RestoreBehaviorArgs &
  DrillArgs &
  MetadataArgs;

/**
 * Selects the objects of a backup that are restored. Kinds are names as kubectl has them, without a version: `deployments.apps`, `Deployment`,
 * `deploy`; one that only the backup has by its full name. A name of no kind is refused, with the nearest one. Default: all
 * of it.
 */
export interface RestoreSelectionArgs {
  /**
   * Namespaces of the backup, by the names that they have there.
   *
   * @default all of them
   */
  includedNamespaces?: Input<Input<string>[]>;
  /**
   * Namespaces of the backup that are left out, by the names that they have there.
   *
   * @default none
   */
  excludedNamespaces?: Input<Input<string>[]>;
  /**
   * Kinds, plural and with their group: `deployments.apps`.
   *
   * @default all that can be restored; in a drill, Kubernetes' own
   */
  includedResources?: Input<Input<string>[]>;
  /**
   * Kinds that are left out, plural and with their group: `events`.
   *
   * @default none
   */
  excludedResources?: Input<Input<string>[]>;
  /**
   * Cluster-scoped objects: all of them (`true`) or none (`false`).
   *
   * @default all in a restore of all namespaces, and else those that belong to what is restored
   */
  includeClusterResources?: Input<boolean>;
}

/** How it is restored: under which names, over what is there, and with which changes. */
export interface RestoreBehaviorArgs {
  /**
   * Restores namespaces under other names: `{ shop: "shop-copy" }`. In both, `*` stands for the same part of a name:
   * `{ "*": "*-drill" }` maps every one. Of the entries that fit, a whole name counts before a pattern, and a long
   * pattern before a short one. What no entry fits keeps its name.
   *
   * An entry that fits nothing of what is restored is refused, in a preview where the backup is known; of a workspace, one
   * that fits in no cluster. Where the program has no way to the store, whole names are passed on as they are; a pattern
   * is refused unless the backup, or `includedNamespaces`, names each namespace.
   *
   * @default every namespace keeps its name
   */
  namespaceMapping?: Input<Record<string, Input<string>>>;
  /**
   * Storage class of the backup → the one to take in the target.
   *
   * @default every claim keeps its storage class
   */
  storageClassMapping?: Input<Record<string, Input<string>>>;
  /**
   * Gives claims the data that the backup holds of them. With `false` they may come back empty; else one that does is a
   * failure.
   *
   * @default Velero's, true
   */
  restorePVs?: Input<boolean>;
  /**
   * Whether services keep the node ports that were given to them automatically.
   *
   * @default false
   */
  preserveNodePorts?: Input<boolean>;
  /**
   * What becomes of an object that the target has already, and that differs: `none` leaves it (and Velero tells a
   * warning), `update` patches it. Nothing is ever deleted: a restore is no mirror. The labels and annotations of a
   * namespace that exists stay as they are under either: Velero makes namespaces, and changes none.
   *
   * @default `none`
   */
  existingResourcePolicy?: Input<"none" | "update">;
  /**
   * Kinds whose status is restored, too; `includedResources: ["*"]` is all of them.
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
   * Changes to objects on their way in: rules of Velero's resource modifiers, in a ConfigMap that this resource makes and removes.
   *
   * @default nothing is changed
   */
  resourceModifiers?: Input<Input<ResourceModifierArgs>[]>;
  /**
   * Commands and init containers for pods that are restored.
   *
   * @default those that pods name in their annotations
   */
  hooks?: Input<RestoreHooksArgs>;
  /**
   * Velero waits so long for what goes on by itself, such as moving data. A Go duration. Another one is for a Restore
   * that has not begun.
   *
   * @default Velero's, `4h`
   */
  itemOperationTimeout?: Input<string>;
  /**
   * Says how files of volumes are copied. Another one is for a Restore that has not begun.
   *
   * @default Velero's
   */
  uploaderConfig?: Input<{
    /**
     * Whether holes of sparse files are left out.
     *
     * @default false
     */
    writeSparseFiles?: Input<boolean>;
    /**
     * Files that are downloaded at a time.
     *
     * @default Velero's, by the node's cores
     */
    parallelFilesDownload?: Input<number>;
  }>;
  /**
   * A change of any of these values restores again. Nothing else of its own does.
   *
   * @default []
   */
  triggers?: Input<Input<string | number | boolean>[]>;
  /**
   * A restore that ended PartiallyFailed is good enough, and a PartiallyFailed backup good enough to restore.
   *
   * @default false
   */
  allowPartialFailure?: Input<boolean>;
  /**
   * How long an operation on this resource may wait.
   *
   * @default `30m` for each operation
   */
  timeouts?: TimeoutsArgs;
}

/** How it is proven that what was restored is what was backed up. */
export interface DrillArgs {
  /**
   * Compares what was restored with what the backup says, object by object, and fails with the differences: every field
   * of a captured object has to be in the live one. What only the live object has is no difference (defaults of a newer
   * API, labels of a webhook, entries that were merged in), nor is what Velero and controllers rewrite, such as the
   * source of a claim's data. Takes the program's own way to the store. Added to a restore that is done, it compares what
   * is there now, and restores nothing.
   *
   * @default false
   */
  verify?: Input<boolean>;
  /**
   * Proves a backup without touching what lives: restores every namespace under another name (`namespaceMapping` has to
   * map all of them), compares it with the backup, sees to it that the data of volumes came back, and cleans up. It fails
   * where nothing was restored, or where the data of any claim that the backup holds did not come back.
   *
   * Nothing of it runs or is reached: workloads are scaled to 0, Jobs and CronJobs suspended, Ingresses left out, Services
   * of type NodePort and LoadBalancer made ClusterIPs without node ports; finalizers are dropped, and hooks are not run.
   * Cluster-scoped objects and Velero's own namespace are left out, and so are custom resources, since controllers in the
   * target would act upon the copies: `includedResources: ["*"]` brings them in. A volume that would be the source's own
   * disk (`Retain`, and no data of it in the backup) is refused. Its namespaces are in no backup.
   *
   * Pods are left out, unless the data of a claim comes back only with one: a file copy, or a volume of a storage class
   * that waits for its first consumer (`WaitForFirstConsumer`). Then they are restored without labels and their own
   * containers: those that are needed hold the claim, the others are scheduled nowhere.
   *
   * With `keep` what it has restored stays until the next drill. `data: "objectsOnly"` accepts a drill that proves
   * objects alone, and restores no pods.
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
         * What the drill has restored stays until the next drill.
         *
         * @default false
         */
        keep?: Input<boolean>;
        /**
         * `proven`: the data of every claim that the backup holds has to
         * come back. `objectsOnly`: objects alone are proven.
         *
         * @default "proven"
         */
        data?: Input<"proven" | "objectsOnly">;
      }
  >;
}

/** A rule of Velero's resource modifiers (`velero restore create --resource-modifier-configmap`). */
export interface ResourceModifierArgs {
  /** The objects that the rule changes: all conditions have to hold. */
  conditions: Input<{
    /** A full name, or a glob over full names: `deployments.apps`, `*.apps`; `*` is every kind without a group, `**` every kind. */
    groupResource: Input<string>;
    /**
     * Go regular expression that the object's name matches in part: `^web-`.
     *
     * @default every name
     */
    resourceNameRegex?: Input<string>;
    /**
     * Of the backup.
     *
     * @default every namespace, and what is in none
     */
    namespaces?: Input<Input<string>[]>;
    /**
     * Labels that the object has.
     *
     * @default any labels
     */
    labelSelector?: Input<LabelSelectorArgs>;
    /**
     * Fields that the object has, each with its value.
     *
     * @default any fields
     */
    matches?: Input<
      Input<{
        /** JSON pointer of the field: `/spec/replicas`. */
        path: Input<string>;
        /**
         * Value of the field, written as that of a patch.
         *
         * @default the field is there with an empty value
         */
        value?: Input<string>;
      }>[]
    >;
  }>;
  /**
   * JSON patches. A rule has patches of one sort. What Velero would break on is refused in the preview.
   *
   * @default none
   */
  patches?: Input<
    Input<{
      /** JSON patch's operation (RFC 6902). */
      operation: Input<"add" | "remove" | "replace" | "move" | "copy" | "test">;
      /** JSON pointer of the field that is changed: `/spec/replicas`. */
      path: Input<string>;
      /**
       * JSON pointer of the field that is moved or copied. With `move` and `copy` only.
       *
       * @default none
       */
      from?: Input<string>;
      /**
       * The new value, with `add`, `replace` and `test`. Velero reads numbers, `true`, `false`, `null`, objects and lists
       * in it as such: `"3"` is a number, and `'"3"'` a text. Quotes, backslashes and line breaks within a text are
       * written as JSON has them: `say \"hi\"`.
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
