import type { Input } from "@pulumi/pulumi";
import type { LabelSelectionArgs, LabelSelectorArgs } from "./selection-args.ts";
import type { TimeoutsArgs } from "./timeouts-args.ts";

/** What of the backup is restored, and how. A field that is Velero's has Velero's name and meaning. */
export type RestoreOptionsArgs = LabelSelectionArgs & RestoreSelectionArgs & RestoreMannerArgs & DrillArgs;

/**
 * Selects the objects of a backup that are restored. Kinds are names as kubectl has them, without a version: `deployments.apps`, `Deployment`,
 * `deploy`; one that only the backup has by its full name. A name of no kind is refused, with the nearest one. Default: all
 * of it.
 */
export interface RestoreSelectionArgs {
  /** Namespaces of the backup, by the names that they have there. Default: all of them. */
  includedNamespaces?: Input<Input<string>[]>;
  excludedNamespaces?: Input<Input<string>[]>;
  /** Kinds, plural and with their group: `deployments.apps`. Default: all that can be restored; in a drill, Kubernetes' own. */
  includedResources?: Input<Input<string>[]>;
  excludedResources?: Input<Input<string>[]>;
  /** Cluster-scoped objects: all of them, none, or (unset) all in a restore of all namespaces, and else those that belong to what is restored. */
  includeClusterResources?: Input<boolean>;
}

/** How it is restored: under which names, over what is there, and with which changes. */
export interface RestoreMannerArgs {
  /**
   * Restores namespaces under other names: `{ shop: "shop-copy" }`. In both, `*` stands for the same part of a name:
   * `{ "*": "*-drill" }` maps every one. Of the entries that fit, a whole name counts before a pattern, and a long
   * pattern before a short one. What no entry fits keeps its name.
   *
   * An entry that fits nothing of what is restored is refused, in a preview where the backup is known; of a workspace, one
   * that fits in no cluster. Where the program has no way to the store, whole names are passed on as they are; a pattern
   * is refused unless the backup, or `includedNamespaces`, names each namespace.
   */
  namespaceMapping?: Input<Record<string, Input<string>>>;
  /** Storage class of the backup → the one to take in the target. */
  storageClassMapping?: Input<Record<string, Input<string>>>;
  /**
   * Gives claims the data that the backup holds of them. With `false` they may come back empty; else one that does
   * is a failure. Default: Velero's, true.
   */
  restorePVs?: Input<boolean>;
  /** Whether services keep the node ports that were given to them automatically. Default: false. */
  preserveNodePorts?: Input<boolean>;
  /**
   * What becomes of an object that the target has already, and that differs: `none` leaves it (and Velero tells a
   * warning), `update` patches it. Nothing is ever deleted: a restore is no mirror. The labels and annotations of a
   * namespace that exists stay as they are under either: Velero makes namespaces, and changes none.
   *
   * @default "none"
   */
  existingResourcePolicy?: Input<"none" | "update">;
  /** Kinds whose status is restored, too; `includedResources: ["*"]` is all of them. Default: none. */
  restoreStatus?: Input<{
    includedResources?: Input<Input<string>[]>;
    excludedResources?: Input<Input<string>[]>;
  }>;
  /** Changes to objects on their way in: rules of Velero's resource modifiers, in a ConfigMap that this resource makes and removes. */
  resourceModifiers?: Input<Input<ResourceModifierArgs>[]>;
  hooks?: Input<RestoreHooksArgs>;
  /**
   * Velero waits so long for what goes on by itself, such as moving data. A Go duration. Another one is for a Restore
   * that has not begun. Default: Velero's, `4h`.
   */
  itemOperationTimeout?: Input<string>;
  /** Says how files of volumes are copied. Another one is for a Restore that has not begun. */
  uploaderConfig?: Input<{
    /** Whether holes of sparse files are left out. */
    writeSparseFiles?: Input<boolean>;
    /** Files that are downloaded at a time. */
    parallelFilesDownload?: Input<number>;
  }>;
  /** A change of any of these values restores again. Nothing else of its own does. */
  triggers?: Input<Input<string | number | boolean>[]>;
  /** A restore that ended PartiallyFailed is good enough, and a PartiallyFailed backup good enough to restore. Default: false. */
  allowPartialFailure?: Input<boolean>;
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
  drill?: Input<boolean | { keep?: Input<boolean>; data?: Input<"proven" | "objectsOnly"> }>;
}

/** A rule of Velero's resource modifiers (`velero restore create --resource-modifier-configmap`). */
export interface ResourceModifierArgs {
  conditions: Input<{
    /** A full name, or a glob over full names: `deployments.apps`, `*.apps`; `*` is every kind without a group, `**` every kind. */
    groupResource: Input<string>;
    /** A regular expression of Go's over names, which needs not match the whole name: `^web-`. */
    resourceNameRegex?: Input<string>;
    /** Of the backup. */
    namespaces?: Input<Input<string>[]>;
    labelSelector?: Input<LabelSelectorArgs>;
    /** JSON pointers and the values that have to be there, written as those of `patches`. All have to match. */
    matches?: Input<Input<{ path: Input<string>; value?: Input<string> }>[]>;
  }>;
  /**
   * JSON patches. A `value` is text, and Velero reads numbers, `true`, `false`, `null`, objects and lists in it as such:
   * `"3"` is a number, and `'"3"'` a text. Quotes, backslashes and line breaks within a text are written as JSON has them:
   * `say \"hi\"`. What Velero would break on is refused in the preview. A rule has patches of one sort.
   */
  patches?: Input<
    Input<{
      operation: Input<"add" | "remove" | "replace" | "move" | "copy" | "test">;
      path: Input<string>;
      from?: Input<string>;
      value?: Input<string>;
    }>[]
  >;
  mergePatches?: Input<Input<{ patchData: Input<string> }>[]>;
  strategicPatches?: Input<Input<{ patchData: Input<string> }>[]>;
}

/** Hooks of a restore (Velero's Restore, `spec.hooks`). */
export interface RestoreHooksArgs {
  resources: Input<
    Input<{
      name: Input<string>;
      includedNamespaces?: Input<Input<string>[]>;
      excludedNamespaces?: Input<Input<string>[]>;
      /** Velero reads no kinds here: its hooks are for pods. Any other kind is refused. */
      includedResources?: Input<Input<string>[]>;
      excludedResources?: Input<Input<string>[]>;
      labelSelector?: Input<object>;
      postHooks?: Input<
        Input<{
          exec?: Input<{
            container?: Input<string>;
            command: Input<Input<string>[]>;
            onError?: Input<"Continue" | "Fail">;
            execTimeout?: Input<string>;
            waitTimeout?: Input<string>;
            waitForReady?: Input<boolean>;
          }>;
          init?: Input<{ initContainers?: Input<object[]>; timeout?: Input<string> }>;
        }>[]
      >;
    }>[]
  >;
}
