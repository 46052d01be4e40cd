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
   * `k8s.core.v1.Namespace` with `retainOnDelete`, whose name is given here. Default: `velero`.
   */
  namespace?: Input<string>;
  /** Whether the namespace is made where there is none, which takes the right to make namespaces. Default: true. */
  createNamespace?: Input<boolean>;
  /**
   * Name of Helm's release. A second Velero in a cluster needs another one, in another namespace. Changing it installs
   * Velero anew, and what is stored and declared stays. Default: `velero`.
   */
  releaseName?: Input<string>;
  /** Velero's version, as its image is tagged. Default: `v1.18.3`, with which this library is tested. */
  version?: Input<string>;
  /** Where Velero's image comes from, without its tag: `registry.example.com/velero/velero`. Default: Docker Hub's. */
  image?: Input<string>;
  /** The chart, where the default one is not what is wanted, or cannot be reached. */
  chart?: ServerChartArgs;
  /** Plugins beside those of the stores or, under the same name, in place of them: another version, or a mirror's. */
  plugins?: readonly PluginArgs[];
  /**
   * Who Velero is to the cloud, by its service account and without any key: for locations whose credentials are
   * `workloadIdentity`. `velero.iam` has the trust policy, roles and rights of the other side.
   */
  workloadIdentity?: ServerIdentityArgs;
  /** Velero's service account. */
  serviceAccount?: ServerAccountArgs;
  /**
   * The node agent, a DaemonSet that file copies (`volumes: "fileCopy"`) and moved snapshots (`"moveData"`) need. It
   * runs as root and mounts the volumes of its node's pods. Default: false.
   */
  nodeAgent?: boolean | NodeAgentArgs;
  /**
   * Snapshots of volumes by CSI (`volumes: "snapshot"` and `"moveData"`): Velero's feature `EnableCSI`. The cluster has
   * to have the snapshot controller with its CRDs: without them every backup ends with errors. Default: false.
   */
  csiSnapshots?: boolean;
  /**
   * What Velero's server asks for, and what it may take at most; all of it as it is given here, `{}` for no limits.
   * Default: that of `velero install`, half a CPU and 128Mi, at most one CPU and 512Mi.
   */
  resources?: ServerResourcesArgs;
  /**
   * What Velero may do in the cluster. In its own namespace it may do everything, always.
   *
   * - `"clusterAdmin"`: everything, as Velero's own tool and chart have it. A restore of whatever there may be needs it.
   * - `{ … }`: reading, and what is said here. `{}` is enough for backups without hooks and snapshots.
   *
   * Default: `"clusterAdmin"`.
   *
   * @example
   * ```ts
   * rights: { restores: [{ apiGroups: ["", "apps"], resources: ["*"] }] }
   * ```
   */
  rights?: "clusterAdmin" | Omit<ServerRightsArgs, "name" | "csiSnapshots">;
  /** For how many seconds Helm waits until Velero is up. Default: 300, Helm's own. */
  timeout?: Input<number>;
  /**
   * Values of the chart, laid over those that this component makes: the last resort, for what has no option here
   * (tolerations, a proxy's environment, metrics). Objects are merged key by key, lists replaced.
   *
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
  /** Version of the chart. Default: `12.1.0`. */
  version?: Input<string>;
  /** URL of a chart repository that has it. Default: `https://vmware-tanzu.github.io/helm-charts`. */
  repository?: Input<string>;
  /** In place of a repository: a chart's folder, its `.tgz`, or `oci://…`. */
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
  /** IRSA: the role that the service account assumes. EKS Pod Identity needs nothing here. */
  aws?: { roleArn: Input<string> };
  /** Workload Identity Federation for GKE: the Google service account as which Velero acts. */
  gcp?: { serviceAccountEmail: Input<string> };
  /** Microsoft Entra Workload ID: the managed identity or application, and its tenant where it is not the cluster's. */
  azure?: { clientId: Input<string>; tenantId?: Input<string> };
}

/** Velero's service account. */
export interface ServerAccountArgs {
  /** Its name, which trust policies name. Default: `velero-server`. */
  name?: Input<string>;
  annotations?: Record<string, Input<string>>;
}

/** The node agent's pods. */
export interface NodeAgentArgs {
  /** Default: none, since it works on volumes of any size. */
  resources?: ServerResourcesArgs;
  /** Taints that do not keep it from a node: Kubernetes' tolerations. */
  tolerations?: Input<Inputs[]>;
  /** Labels of the nodes on which it runs. Default: all nodes. */
  nodeSelector?: Record<string, Input<string>>;
  /** Where kubelet keeps the pods' volumes. Default: `/var/lib/kubelet/pods`. */
  podVolumePath?: Input<string>;
}

/** Kubernetes' resource requests and limits. */
export interface ServerResourcesArgs {
  requests?: QuantitiesArgs;
  limits?: QuantitiesArgs;
}

/** Quantities as Kubernetes writes them: `500m`, `512Mi`. */
export interface QuantitiesArgs {
  cpu?: Input<string>;
  memory?: Input<string>;
  /** `ephemeral-storage`. */
  "ephemeral-storage"?: Input<string>;
}
