import type * as pulumi from "@pulumi/pulumi";
import type { Location, OnUnhealthy, Preflight } from "./cluster-location.ts";

/** What other resources need of a cluster's location: coordinates from its outputs, ways to it from the program. */
export interface ClusterAccess {
  owner: pulumi.Input<string>;
  /** The lineage of the ClusterLocation. */
  lineage: pulumi.Input<string>;
  /** The lineage of what this program hangs on the location. Default: the location's. */
  usersLineage?: pulumi.Input<string>;
  /** The lineage of a state of this program's that was lost. */
  adoptLineage?: pulumi.Input<string> | undefined;
  locationName: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  storePrefix: pulumi.Input<string>;
  /** Of another stack's: its owner has declared the cluster offline. */
  offline?: pulumi.Input<true | undefined>;
  /** Of an offline cluster: where its backups are, if not in `storage`. */
  ownStorage?: pulumi.Inputs | undefined;
  /** And in which folder of that. */
  ownPrefix?: pulumi.Input<string> | undefined;
  /** Names of the read-only locations, by the key of the cluster that they read. */
  readLocations?: pulumi.Input<Record<string, string> | undefined>;
  /** Declared so: no backup goes there. */
  readOnly?: pulumi.Input<true | undefined> | undefined;
  connection: pulumi.Inputs;
  storage: pulumi.Inputs | undefined;
  /** That cluster's own, in place of the storage's. */
  credentials: pulumi.Inputs | undefined;
  access: pulumi.Inputs | string | undefined;
  preflight: Preflight | undefined;
  onUnhealthy: OnUnhealthy | undefined;
}

/** The registry's symbol, since a program may hold two copies of this package. */
const ACCESS = Symbol.for("pulumi-velero.access");

/** Hides the access in the cluster of a location, where neither an editor nor a loop over its keys shows it. */
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

/** The part of a resource's inputs that says who owns what it makes on a location. */
export const ownershipOn = ({
  lineage,
  usersLineage = lineage,
  adoptLineage,
}: ClusterAccess): pulumi.Inputs => ({
  lineage: usersLineage,
  adoptLineage,
});

/** The location of a cluster as the provider refers to it. */
export const referenceTo = ({
  owner,
  lineage,
  locationName,
  namespace,
  storePrefix,
  offline,
}: ClusterAccess): pulumi.Inputs => ({ owner, lineage, locationName, namespace, storePrefix, offline });
