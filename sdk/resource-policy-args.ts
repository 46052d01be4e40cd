import type { Input } from "@pulumi/pulumi";
import type { LabelSelectorArgs } from "./label-selection-args.ts";

/** Velero's resource policies (`velero backup create --resource-policies-configmap`), without their version. */
export interface ResourcePolicyArgs {
  /**
   * The first whose conditions a volume meets says what becomes of it.
   *
   * @default none
   */
  volumePolicies?: Input<Input<VolumePolicyArgs>[]>;
  /**
   * Further resource filters (Velero 1.17); not together with the old ones.
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
     * Cluster-scoped kinds to leave out.
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
     * Namespaced kinds to leave out.
     *
     * @default none
     */
    excludedNamespaceScopedResources?: Input<Input<string>[]>;
  }>;
  /**
   * Filters for single namespaces (Velero 1.18.3); not together with the old ones.
   *
   * @default none
   */
  namespacedFilterPolicies?: Input<
    Input<{
      /** Namespaces to which the filters apply. */
      namespaces: Input<Input<string>[]>;
      /** The filters: an object that meets one of them is taken. */
      resourceFilters: Input<Input<ResourceFilterPolicyArgs>[]>;
    }>[]
  >;
  /**
   * Filters for cluster-scoped objects (Velero 1.18.3); not together with the old ones.
   *
   * @default none
   */
  clusterScopedFilterPolicy?: Input<{
    /** The filters: an object that meets one of them is taken. */
    resourceFilters: Input<Input<ResourceFilterPolicyArgs>[]>;
  }>;
}

/**
 * Resource policies that somebody else keeps in a ConfigMap. It has to be there, in Velero's namespace of each cluster
 * that is backed up, with exactly one key. This resource reads it, and never changes or removes it.
 */
export interface SharedResourcePolicyArgs {
  /** Name of the ConfigMap. */
  configMap: Input<string>;
}

/** What becomes of the volumes that meet the conditions: `skip`, `snapshot`, `fs-backup` (a file copy), or `custom` for a plugin. */
export interface VolumePolicyArgs {
  /** All of them have to be met. */
  conditions: Input<VolumeConditionsArgs>;
  /** What Velero does with such a volume. */
  action: Input<{
    /**
     * `skip`: nothing. `snapshot`: by the storage system. `fs-backup`: file by file. `custom`: what a plugin does.
     */
    type: Input<"skip" | "snapshot" | "fs-backup" | "custom">;
    /**
     * What the plugin of a `custom` action wants to know.
     *
     * @default none
     */
    parameters?: Input<Record<string, unknown>>;
  }>;
}

/** Which volumes: what is left out is no condition. */
export interface VolumeConditionsArgs {
  /**
   * A range with a comma: `10Gi,100Gi`, `,1Ti`, `5Gi,`.
   *
   * @default any size
   */
  capacity?: Input<string>;
  /**
   * Names of storage classes, of which the volume has one.
   *
   * @default any storage class
   */
  storageClass?: Input<Input<string>[]>;
  /**
   * Volumes of NFS, `{}` for all of them.
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
   * Volumes of a CSI driver, `{}` for those of all drivers.
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
     * Attribute of the volume → value. All have to be there.
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
   * Label of the claim → value. All have to be there.
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
   * `Filesystem` or `Block` (Velero 1.18.3).
   *
   * @default either mode
   */
  pvcVolumeMode?: Input<string>;
  /**
   * `ReadWriteOnce`, … (Velero 1.18.3).
   *
   * @default any access modes
   */
  pvcAccessModes?: Input<Input<string>[]>;
}

/** Objects of these kinds by their labels and names; names may be globs. */
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
   * Selectors of which objects have to match one.
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
   * Names of objects that are left out, or globs.
   *
   * @default none
   */
  excludedNames?: Input<Input<string>[]>;
}
