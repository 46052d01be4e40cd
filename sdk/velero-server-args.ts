import type { Input, Inputs } from "@pulumi/pulumi";
import type { ServerRightsArgs } from "./rbac/server.ts";

/** Which Velero is installed, and how. */
export interface VeleroServerArgs {
  /**
   * The stores that its locations use: each brings Velero's plugin for it, in the version that goes with the server's.
   * `minio` is every S3 that is not AWS's, and takes the same plugin as `aws`.
   */
  stores: readonly ServerStore[];
  /**
   * Namespace in which Velero runs. It is made where there is none, and never removed: it holds Velero's objects, of
   * other stacks, too. One that needs labels of its own (such as Pod Security's `privileged`, for the node agent) is a
   * `k8s.core.v1.Namespace` with `retainOnDelete`, whose name is given here.
   *
   * @default `velero`
   */
  namespace?: Input<string>;
  /**
   * Whether the namespace is made where there is none, which takes the right to make namespaces.
   *
   * @default true
   */
  createNamespace?: Input<boolean>;
  /**
   * Name of Helm's release. A second Velero in a cluster needs another one, in another namespace. Changing it installs
   * Velero anew, and what is stored and declared stays.
   *
   * @default `velero`
   */
  releaseName?: Input<string>;
  /**
   * Velero's version, as its image is tagged.
   *
   * @default `v1.18.3`, with which this library is tested
   */
  version?: Input<string>;
  /**
   * Where Velero's image comes from, without its tag: `registry.example.com/velero/velero`.
   *
   * @default Docker Hub's
   */
  image?: Input<string>;
  /**
   * The chart, where the default one is not what is wanted, or cannot be reached.
   *
   * @default Velero's own repository, in the version with which this library is tested
   */
  chart?: ServerChartArgs;
  /**
   * Plugins beside those of the stores or, under the same name, in place of them: another version, or a mirror's.
   *
   * @default those of the stores alone
   */
  plugins?: readonly PluginArgs[];
  /**
   * Who Velero is to the cloud, by its service account and without any key: for locations whose credentials are
   * `workloadIdentity`. `velero.iam` has the trust policy, roles and rights of the other side.
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
   * Snapshots of volumes by CSI (`volumes: "snapshot"` and `"moveData"`): Velero's feature `EnableCSI`. The cluster has
   * to have the snapshot controller with its CRDs: without them every backup ends with errors.
   *
   * @default false
   */
  csiSnapshots?: boolean;
  /**
   * What Velero's server asks for, and what it may take at most; all of it as it is given here, `{}` for no limits.
   *
   * @default that of `velero install`, half a CPU and 128Mi, at most one CPU and 512Mi
   */
  resources?: ServerResourcesArgs;
  /**
   * What Velero may do in the cluster. In its own namespace it may do everything, always.
   *
   * - `"clusterAdmin"`: everything, as Velero's own tool and chart have it. A restore of whatever there may be needs it.
   * - `{ … }`: reading, and what is said here. `{}` is enough for backups without hooks and snapshots.
   *
   * @default `"clusterAdmin"`
   * @example
   * ```ts
   * rights: { restores: [{ apiGroups: ["", "apps"], resources: ["*"] }] }
   * ```
   */
  rights?: "clusterAdmin" | Omit<ServerRightsArgs, "name" | "csiSnapshots">;
  /**
   * For how many seconds Helm waits until Velero is up.
   *
   * @default 300, Helm's own
   */
  timeout?: Input<number>;
  /**
   * Values of the chart, laid over those that this component makes: the last resort, for what has no option here
   * (tolerations, a proxy's environment, metrics). Objects are merged key by key, lists replaced.
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

/** A store for which Velero gets its plugin; the keys of a BackupLocation's `storage`. */
export type ServerStore = "aws" | "minio" | "gcp" | "azure";

/** Where Velero's chart comes from. */
export interface ServerChartArgs {
  /**
   * Version of the chart.
   *
   * @default `12.1.0`
   */
  version?: Input<string>;
  /**
   * URL of a chart repository that has it.
   *
   * @default `https://vmware-tanzu.github.io/helm-charts`
   */
  repository?: Input<string>;
  /**
   * In place of a repository: a chart's folder, its `.tgz`, or `oci://…`.
   *
   * @default a repository is used
   */
  path?: Input<string>;
}

/** A plugin of Velero's. */
export interface PluginArgs {
  /** Name of its container: `velero-plugin-for-aws`. */
  name: string;
  /** Its image with a tag: `registry.example.com/velero-plugin-for-aws:v1.14.3`. */
  image: Input<string>;
}

/** Who Velero is, cloud by cloud. */
export interface ServerIdentityArgs {
  /**
   * IRSA: the role that the service account assumes. EKS Pod Identity needs nothing here.
   *
   * @default none
   */
  aws?: {
    /** ARN of the role: `arn:aws:iam::123456789012:role/velero`. */
    roleArn: Input<string>;
  };
  /**
   * Workload Identity Federation for GKE: the Google service account as which Velero acts.
   *
   * @default none
   */
  gcp?: {
    /** The service account: `velero@project.iam.gserviceaccount.com`. */
    serviceAccountEmail: Input<string>;
  };
  /**
   * Microsoft Entra Workload ID: the managed identity or application, and its tenant where it is not the cluster's.
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
   * Its name, which trust policies name.
   *
   * @default `velero-server`
   */
  name?: Input<string>;
  /**
   * Annotations of the service account, beside those of `workloadIdentity`.
   *
   * @default {}
   */
  annotations?: Record<string, Input<string>>;
}

/** The node agent's pods. */
export interface NodeAgentArgs {
  /**
   * What a pod asks for, and what it may take at most.
   *
   * @default none, since it works on volumes of any size
   */
  resources?: ServerResourcesArgs;
  /**
   * Taints that do not keep it from a node: Kubernetes' tolerations.
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
   * Where kubelet keeps the pods' volumes.
   *
   * @default `/var/lib/kubelet/pods`
   */
  podVolumePath?: Input<string>;
}

/** Kubernetes' resource requests and limits. */
export interface ServerResourcesArgs {
  /**
   * What is reserved for the pod.
   *
   * @default nothing is reserved
   */
  requests?: QuantitiesArgs;
  /**
   * What the pod may take at most.
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
