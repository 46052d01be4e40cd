import type { SupervisorAddress } from "./supervisor/protocol.ts";

/** A running sandbox as plain JSON: what another process needs to use and control it. */
export interface SandboxDescription {
  dir: string;
  supervisor: SupervisorAddress;
  clusters: Record<string, ClusterDescription>;
  minio: MinioDescription;
  gcs?: GcsDescription;
  azure?: AzureDescription;
}

export interface ClusterDescription {
  name: string;
  /** `https://127.0.0.1:PORT`, or with a node `https://10.87.N.2:443` */
  server: string;
  /** A bearer token of a cluster administrator. */
  token: string;
  /** PEM. */
  certificateAuthority: string;
  /** The content of a kubeconfig file; its context has the cluster's name. */
  kubeconfig: string;
  kubeconfigPath: string;
  veleroNamespace: string;
  hasVelero: boolean;
  node?: NodeDescription;
}

/** The one node of a cluster. */
export interface NodeDescription {
  /** Its CSI driver's volumes and snapshots: each is a folder in `volumes` or `snapshots`, named by its handle. */
  storageDir: string;
  /** What containers of tests are made of: see `go/node/tool`. */
  image: string;
}

export interface MinioDescription {
  endpoint: string;
  accessKey: string;
  secretKey: string;
  region: string;
}

export interface AzureDescription {
  /** For clients: `http://127.0.0.1:PORT/<account>` */
  endpoint: string;
  account: string;
  key: string;
}

export interface GcsDescription {
  /** For clients: `http://127.0.0.1:PORT` */
  endpoint: string;
  /** For `config.storeEndpoint` of a BackupStorageLocation. */
  storeEndpoint: string;
  /** A service account's JSON whose tokens come from the sandbox itself. */
  serviceAccountKey: string;
  serviceAccountKeyPath: string;
}
