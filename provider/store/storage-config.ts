import type { Secret } from "../core/references.ts";

/** The declared store, with one key for its kind. `S` is `Secret` as declared, and `string` when resolved. */
export type StorageConfig<S = Secret> =
  | { aws: AwsStorage<S> }
  | { gcp: GcpStorage<S> }
  | { minio: MinioStorage<S> }
  | { azure: AzureStorage<S> };

/** Each kind of credentials of each kind of store. */
export type Credentials<S = Secret> = AwsCredentials<S> | GcpCredentials<S> | AzureCredentials<S>;

/** The program's own access to a store, if it differs from Velero's. `none`: the program has no access. */
export type Access<S = Secret> =
  | "none"
  | {
      credentials?: Credentials<S> | undefined;
      /** A profile of AWS's shared configuration. */
      profile?: string | undefined;
      endpoint?: string | undefined;
    };

/** A Secret in Velero's namespace that the user manages. Its `key` holds a complete credential file. */
export interface ExistingSecret {
  name: string;
  key: string;
}

/** The credentials that every kind of store accepts. */
type AnyCredentials = { existingSecret: ExistingSecret };

/** The fields that every kind of store has. */
export interface AnyStorage {
  prefix?: string | undefined;
  endpoint?: string | undefined;
  /** Keys of Velero's plugin that no other property sets. */
  config?: Record<string, string> | undefined;
}

export interface AwsStorage<S = Secret> extends AnyStorage {
  bucket: string;
  region?: string | undefined;
  /** The endpoint of an S3-compatible store. It implies `forcePathStyle` unless that is false. */
  endpoint?: string | undefined;
  /** The address of the store from outside of the clusters. Velero's signed URLs use it as well. */
  publicUrl?: string | undefined;
  forcePathStyle?: boolean | undefined;
  caCertificate?: S | undefined;
  kmsKeyId?: string | undefined;
  serverSideEncryption?: string | undefined;
  /** Empty: no checksum is sent. This is the default with an endpoint. */
  checksumAlgorithm?: ChecksumAlgorithm | undefined;
  tagging?: Record<string, string> | undefined;
  credentials: AwsCredentials<S>;
}

export type ChecksumAlgorithm = "" | "CRC32" | "CRC32C" | "SHA1" | "SHA256";

export type AwsCredentials<S = Secret> =
  | { static: StaticCredentials<S> }
  | { sts: StsCredentials<S> }
  | { workloadIdentity: { roleArn?: string | undefined } }
  /** The identity of the node or pod. Only the program can have a profile: see `Access`. */
  | { ambient: { profile?: string | undefined } }
  | AnyCredentials;

/** An S3 access key. */
export interface StaticCredentials<S = Secret> {
  accessKeyId: S;
  secretAccessKey: S;
  sessionToken?: S | undefined;
}

/** A role, and the identity that assumes it. */
export interface StsCredentials<S = Secret> {
  roleArn: string;
  externalId?: string | undefined;
  durationSeconds?: number | undefined;
  /** Default: AWS's own STS. With the endpoint of another store, that endpoint. */
  endpoint?: string | undefined;
  /** Default: the node's instance metadata. */
  source?: StsSource<S> | undefined;
}

export type StsSource<S = Secret> =
  | { static: StaticCredentials<S> }
  | { instanceMetadata: Record<string, never> }
  | { webIdentity: WebIdentity };

export interface WebIdentity {
  /** The role of the service account, if that role has no permissions on the bucket itself. */
  roleArn?: string | undefined;
  /** Default: the path that EKS uses. */
  tokenFile?: string | undefined;
}

export interface GcpStorage<S = Secret> extends AnyStorage {
  bucket: string;
  kmsKeyName?: string | undefined;
  credentials: GcpCredentials<S>;
}

type GcpCredentials<S = Secret> =
  /** The key as JSON, or as base64 of it. */
  | { serviceAccountKey: S }
  | { workloadIdentity: { serviceAccountEmail: string } }
  | { ambient: { serviceAccountEmail?: string | undefined } }
  | AnyCredentials;

export interface MinioStorage<S = Secret> extends AnyStorage {
  bucket: string;
  endpoint: string;
  /** The same as in AWS. */
  publicUrl?: string | undefined;
  /** @default "us-east-1" */
  region?: string | undefined;
  caCertificate?: S | undefined;
  credentials: MinioCredentials<S>;
}

type MinioCredentials<S = Secret> =
  | { static: StaticCredentials<S> }
  | { ambient: Record<string, never> }
  | AnyCredentials;

export interface AzureStorage<S = Secret> extends AnyStorage {
  storageAccount: string;
  container: string;
  resourceGroup?: string | undefined;
  subscriptionId?: string | undefined;
  /** @default "public" */
  cloud?: AzureCloud | undefined;
  /** The authority that issues tokens, instead of the cloud's own. */
  activeDirectoryAuthorityURI?: string | undefined;
  /** The block size of Velero's uploads. */
  blockSizeInBytes?: number | undefined;
  credentials: AzureCredentials<S>;
}

export type AzureCloud = "public" | "usgovernment" | "china";

type AzureCredentials<S = Secret> =
  | { servicePrincipal: ServicePrincipal<S> }
  | { storageAccountKey: S }
  | { workloadIdentity: { clientId?: string | undefined } }
  | { ambient: Record<string, never> }
  | AnyCredentials;

export interface ServicePrincipal<S = Secret> {
  tenantId: string;
  clientId: string;
  clientSecret: S;
}

/** Returns the keys without the line break that files and `echo` end with. With it, the keys would be refused. */
export function staticKeys(credentials: StaticCredentials<string>): StaticCredentials<string> {
  const sessionToken = credentials.sessionToken?.trim();
  return {
    accessKeyId: credentials.accessKeyId.trim(),
    secretAccessKey: credentials.secretAccessKey.trim(),
    ...(sessionToken && { sessionToken }),
  };
}

/**
 * Returns the region of the STS. Each region of AWS has one. If no region is declared, it is the first one of the
 * role's partition.
 */
export function roleRegion(roleArn: string, region: string | undefined): string {
  if (region !== undefined) return region;
  const partition = roleArn.split(":")[1] ?? "";
  return { "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1" }[partition] ?? "us-east-1";
}

/**
 * Returns the endpoint of the STS, or undefined for AWS's own. Stores like MinIO serve STS at the endpoint of their S3.
 */
export function roleEndpoint(
  sts: StsCredentials<string>,
  { endpoint }: AwsStorage<string>,
): string | undefined {
  if (sts.endpoint !== undefined) return sts.endpoint;
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  // A VPC, FIPS or dual-stack endpoint of S3 does not serve STS.
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname) ? undefined : endpoint;
}
