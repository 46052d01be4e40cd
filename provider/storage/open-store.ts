import { openAws } from "./aws.ts";
import { openMinio } from "./minio.ts";
import type { ObjectStore } from "./object-store.ts";
import type { StorageConfig } from "./storage-config.ts";

/** The store that a location means. Loads nothing and connects to nothing before its first use. */
export function openStore(config: StorageConfig<string>): ObjectStore {
  if ("aws" in config) return openAws(config.aws);
  if ("minio" in config) return openMinio(config.minio);
  throw new Error(`unknown kind of storage: ${Object.keys(config satisfies never).join(", ")}`);
}
