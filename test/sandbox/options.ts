export type VeleroPlugin = "aws" | "gcp";

export interface ClusterOptions {
  name: string;
  /** Without: a bare cluster that knows nothing of Velero. Default true. */
  velero?: boolean;
  /** Default both. */
  plugins?: VeleroPlugin[];
  /** Further flags of `velero server`; they win over the sandbox's. */
  veleroFlags?: string[];
  /**
   * Whether it has a node with a container runtime and CSI storage, where Velero and its node agent run as pods. Linux
   * and root only. Default false.
   */
  node?: boolean;
}

export interface SandboxOptions {
  /** Default `["east", "west"]`. */
  clusters?: (string | ClusterOptions)[];
  /** Whether fake-gcs-server runs too. */
  gcs?: boolean;
  /** Whether Azurite runs too. */
  azure?: boolean;
  /** Whether Pulumi's Kubernetes plugin is built, for programs with resources of `@pulumi/kubernetes`. */
  kubernetesPlugin?: boolean;
  signal?: AbortSignal;
}
