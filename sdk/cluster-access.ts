import type * as pulumi from "@pulumi/pulumi";
import type { Location, OnUnhealthy, Preflight } from "./cluster-location.ts";

/**
 * The part of a cluster's location that other resources need: coordinates from its outputs, connections from the
 * program.
 */
export interface ClusterAccess {
  owner: pulumi.Input<string>;
  /** The lineage of the ClusterLocation. */
  lineage: pulumi.Input<string>;
  /** The lineage of the objects that this program creates on the location. Default: the location's. */
  usersLineage?: pulumi.Input<string>;
  /** The lineage of a lost state of this program. */
  adoptLineage?: pulumi.Input<string> | undefined;
  locationName: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  storePrefix: pulumi.Input<string>;
  /** True for another stack's location whose owner has declared the cluster offline. */
  offline?: pulumi.Input<true | undefined>;
  /** The store of an offline cluster's backups, if it is not `storage`. */
  ownStorage?: pulumi.Inputs | undefined;
  /** The folder in that store. */
  ownPrefix?: pulumi.Input<string> | undefined;
  /** Names of the read-only locations, by the key of the cluster that they read. */
  readLocations?: pulumi.Input<Record<string, string> | undefined>;
  /** True if it is declared read-only: no backup is stored there. */
  readOnly?: pulumi.Input<true | undefined> | undefined;
  connection: pulumi.Inputs;
  storage: pulumi.Inputs | undefined;
  /** The cluster's own credentials, which replace those of the storage. */
  credentials: pulumi.Inputs | undefined;
  access: pulumi.Inputs | string | undefined;
  preflight: Preflight | undefined;
  onUnhealthy: OnUnhealthy | undefined;
}

/** The symbol is in the global registry, because a program may have two copies of this package. */
const ACCESS = Symbol.for("pulumi-velero.access");

/**
 * Stores the access in the cluster of a location as a hidden property, which neither an editor nor a loop over the keys
 * shows.
 */
export function hideAccess(cluster: object, access: ClusterAccess): void {
  Object.defineProperty(cluster, ACCESS, { value: access });
}

export function clusterAccess<K extends string>(location: Location<K>, cluster: K): ClusterAccess {
  const found = (location.clusters as Partial<Record<string, { [ACCESS]?: ClusterAccess }>>)[cluster];
  const access = found?.[ACCESS];
  if (access) return access;
  const known = Object.keys(location.clusters).join(", ");
  throw new Error(
    found
      ? `location: its cluster "${cluster}" was not made by a BackupLocation or by velero.locationFrom.`
      : `cluster: the location has no cluster "${cluster}"; it has: ${known}`,
  );
}

/** Returns the inputs that identify the owner of the objects that a resource creates on a location. */
export const ownershipOn = ({
  lineage,
  usersLineage = lineage,
  adoptLineage,
}: ClusterAccess): pulumi.Inputs => ({
  lineage: usersLineage,
  adoptLineage,
});

/** Returns the provider's reference to the location of a cluster. */
export const referenceTo = ({
  owner,
  lineage,
  locationName,
  namespace,
  storePrefix,
  offline,
}: ClusterAccess): pulumi.Inputs => ({ owner, lineage, locationName, namespace, storePrefix, offline });
