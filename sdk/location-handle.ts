import * as pulumi from "@pulumi/pulumi";
import { clusterAccess } from "./cluster-access.ts";
import type { Location } from "./cluster-location.ts";
import type { StorageArgs } from "./storage-args.ts";

/**
 * A location for another stack to refer to: plain values, no connection, no secret. Export it from the stack that
 * owns the location, and give it to {@link locationFrom} in the other.
 */
export interface LocationHandle {
  /** Version of the handle's form. */
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

/** A cluster of the location: where its backups are, and by which names Velero knows them there. */
export interface ClusterHandle {
  /** URN of the ClusterLocation. */
  owner: string;
  /** The lineage of the ClusterLocation. */
  lineage: string;
  /** Name of the BackupStorageLocation in the cluster. */
  locationName: string;
  /** Velero's namespace. */
  namespace: string;
  /** Folder in the bucket to which the cluster backs up. */
  storePrefix: string;
  /** Its owner does not contact the cluster. */
  offline?: true;
  /** By which locations it sees other clusters' backups, by their keys. */
  readLocations?: Record<string, string>;
  /** Its owner only reads there. */
  readOnly?: true | undefined;
}

/** Whatever of a store is neither a secret nor a matter of the clusters alone. */
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
  // A storage that is missing is for the provider to complain about, together with everything else.
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
