import { openAws } from "./aws.ts";
import { openAzure } from "./azure.ts";
import { openGcp } from "./gcp.ts";
import { openMinio } from "./minio.ts";
import type { ObjectStore } from "./object-store.ts";
import type { StorageConfig } from "./storage-config.ts";

/** The store that a location means. Loads nothing and connects to nothing before its first use. */
export function openStore(config: StorageConfig<string>): ObjectStore {
  if ("aws" in config) return openAws(config.aws);
  if ("gcp" in config) return openGcp(config.gcp);
  if ("minio" in config) return openMinio(config.minio);
  if ("azure" in config) return openAzure(config.azure);
  throw new Error(`unknown kind of storage: ${Object.keys(config satisfies never).join(", ")}`);
}
