import { staticKeys } from "./static-keys.ts";
import type { AwsStorage, MinioStorage, StaticCredentials, StorageConfig } from "./storage-config.ts";
import { StoreError } from "./store-error.ts";

/** What a BackupStorageLocation and its Secret say, so that Velero's plugin finds the store that we mean. */
export interface PluginConfig {
  /** Of the BackupStorageLocation: the plugin for AWS serves every S3. */
  provider: "aws";
  bucket: string;
  /** Its `spec.config`; the plugin refuses keys that it does not know, and the server adds bucket, prefix and caCert. */
  config: Record<string, string>;
  /** PEM. */
  caCert?: string;
  /** The content of the Secret's key: a credential file with the one profile `[default]`. */
  credentialFile: string;
}

export function pluginConfig(storage: StorageConfig<string>): PluginConfig {
  if ("aws" in storage) return ofAws(storage.aws);
  if ("minio" in storage) return ofMinio(storage.minio);
  throw new Error(`unknown kind of storage: ${Object.keys(storage satisfies never).join(", ")}`);
}

function ofMinio({
  bucket,
  endpoint,
  region,
  caCertificate,
  credentials,
}: MinioStorage<string>): PluginConfig {
  return {
    provider: "aws",
    bucket,
    config: s3Compatible(endpoint, region, true),
    ...(caCertificate && { caCert: caCertificate }),
    credentialFile: credentialFile(credentials.static, "storage.minio.credentials.static"),
  };
}

function ofAws(storage: AwsStorage<string>): PluginConfig {
  const { bucket, endpoint, region, forcePathStyle, caCertificate, kmsKeyId, serverSideEncryption } = storage;
  const tagging = new URLSearchParams(storage.tagging).toString();
  return {
    provider: "aws",
    bucket,
    config: {
      ...(endpoint === undefined
        ? { ...(region && { region }), ...(forcePathStyle && { s3ForcePathStyle: "true" }) }
        : s3Compatible(endpoint, region, forcePathStyle ?? true)),
      ...(kmsKeyId && { kmsKeyId }),
      ...(serverSideEncryption && { serverSideEncryption }),
      ...(tagging && { tagging }),
    },
    ...(caCertificate && { caCert: caCertificate }),
    credentialFile: credentialFile(storage.credentials.static, "storage.aws.credentials.static"),
  };
}

function s3Compatible(endpoint: string, region = "us-east-1", pathStyle: boolean): Record<string, string> {
  return {
    region,
    s3Url: endpoint,
    ...(pathStyle && { s3ForcePathStyle: "true" }),
    // The plugin's default, CRC32 in a trailer, is refused by many stores (vmware-tanzu/velero#8203, #7543).
    checksumAlgorithm: "",
  };
}

function credentialFile(credentials: StaticCredentials<string>, property: string): string {
  const keys = staticKeys(credentials);
  const line = (name: string, field: keyof StaticCredentials<string>) => {
    const value = keys[field];
    if (!value) return [];
    if (!/[\r\n]/.test(value)) return [`${name} = ${value}`];
    throw new StoreError({
      code: "WrongCredentials",
      vendorCode: "BadSetting",
      property: `${property}.${field}`,
      what: "holds a line break, which no key does",
      todo: "Give the key alone, not the file that it stands in.",
    });
  };
  const lines = [
    "[default]",
    ...line("aws_access_key_id", "accessKeyId"),
    ...line("aws_secret_access_key", "secretAccessKey"),
    ...line("aws_session_token", "sessionToken"),
  ];
  return `${lines.join("\n")}\n`;
}
