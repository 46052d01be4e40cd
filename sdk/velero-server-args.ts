import type { Input, Inputs } from "@pulumi/pulumi";
import type { ServerRightsArgs } from "./rbac/server.ts";

/** The version of Velero to install, and its settings. */
export interface VeleroServerArgs {
  /**
   * The stores that its locations use. For each one, Velero's plugin is installed, in the version for the server.
   * `minio` stands for every S3-compatible store, and uses the same plugin as `aws`.
   */
  stores: readonly ServerStore[];
  /**
   * Namespace in which Velero runs. It is created if it does not exist, and never removed: it holds Velero's objects,
   * including those of other stacks. A namespace that needs labels of its own (such as Pod Security's `privileged`, for
   * the node agent) is a `k8s.core.v1.Namespace` with `retainOnDelete`, whose name is given here.
   *
   * @default `velero`
   */
  namespace?: Input<string>;
  /**
   * If true, the namespace is created if it does not exist, which needs the permission to create namespaces.
   *
   * @default true
   */
  createNamespace?: Input<boolean>;
  /**
   * Name of Helm's release. A second Velero in a cluster needs another name, in another namespace. A change installs
   * Velero anew. Stored data and declared objects stay.
   *
   * @default `velero`
   */
  releaseName?: Input<string>;
  /**
   * Velero's version, as in the tag of its image.
   *
   * @default `v1.18.3`, the version that this library is tested with
   */
  version?: Input<string>;
  /**
   * Velero's image, without its tag: `registry.example.com/velero/velero`.
   *
   * @default Docker Hub's
   */
  image?: Input<string>;
  /**
   * The chart, if the default one is not wanted or cannot be reached.
   *
   * @default Velero's own repository, in the version that this library is tested with
   */
  chart?: ServerChartArgs;
  /**
   * Plugins in addition to those of the stores. A plugin with the same name replaces the store's: for another version,
   * or a mirror.
   *
   * @default only those of the stores
   */
  plugins?: readonly PluginArgs[];
  /**
   * Velero's identity in the cloud, through its service account and without a key: for locations with the credentials
   * `workloadIdentity`. `velero.iam` has the trust policy, roles and permissions for the cloud.
   *
   * @default none
   */
  workloadIdentity?: ServerIdentityArgs;
  /**
   * Velero's service account.
   *
   * @default `velero-server`, without annotations of its own
   */
  serviceAccount?: ServerAccountArgs;
  /**
   * The node agent, a DaemonSet that file copies (`volumes: "fileCopy"`) and moved snapshots (`"moveData"`) need. It
   * runs as root and mounts the volumes of its node's pods.
   *
   * @default false
   */
  nodeAgent?: boolean | NodeAgentArgs;
  /**
   * If true, volumes can be snapshotted through CSI (`volumes: "snapshot"` and `"moveData"`): Velero's feature
   * `EnableCSI`. The cluster has to have the snapshot controller with its CRDs: without them, every backup ends with
   * errors.
   *
   * @default false
   */
  csiSnapshots?: boolean;
  /**
   * Resource requests and limits of Velero's server. They replace the default completely. `{}` means no limits.
   *
   * @default those of `velero install`: half a CPU and 128Mi, at most one CPU and 512Mi
   */
  resources?: ServerResourcesArgs;
  /**
   * Permissions of Velero in the cluster. In its own namespace it may always do everything.
   *
   * - `"clusterAdmin"`: everything, as in Velero's own tool and chart. It is needed to restore objects of any kind.
   * - `{ … }`: reading, and what is given here. `{}` is enough for backups without hooks and snapshots.
   *
   * @default `"clusterAdmin"`
   * @example
   * ```ts
   * rights: { restores: [{ apiGroups: ["", "apps"], resources: ["*"] }] }
   * ```
   */
  rights?: "clusterAdmin" | Omit<ServerRightsArgs, "name" | "csiSnapshots">;
  /**
   * The number of seconds that Helm waits until Velero runs.
   *
   * @default 300, Helm's own
   */
  timeout?: Input<number>;
  /**
   * Values of the chart, which are merged over those of this component: the last resort for settings without an option
   * here (tolerations, a proxy's environment, metrics). Objects are merged key by key, lists are replaced.
   *
   * @default {}
   * @example
   * ```ts
   * values: {
   *   tolerations: [{ key: "system", operator: "Exists" }],
   *   configuration: { extraEnvVars: [{ name: "HTTPS_PROXY", value: "http://proxy.example.com:3128" }] },
   * }
   * ```
   */
  values?: Inputs;
}

