import { isUnknown, UNKNOWN } from "../lifecycle/unknown.ts";
import type { StorageConfig } from "./storage-config.ts";

/** What tells one store from another: changing any of it makes a new location. */
export function identityOf(storage: StorageConfig): Record<string, string> {
  if ("aws" in storage) return { provider: "aws", bucket: shared(storage).bucket };
  if ("gcp" in storage) return { provider: "gcp", bucket: shared(storage).bucket };
  if ("minio" in storage) return { provider: "minio", bucket: shared(storage).bucket };
  if ("azure" in storage) {
    const { storageAccount = UNKNOWN, container = UNKNOWN, cloud = "public" } = shared(storage);
    return { provider: "azure", storageAccount, container, cloud };
  }
  throw new Error(`unknown kind of storage: ${Object.keys(storage satisfies never).join(", ")}`);
}

/** Folder below which every cluster has its own; empty for the root of the bucket. */
export const prefixOf = (storage: StorageConfig): string => trimSlashes(shared(storage).prefix ?? "");

export const endpointOf = (storage: StorageConfig): string | undefined => shared(storage).endpoint;

/** Where the store is reached: from the clusters, and from outside of them. */
export const addressesOf = (storage: StorageConfig): (string | undefined)[] => [
  endpointOf(storage),
  shared(storage).publicUrl,
];

/** The same place under newer keys, where both are the same kind of store. */
export function withCredentialsOf(storage: StorageConfig, newer: StorageConfig): StorageConfig {
  const [kind, config] = Object.entries(storage)[0] as [string, object];
  const keys = (newer as Record<string, { credentials: unknown } | undefined>)[kind]?.credentials;
  return keys === undefined
    ? storage
    : ({ [kind]: { ...config, credentials: keys } } as unknown as StorageConfig);
}

export const trimSlashes = (path: string): string => path.replace(/^\/+|\/+$/g, "");

/** What every kind has, and of azure what stands for the bucket. */
interface Shared {
  bucket: string;
  storageAccount?: string;
  container?: string;
  cloud?: string;
  prefix?: string | undefined;
  endpoint?: string | undefined;
  publicUrl?: string | undefined;
}

function shared(storage: StorageConfig): Shared {
  const [store] = Object.values(storage) as [Shared];
  return isUnknown(store) ? { bucket: UNKNOWN, prefix: UNKNOWN, endpoint: UNKNOWN } : store;
}
