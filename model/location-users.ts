/** The users of a location: see {@link getLocationUsers}. */
export interface LocationUsers {
  /**
   * The objects in the clusters, cluster by cluster: one entry for each resource, and one for all objects that were
   * made by hand.
   */
  users: LocationUser[];
  /**
   * The claims on folders in the store, by the markers there: those of this location, and of other locations beside
   * them.
   */
  claims: LocationClaim[];
  /**
   * The clusters and stores that this list does not cover, with the reason: `cluster "dr": it is declared offline`. Empty if everything was
   * asked.
   */
  notAsked: string[];
}

/**
 * One resource in one cluster. The entry for objects that were made by hand, with Velero's own tool, has neither
 * `owner` nor the fields that follow from it.
 */
export interface LocationUser {
  /** Key of the cluster. */
  cluster: string;
  /** URN of the resource. */
  owner?: string;
  /** The lineage of the resource's location. Stacks of the same name in two backends differ in it. */
  lineage?: string;
  /** `ClusterBackup`, `WorkspaceBackup` or `Restore`. */
  kind?: string;
  /** Name of the resource in its program. */
  name?: string;
  /** Project of the resource. */
  project?: string;
  /** Stack of the resource. */
  stack?: string;
  /** Names of its Schedules that back up to the location. */
  schedules: string[];
  /**
   * Names of its Backups in the location. Velero creates Backup objects for what it finds in the store. So a removed
   * resource may have some until they expire.
   */
  backups: string[];
  /** Names of its Restores of a backup in the location, or in one that the cluster reads. */
  restores: string[];
}

/** The claim of the one cluster that writes to a folder of the store. */
export interface LocationClaim {
  /** The folder, as a path from the root of the bucket. */
  prefix: string;
  /** URN of the ClusterLocation: `primary-east` is the cluster "east" of the BackupLocation "primary". */
  owner: string;
  /** The lineage of the location. Stacks of the same name in two backends differ in it. */
  lineage: string;
  /** Type of the resource, `ClusterLocation`. */
  kind: string;
  /** Name of the resource in its program. */
  name: string;
  /** Project of the resource. */
  project: string;
  /** Stack of the resource. */
  stack: string;
  /** Key of the cluster in that location. */
  cluster: string;
  /** UID of its `kube-system` namespace. */
  clusterUid: string;
  /** Time when the location was destroyed. Its stored data stayed. */
  released?: string;
}
