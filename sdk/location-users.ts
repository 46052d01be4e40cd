/** Who uses a location: see {@link getLocationUsers}. */
export interface LocationUsers {
  /** What is in the clusters, cluster by cluster: one entry for each resource, and one for all that was made by hand. */
  users: LocationUser[];
  /** Who has claimed folders in the store, by the markers there: those of this location, and whoever lies beside them. */
  claims: LocationClaim[];
  /** What this list does not cover, and why: `cluster "dr": it is declared offline`. Empty where everybody was asked. */
  notAsked: string[];
}

/** One resource in one cluster. Of what was made by hand, with Velero's own tool, there is neither `owner` nor what follows from it. */
export interface LocationUser {
  /** Key of the cluster. */
  cluster: string;
  /** URN of the resource. */
  owner?: string;
  /** `ClusterBackup`, `WorkspaceBackup` or `Restore`. */
  kind?: string;
  /** What the resource is called in its program. */
  name?: string;
  /** Project of the resource. */
  project?: string;
  /** Stack of the resource. */
  stack?: string;
  /** Names of its Schedules that back up to the location. */
  schedules: string[];
  /**
   * Names of its Backups in the location. Velero brings back from the store what it finds there, so that a resource
   * which is gone may have some until they expire.
   */
  backups: string[];
  /** Names of its Restores of a backup in the location, or in one that the cluster reads. */
  restores: string[];
}

/** Who writes to a folder of the store: one cluster, ever. */
export interface LocationClaim {
  /** The folder, from the root of the bucket. */
  prefix: string;
  /** URN of the ClusterLocation: `primary-east` is the cluster "east" of the BackupLocation "primary". */
  owner: string;
  /** Type of the resource, `ClusterLocation`. */
  kind: string;
  /** Name of the resource in its program. */
  name: string;
  /** Project of the resource. */
  project: string;
  /** Stack of the resource. */
  stack: string;
  /** Key of the cluster there. */
  cluster: string;
  /** UID of its `kube-system` namespace. */
  clusterUid: string;
  /** When the location was destroyed; what it stored stayed. */
  released?: string;
}
