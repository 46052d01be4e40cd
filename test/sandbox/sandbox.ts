import type { ContainerClient } from "@azure/storage-blob";
import type { Client } from "minio";
import type {
  AzureDescription,
  ClusterDescription,
  GcsDescription,
  MinioDescription,
  NodeDescription,
  SandboxDescription,
} from "./description.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";
import type { StopSignal } from "./supervisor/protocol.ts";

/** The real stack, running on loopback: the same for the process that started it and for those that connected. */
export interface Sandbox {
  clusters: Record<string, SandboxCluster>;
  /** A cluster that is known to be there; its absence is an error that says which there are. */
  cluster(name: string): SandboxCluster;
  minio: SandboxMinio;
  gcs?: SandboxGcs;
  azure?: SandboxAzure;
  /** The folder of its data and logs; it goes with the sandbox. */
  dir: string;
  /** Plain JSON for `connectSandbox` in another process. */
  description: SandboxDescription;
  /** Ends everything. For one who merely connected: nothing, as it belongs to its owner. */
  stop(): Promise<void>;
}

/** One server of the sandbox. Its port and data stay the same over stop and start. */
export interface SandboxServer {
  logPath: string;
  /** Asked to end (and killed after five seconds), unless told otherwise. */
  stop(signal?: StopSignal): Promise<void>;
  /** Waits until it serves again. */
  start(): Promise<void>;
  restart(): Promise<void>;
}

export interface SandboxCluster extends Omit<ClusterDescription, "hasVelero" | "node"> {
  kubernetes: KubernetesClient;
  velero: SandboxServer;
  /** The API server: without it the cluster is dead to everybody. It is killed, not asked. */
  api: SandboxServer;
  /** Of a cluster with a node. */
  node?: SandboxNode;
}

export interface SandboxNode extends NodeDescription {
  /** Makes the CSI driver refuse all snapshots in these words, or none any more. */
  refuseSnapshots(words: string | undefined): Promise<void>;
}

export interface SandboxMinio extends MinioDescription, SandboxServer {
  /** MinIO's own client, as root unless other keys are given. */
  client(credentials?: MinioUser | TemporaryCredentials): Client;
  /** A bucket of one's own: `<prefix>-<random>`. Returns its name. */
  createBucket(prefix?: string): Promise<string>;
  /** The keys of all objects, sorted. */
  objectKeys(bucket: string, prefix?: string): Promise<string[]>;
  /** Keys with a session token from MinIO's STS; with an S3 policy they may do no more than it allows. */
  temporaryCredentials(policy?: object): Promise<TemporaryCredentials>;
  /** A user of MinIO's own who may do what that policy allows, and nothing else. */
  createUser(policy: object): Promise<MinioUser>;
}

export interface MinioUser {
  accessKey: string;
  secretKey: string;
}

export interface TemporaryCredentials extends MinioUser {
  sessionToken: string;
}

export interface SandboxGcs extends GcsDescription, SandboxServer {
  createBucket(prefix?: string): Promise<string>;
  objectKeys(bucket: string, prefix?: string): Promise<string[]>;
}

export interface SandboxAzure extends AzureDescription, SandboxServer {
  /** Azure's own client, with the account's key. */
  container(name: string): ContainerClient;
  createContainer(prefix?: string): Promise<string>;
  blobNames(container: string, prefix?: string): Promise<string[]>;
}
