/**
 * A secret as the user gave it: its content, or a reference that is resolved in the provider at run time, so that
 * the value never enters state. `{ file }` is relative to the program's folder.
 */
export type Secret = string | { env: string } | { file: string };

/** Properties of `storage` and of connections that hold a secret, at any depth. */
export type SecretField = "accessKeyId" | "secretAccessKey" | "sessionToken" | "caCertificate" | "kubeconfig";

/** An S3 access key. `S` is `Secret` as declared, `string` once resolved. */
export interface StaticCredentials<S> {
  accessKeyId: S;
  secretAccessKey: S;
  sessionToken?: S | undefined;
}

/** The store as the program itself reaches it, one key telling its kind. */
export type StorageConfig<S = Secret> = { aws: AwsStorage<S> } | { minio: MinioStorage<S> };

export interface AwsStorage<S = Secret> {
  bucket: string;
  prefix?: string | undefined;
  region?: string | undefined;
  /** Any S3-compatible store; implies `forcePathStyle` unless that is false. */
  endpoint?: string | undefined;
  forcePathStyle?: boolean | undefined;
  caCertificate?: S | undefined;
  kmsKeyId?: string | undefined;
  serverSideEncryption?: string | undefined;
  tagging?: Record<string, string> | undefined;
  credentials: { static: StaticCredentials<S> };
}

export interface MinioStorage<S = Secret> {
  bucket: string;
  prefix?: string | undefined;
  endpoint: string;
  /** @default "us-east-1" */
  region?: string | undefined;
  caCertificate?: S | undefined;
  credentials: { static: StaticCredentials<S> };
}
