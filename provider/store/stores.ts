import type { ObjectStore } from "./object-store.ts";
import { type StoreAccess, programAccess, type StoreDeclaration, asDeclared } from "./store-access.ts";
import type { Resolved } from "../core/secrets.ts";
import { openAws } from "./aws.ts";
import { openAzure } from "./azure.ts";
import { openGcp } from "./gcp.ts";
import { openMinio } from "./minio.ts";
import type { StorageConfig } from "./storage-config.ts";
import { StoreConnections } from "./store-connections.ts";

/** Opens the stores of a session. */
export interface Stores {
  /** The store by one of the ways to it; undefined where there is none. */
  open(way: StoreAccess): ObjectStore;
  open(way: StoreAccess | undefined): ObjectStore | undefined;
}

/** Opens the store with the program's own access. Returns undefined if the program has none. */
export const storeOf = (
  session: { stores: Stores },
  { storage, credentials, access, cluster }: Partial<StoreDeclaration> & { cluster: string },
): ObjectStore | undefined =>
  storage && session.stores.open(programAccess({ storage, credentials, access }, cluster));

/**
 * Opens the store of a location. It loads and connects to nothing before its first use. Messages name what the user
 * declared: `declaredAs` returns the user's name of a path below `storage`.
 */
export function openStore(
  config: Resolved<StorageConfig>,
  declaredAs = asDeclared,
  connections = new StoreConnections(),
): ObjectStore {
  if ("aws" in config) return openAws(config.aws, declaredAs, connections);
  if ("gcp" in config) return openGcp(config.gcp, declaredAs, connections);
  if ("minio" in config) return openMinio(config.minio, declaredAs, connections);
  if ("azure" in config) return openAzure(config.azure, declaredAs, connections);
  throw new Error(`unknown kind of storage: ${Object.keys(config satisfies never).join(", ")}`);
}