/** A store for which Velero gets a plugin. The names are the keys of a BackupLocation's `storage`. */
export type ServerStore = "aws" | "minio" | "gcp" | "azure";

/** The source of Velero's chart. */
export interface ServerChartArgs {
  /**
   * Version of the chart.
   *
   * @default `12.1.0`
   */
  version?: Input<string>;
  /**
   * URL of a chart repository that has the chart.
   *
   * @default `https://vmware-tanzu.github.io/helm-charts`
   */
  repository?: Input<string>;
  /**
   * Path of a chart, instead of a repository: its folder, its `.tgz`, or `oci://…`.
   *
   * @default a repository is used
   */
  path?: Input<string>;
}

/** A plugin of Velero's. */
export interface PluginArgs {
  /** Name of the plugin's container: `velero-plugin-for-aws`. */
  name: string;
  /** Image of the plugin with a tag: `registry.example.com/velero-plugin-for-aws:v1.14.3`. */
  image: Input<string>;
}

/** Velero's identity, by cloud. */
export interface ServerIdentityArgs {
  /**
   * IRSA: the role that the service account assumes. EKS Pod Identity needs no setting here.
   *
   * @default none
   */
  aws?: {
    /** ARN of the role: `arn:aws:iam::123456789012:role/velero`. */
    roleArn: Input<string>;
  };
  /**
   * Workload Identity Federation for GKE: the Google service account that Velero acts as.
   *
   * @default none
   */
  gcp?: {
    /** The service account: `velero@project.iam.gserviceaccount.com`. */
    serviceAccountEmail: Input<string>;
  };
  /**
   * Microsoft Entra Workload ID: the managed identity or application, and its tenant if it is not the cluster's.
   *
   * @default none
   */
  azure?: {
    /** Client id of the managed identity or application. */
    clientId: Input<string>;
    /**
     * Id of the Entra tenant.
     *
     * @default the cluster's tenant
     */
    tenantId?: Input<string>;
  };
}

/** Velero's service account. */
export interface ServerAccountArgs {
  /**
   * Name of the service account. Trust policies name it.
   *
   * @default `velero-server`
   */
  name?: Input<string>;
  /**
   * Annotations of the service account, in addition to those of `workloadIdentity`.
   *
   * @default {}
   */
  annotations?: Record<string, Input<string>>;
}

/** The node agent's pods. */
export interface NodeAgentArgs {
  /**
   * Resource requests and limits of a pod.
   *
   * @default none, because it handles volumes of any size
   */
  resources?: ServerResourcesArgs;
  /**
   * Tolerations of the pods, for nodes with taints.
   *
   * @default []
   */
  tolerations?: Input<Inputs[]>;
  /**
   * Labels of the nodes on which it runs.
   *
   * @default all nodes
   */
  nodeSelector?: Record<string, Input<string>>;
  /**
   * Folder in which kubelet keeps the pods' volumes.
   *
   * @default `/var/lib/kubelet/pods`
   */
  podVolumePath?: Input<string>;
}

/** Kubernetes' resource requests and limits. */
export interface ServerResourcesArgs {
  /**
   * Resources that are reserved for the pod.
   *
   * @default nothing is reserved
   */
  requests?: QuantitiesArgs;
  /**
   * Maximum resources of the pod.
   *
   * @default no limits
   */
  limits?: QuantitiesArgs;
}

/** Quantities as Kubernetes writes them: `500m`, `512Mi`. */
export interface QuantitiesArgs {
  /**
   * Processor time: `500m` is half a core.
   *
   * @default none
   */
  cpu?: Input<string>;
  /**
   * Memory: `512Mi`.
   *
   * @default none
   */
  memory?: Input<string>;
  /**
   * Local disk: `1Gi`.
   *
   * @default none
   */
  "ephemeral-storage"?: Input<string>;
}
