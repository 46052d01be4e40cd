import * as pulumi from "@pulumi/pulumi";
import { clusterAccess } from "./cluster-access.ts";
import type { Location } from "./cluster-location.ts";
import type { StorageArgs } from "./storage-args.ts";

/**
 * A reference to a location for another stack: plain values, no connection, no secret. Export it from the stack that
 * owns the location, and pass it to {@link locationFrom} in the other stack.
 */
export interface LocationHandle {
  /** Version of the handle's format. */
  version: 1;
  /** The store's coordinates, without credentials. */
  store: {
    /** Kind of store: the key of `storage`, such as `aws`. */
    kind: string;
    [coordinate: string]: unknown;
  };
  /** The location's clusters by key. */
  clusters: Record<string, ClusterHandle>;
}

/** A cluster of the location: the place of its backups, and the names in that cluster's Velero. */
export interface ClusterHandle {
  /** URN of the ClusterLocation. */
  owner: string;
  /** The lineage of the ClusterLocation. */
  lineage: string;
  /** Name of the BackupStorageLocation in the cluster. */
  locationName: string;
  /** Velero's namespace. */
  namespace: string;
  /** Folder in the bucket that the cluster backs up to. */
  storePrefix: string;
  /** True if its owner does not contact the cluster. */
  offline?: true;
  /** Names of the locations through which it reads other clusters' backups, by the keys of those clusters. */
  readLocations?: Record<string, string>;
  /** True if its owner only reads there. */
  readOnly?: true | undefined;
}

/** The properties of a store that are neither secret nor specific to the clusters. */
const COORDINATES = [
  "bucket",
  "storageAccount",
  "container",
  "cloud",
  "prefix",
  "region",
  "endpoint",
  "publicUrl",
  "forcePathStyle",
];

export function handleOf(storage: StorageArgs, location: Location): pulumi.Output<LocationHandle> {
  // The provider reports a missing storage, together with all other failures.
  const [kind = "", store = {}] = (Object.entries(storage ?? {})[0] ?? []) as [
    string?,
    Record<string, unknown>?,
  ];
  const coordinates = Object.fromEntries(Object.entries(store).filter(([key]) => COORDINATES.includes(key)));
  const handle: pulumi.Output<unknown> = pulumi.output<unknown>({
    version: 1,
    store: { kind, ...coordinates },
    clusters: Object.fromEntries(
      Object.keys(location.clusters).map((key) => {
        const { owner, lineage, locationName, namespace, storePrefix, connection, readOnly, readLocations } =
          clusterAccess(location, key);
        const handle = {
          owner,
          lineage,
          locationName,
          namespace,
          storePrefix,
          ...(connection["offline"] === true && { offline: true }),
          ...(readOnly !== undefined && { readOnly }),
          ...(readLocations !== undefined && { readLocations }),
        };
        return [key, handle];
      }),
    ),
  });
  return handle as pulumi.Output<LocationHandle>;
}
