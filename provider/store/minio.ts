import type { Resolved } from "../core/secrets.ts";
import { openAws } from "./aws.ts";
import type { ObjectStore } from "./object-store.ts";
import type { MinioStorage } from "./storage-config.ts";
import { StoreConnections } from "./store-connections.ts";
import { StoreError } from "./store-error.ts";
import { asDeclared } from "./store-access.ts";

/**
 * Opens a MinIO server. For Velero it is a store of S3 with an endpoint, too: requests by path, no checksums
 * (`minioPlugin`). MinIO has no ambient identity that a program could use.
 */
export function openMinio(
  config: Resolved<MinioStorage>,
  declaredAs = asDeclared,
  connections = new StoreConnections(),
): ObjectStore {
  const { credentials, region = "us-east-1" } = config;
  const property = "storage.minio";
  if ("static" in credentials) {
    const asS3 = { ...config, region, credentials, forcePathStyle: true };
    // Objects in a tier of MinIO can be read through MinIO without restoring them first.
    return openAws(asS3, declaredAs, connections, { property, name: "minio", archives: [] });
  }
  throw new StoreError({
    code: "NoOwnCredentials",
    vendorCode: "BadSetting",
    property: declaredAs(`${property}.credentials`),
    what: "these credentials are in the cluster only, and the program has none of its own for a MinIO server",
    todo: 'Give it some: `access: { credentials: { static: … } }`; or let it stay away from the store: `access: "none"`.',
  });
}
