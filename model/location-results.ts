import type { ClusterLocationHealth, LocationHealth } from "./health.ts";
import type { LocationPhase } from "./phases.ts";
import { result } from "./result.ts";
import type { StoreFacts } from "./store-facts.ts";

/** The outputs of a BackupLocation. */
export const backupLocationResults = {
  /** Facts about the bucket, from the last up or refresh. */
  store: result<StoreFacts>(),
  /**
   * `Healthy`. After a refresh it is `Missing` if the bucket is gone, and `Unknown` if it could not be reached. Both
   * are drift.
   */
  health: result<LocationHealth>(),
  /** The reason why `health` is not `Healthy`. */
  message: result<string | undefined>(),
  /**
   * A random id of this stack's location. Together with the URN it identifies the owner of each object. It is created
   * once and kept in state.
   */
  lineage: result<string>(),
};

export type BackupLocationResults = typeof backupLocationResults;

/** The outputs of a ClusterLocation. */
export const clusterLocationResults = {
  /** Name of the BackupStorageLocation in the cluster. */
  locationName: result<string>(),
  /** Folder in the bucket that this cluster backs up to. */
  storePrefix: result<string>(),
  /** Names of the read-only locations, by the key of the cluster that they read. */
  readLocations: result<Record<string, string>>(),
  /**
   * `ReadWrite`, or `ReadOnly` if writing could destroy data at the prefix: `message` gives the reason. Undefined
   * before an up has reached the cluster.
   */
  accessMode: result<"ReadWrite" | "ReadOnly" | undefined>(),
  /**
   * Velero's phase of the location, from the last up or refresh. Undefined for a cluster that is offline, or was
   * skipped before it had one.
   */
  phase: result<LocationPhase | undefined>(),
  /** The reason why `health` or `accessMode` is not as usual, and the remedy. Undefined if there is none. */
  message: result<string | undefined>(),
  /** Time of Velero's last validation, from the last up or refresh: `2026-11-23T02:00:00Z`. */
  lastValidated: result<string | undefined>(),
  /** Time when Velero last read the backups in the store, from the last up or refresh: `2026-11-23T02:00:00Z`. */
  lastSynced: result<string | undefined>(),
  /** Velero's version, `v1.18.3`, when the location was last created or changed. Undefined if it is not known. */
  serverVersion: result<string | undefined>(),
  /**
   * The expected health, or the health that the last refresh found. Another value than the expected one is drift, which
   * the next up repairs or reports.
   */
  health: result<ClusterLocationHealth>(),
};

export type ClusterLocationResults = typeof clusterLocationResults;
