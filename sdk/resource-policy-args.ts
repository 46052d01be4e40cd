import type { Input } from "@pulumi/pulumi";
import type { LabelSelectorArgs } from "./label-selection-args.ts";

/** Velero's resource policies (`velero backup create --resource-policies-configmap`), without their version. */
export interface ResourcePolicyArgs {
  /**
   * Policies for volumes. The first policy whose conditions match a volume decides about it.
   *
   * @default none
   */
  volumePolicies?: Input<Input<VolumePolicyArgs>[]>;
  /**
   * Further resource filters (Velero 1.17). Not together with the old ones.
   *
   * @default none
   */
  includeExcludePolicy?: Input<{
    /**
     * Cluster-scoped kinds to back up.
     *
     * @default as without the policy
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
     * @default as without the policy
     */
    includedNamespaceScopedResources?: Input<Input<string>[]>;
    /**
     * Namespaced kinds to exclude.
     *
     * @default none
     */
    excludedNamespaceScopedResources?: Input<Input<string>[]>;
  }>;
  /**
   * Filters for single namespaces (Velero 1.18.3). Not together with the old ones.
   *
   * @default none
   */
  namespacedFilterPolicies?: Input<
    Input<{
      /** Namespaces that the filters apply to. */
      namespaces: Input<Input<string>[]>;
      /** The filters. An object that matches one of them is backed up. */
      resourceFilters: Input<Input<ResourceFilterPolicyArgs>[]>;
    }>[]
  >;
  /**
   * Filters for cluster-scoped objects (Velero 1.18.3). Not together with the old ones.
   *
   * @default none
   */
  clusterScopedFilterPolicy?: Input<{
    /** The filters. An object that matches one of them is backed up. */
    resourceFilters: Input<Input<ResourceFilterPolicyArgs>[]>;
  }>;
}

/**
 * Resource policies in a ConfigMap that somebody else owns. It has to exist in Velero's namespace of each cluster that
 * is backed up, with exactly one key. This resource reads it, and never changes or removes it.
 */
export interface SharedResourcePolicyArgs {
  /** Name of the ConfigMap. */
  configMap: Input<string>;
}

/**
 * The action of Velero on volumes that match the conditions: `skip`, `snapshot`, `fs-backup` (a file copy), or `custom`
 * for a plugin.
 */
export interface VolumePolicyArgs {
  /** The conditions. All of them have to match. */
  conditions: Input<VolumeConditionsArgs>;
  /** The action of Velero on such a volume. */
  action: Input<{
    /**
     * `skip`: the volume is not saved. `snapshot`: the storage system takes a snapshot. `fs-backup`: files are copied.
     * `custom`: a plugin saves it.
     */
    type: Input<"skip" | "snapshot" | "fs-backup" | "custom">;
    /**
     * Parameters for the plugin of a `custom` action.
     *
     * @default none
     */
    parameters?: Input<Record<string, unknown>>;
  }>;
}

/** Conditions for volumes. An omitted field is no condition. */
export interface VolumeConditionsArgs {
  /**
   * A range with a comma: `10Gi,100Gi`, `,1Ti`, `5Gi,`.
   *
   * @default any size
   */
  capacity?: Input<string>;
  /**
   * Names of storage classes. The volume has one of them.
   *
   * @default any storage class
   */
  storageClass?: Input<Input<string>[]>;
  /**
   * Volumes of NFS. `{}` matches all of them.
   *
   * @default volumes of any kind
   */
  nfs?: Input<{
    /**
     * Name or address of the NFS server.
     *
     * @default any server
     */
    server?: Input<string>;
    /**
     * Path that the server exports.
     *
     * @default any path
     */
    path?: Input<string>;
  }>;
  /**
   * Volumes of a CSI driver. `{}` matches those of all drivers.
   *
   * @default volumes of any kind
   */
  csi?: Input<{
    /**
     * Name of the driver: `ebs.csi.aws.com`.
     *
     * @default any driver
     */
    driver?: Input<string>;
    /**
     * Attributes of the volume with their values. All of them have to match.
     *
     * @default any attributes
     */
    volumeAttributes?: Input<Record<string, Input<string>>>;
  }>;
  /**
   * Kinds of volume sources: `emptyDir`, `hostPath`, `nfs`, …
   *
   * @default any source
   */
  volumeTypes?: Input<Input<string>[]>;
  /**
   * Labels of the claim with their values. All of them have to match.
   *
   * @default any labels
   */
  pvcLabels?: Input<Record<string, Input<string>>>;
  /**
   * Phases of the claim: `Bound`, `Pending`, `Lost` (Velero 1.18).
   *
   * @default any phase
   */
  pvcPhase?: Input<Input<string>[]>;
  /**
   * Volume mode: `Filesystem` or `Block` (Velero 1.18.3).
   *
   * @default either mode
   */
  pvcVolumeMode?: Input<string>;
  /**
   * Access modes: `ReadWriteOnce`, … (Velero 1.18.3).
   *
   * @default any access modes
   */
  pvcAccessModes?: Input<Input<string>[]>;
}

/** Selects objects of these kinds by their labels and names. Names may be globs. */
export interface ResourceFilterPolicyArgs {
  /**
   * Kinds of the objects.
   *
   * @default all kinds
   */
  kinds?: Input<Input<string>[]>;
  /**
   * The selector that objects have to match.
   *
   * @default every object
   */
  labelSelector?: Input<LabelSelectorArgs>;
  /**
   * Objects have to match at least one of these selectors.
   *
   * @default every object
   */
  orLabelSelectors?: Input<Input<LabelSelectorArgs>[]>;
  /**
   * Names of objects, or globs.
   *
   * @default every name
   */
  names?: Input<Input<string>[]>;
  /**
   * Names of objects to exclude, or globs.
   *
   * @default none
   */
  excludedNames?: Input<Input<string>[]>;
}
