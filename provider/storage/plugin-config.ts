import { awsPlugin, minioPlugin } from "./plugin-aws.ts";
import { azurePlugin } from "./plugin-azure.ts";
import { gcpPlugin } from "./plugin-gcp.ts";
import type { AnyStorage, StorageConfig } from "./storage-config.ts";

/** What a BackupStorageLocation and its Secret say, so that Velero's plugin finds the store that we mean. */
export interface PluginConfig {
  /** Of the BackupStorageLocation: the plugin for AWS serves every S3. */
  provider: "aws" | "gcp" | "azure";
  bucket: string;
  /** Its `spec.config`; the plugin refuses keys that it does not know, and the server adds bucket, prefix and caCert. */
  config: Record<string, string>;
  /** PEM. */
  caCert?: string;
  /**
   * The content of the Secret's key. Without one the plugin uses a Secret that is there already (`existingSecret`), or
   * whatever identity Velero's server has.
   */
  credentialFile?: string;
}

/** `existingFile`: what the Secret that the user manages holds, where `credentials.existingSecret` names one. */
export function pluginConfig(storage: StorageConfig<string>, existingFile?: string): PluginConfig {
  const plugin = ofKind(storage, existingFile);
  return { ...plugin, config: { ...freeConfig(storage), ...plugin.config } };
}

/** Keys that no property says. */
const freeConfig = (storage: StorageConfig<string>): Record<string, string> | undefined =>
  (Object.values(storage) as AnyStorage[])[0]?.config;

function ofKind(storage: StorageConfig<string>, existingFile?: string): PluginConfig {
  if ("aws" in storage) return awsPlugin(storage.aws);
  if ("gcp" in storage) return gcpPlugin(storage.gcp, existingFile);
  if ("minio" in storage) return minioPlugin(storage.minio);
  if ("azure" in storage) return azurePlugin(storage.azure, existingFile);
  throw new Error(`unknown kind of storage: ${Object.keys(storage satisfies never).join(", ")}`);
}
