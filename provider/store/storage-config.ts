import type { Secret } from "../core/references.ts";

/** The store as it was declared, one key telling its kind. `S` is `Secret` as declared, `string` once resolved. */
export type StorageConfig<S = Secret> =
  | { aws: AwsStorage<S> }
  | { gcp: GcpStorage<S> }
  | { minio: MinioStorage<S> }
  | { azure: AzureStorage<S> };

/** Each kind of credentials of each kind of store. */
export type Credentials<S = Secret> = AwsCredentials<S> | GcpCredentials<S> | AzureCredentials<S>;

/** How the program itself comes to a store, where that is not how Velero does; `none`: it does not. */
export type Access<S = Secret> =
  | "none"
  | {
      credentials?: Credentials<S> | undefined;
      /** Of AWS's shared configuration. */
      profile?: string | undefined;
      endpoint?: string | undefined;
    };

/** A Secret in Velero's namespace that the user manages: under `key` it holds a whole credential file. */
export interface ExistingSecret {
  name: string;
  key: string;
}

/** What every kind of store takes. */
type AnyCredentials = { existingSecret: ExistingSecret };

/** Fields without which no kind of store is. */
export interface AnyStorage {
  prefix?: string | undefined;
  endpoint?: string | undefined;
  /** Keys of Velero's plugin that no other property says. */
  config?: Record<string, string> | undefined;
}

export interface AwsStorage<S = Secret> extends AnyStorage {
  bucket: string;
  region?: string | undefined;
  /** Any S3-compatible store; implies `forcePathStyle` unless that is false. */
  endpoint?: string | undefined;
  /** Where the store is reached from outside of the clusters; Velero's signed URLs lead there, too. */
  publicUrl?: string | undefined;
  forcePathStyle?: boolean | undefined;
  caCertificate?: S | undefined;
  kmsKeyId?: string | undefined;
  serverSideEncryption?: string | undefined;
  /** Empty: none is sent, which is the default with an endpoint. */
  checksumAlgorithm?: ChecksumAlgorithm | undefined;
  tagging?: Record<string, string> | undefined;
  credentials: AwsCredentials<S>;
}

export type ChecksumAlgorithm = "" | "CRC32" | "CRC32C" | "SHA1" | "SHA256";

export type AwsCredentials<S = Secret> =
  | { static: StaticCredentials<S> }
  | { sts: StsCredentials<S> }
  | { workloadIdentity: { roleArn?: string | undefined } }
  /** What the node or pod has. A profile is the program's alone: see `Access`. */
  | { ambient: { profile?: string | undefined } }
  | AnyCredentials;

/** An S3 access key. */
export interface StaticCredentials<S = Secret> {
  accessKeyId: S;
  secretAccessKey: S;
  sessionToken?: S | undefined;
}

/** A role, and who assumes it. */
export interface StsCredentials<S = Secret> {
  roleArn: string;
  externalId?: string | undefined;
  durationSeconds?: number | undefined;
  /** Default: AWS's own; with another store's endpoint, that. */
  endpoint?: string | undefined;
  /** Default: the node's instance metadata. */
  source?: StsSource<S> | undefined;
}

export type StsSource<S = Secret> =
  | { static: StaticCredentials<S> }
  | { instanceMetadata: Record<string, never> }
  | { webIdentity: WebIdentity };

export interface WebIdentity {
  /** The role that the service account has, where that is not yet the one with rights on the bucket. */
  roleArn?: string | undefined;
  /** Default: where EKS puts it. */
  tokenFile?: string | undefined;
}

export interface GcpStorage<S = Secret> extends AnyStorage {
  bucket: string;
  kmsKeyName?: string | undefined;
  credentials: GcpCredentials<S>;
}

export type GcpCredentials<S = Secret> =
  /** JSON, or base64 of it. */
  | { serviceAccountKey: S }
  | { workloadIdentity: { serviceAccountEmail: string } }
  | { ambient: { serviceAccountEmail?: string | undefined } }
  | AnyCredentials;

export interface MinioStorage<S = Secret> extends AnyStorage {
  bucket: string;
  endpoint: string;
  /** As in AWS. */
  publicUrl?: string | undefined;
  /** @default "us-east-1" */
  region?: string | undefined;
  caCertificate?: S | undefined;
  credentials: MinioCredentials<S>;
}

export type MinioCredentials<S = Secret> =
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
  /** Where tokens come from, in place of the cloud's own. */
  activeDirectoryAuthorityURI?: string | undefined;
  /** Of Velero's uploads. */
  blockSizeInBytes?: number | undefined;
  credentials: AzureCredentials<S>;
}

export type AzureCloud = "public" | "usgovernment" | "china";

export type AzureCredentials<S = Secret> =
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

/** The keys without the line break that files and `echo` end with, which would pass for a wrong key. */
export function staticKeys(credentials: StaticCredentials<string>): StaticCredentials<string> {
  const sessionToken = credentials.sessionToken?.trim();
  return {
    accessKeyId: credentials.accessKeyId.trim(),
    secretAccessKey: credentials.secretAccessKey.trim(),
    ...(sessionToken && { sessionToken }),
  };
}

/** AWS has one STS in each region; where none is declared, the first one of the partition that the role is in. */
export function roleRegion(roleArn: string, region: string | undefined): string {
  if (region !== undefined) return region;
  const partition = roleArn.split(":")[1] ?? "";
  return { "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1" }[partition] ?? "us-east-1";
}

/** Where roles are assumed, or undefined for AWS's own. Stores like MinIO serve STS at the endpoint of their S3. */
export function roleEndpoint(
  sts: StsCredentials<string>,
  { endpoint }: AwsStorage<string>,
): string | undefined {
  if (sts.endpoint !== undefined) return sts.endpoint;
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  // A VPC endpoint, FIPS or dual stack of S3: STS is not there.
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname) ? undefined : endpoint;
}
