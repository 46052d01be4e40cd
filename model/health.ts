/**
 * The health of a backup. The expected value is one of the resource's inputs: `Healthy`, or `Paused` if that is
 * declared, or `Offline` if its cluster is. A refresh finds the actual value, and any other value is drift. So `pulumi
 * refresh --preview-only --expect-no-changes` monitors backups. The resource's `message` gives the reason.
 *
 * - `Healthy`: the newest backup is good and still exists, and no run is overdue. A backup that expired by its TTL
 *   counts as good.
 * - `Paused`: the schedule takes no backups, as declared.
 * - `Offline`: the cluster is declared offline, and is not contacted.
 * - `Stale`: no good backup is younger than `maxAge`, or a due run did not take place. A schedule that names no time
 *   zone is due by the clock of Velero's server. If several zones are possible for that, the run was due in each of
 *   them.
 * - `Failing`: the newest backup failed, or Velero refuses the schedule, or its location is not writable.
 * - `Suspect`: the newest backup completed, but holds far less than earlier ones, or its file was changed since.
 * - `Missing`: the schedule, the backup or its data in the store is gone before its time.
 * - `Drifted`: someone changed the schedule or its resource policy, or a new namespace matches.
 * - `Expiring`: the newest good backup expires before the next one is due.
 * - `Stuck`: a backup has been running, or being deleted, for longer than Velero's own limits allow.
 * - `Unhealthy`: an `up` was not finished, or skipped the cluster (`onUnhealthy`).
 * - `Unknown`: the cluster cannot be reached, or its Velero does not work.
 */
export type BackupHealth =
  | "Healthy"
  | "Paused"
  | "Offline"
  | "Stale"
  | "Failing"
  | "Suspect"
  | "Missing"
  | "Drifted"
  | "Expiring"
  | "Stuck"
  | "Unhealthy"
  | "Unknown";

/**
 * The health of a cluster's location. `Healthy` is expected, or `Offline` if that is declared. A refresh finds the
 * actual value, and any other value is drift. The resource's `message` gives the reason.
 *
 * - `Missing`: the BackupStorageLocation is gone, or one of `reads`, or a Secret that they name.
 * - `Drifted`: someone else changed one of them (access mode, place, config, keys, validation frequency) or created it
 *   anew, or the claim on the prefix is gone or belongs to another owner.
 * - `Unhealthy`: Velero calls one of them Unavailable, or has another default location, or an up was not finished.
 * - `Unknown`: the cluster cannot be reached, or its Velero has not validated the location for much longer than
 *   `validationFrequency`. If the location leaves the frequency to the server: no location there was validated or
 *   synced within ten minutes, and the server does not answer.
 *
 * Secrets that a refresh may not read, and a store that it cannot reach, count as unchanged.
 */
export type ClusterLocationHealth = "Healthy" | "Offline" | "Missing" | "Drifted" | "Unhealthy" | "Unknown";

/** The health of a store: `Missing` if its bucket is gone, `Unknown` if it could not be reached. */
export type LocationHealth = "Healthy" | "Missing" | "Unknown";

/** The health of a restore: `Unhealthy` if it failed or was not finished. */
export type RestoreHealth = "Healthy" | "Unhealthy";
