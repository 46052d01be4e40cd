/**
 * How a backup is. What is expected stands among the resource's inputs: `Healthy`, `Paused` where that was declared,
 * `Offline` where its cluster was. A refresh finds what is, and anything else is drift: so
 * `pulumi refresh --preview-only --expect-no-changes` is a monitor of backups. The resource's `message` says why.
 *
 * - `Healthy`: the newest backup is good, is still there, and none is overdue. One that ended by its TTL has done its work.
 * - `Paused`: the schedule takes no backups, as declared.
 * - `Offline`: the cluster is declared offline, and is not asked.
 * - `Stale`: no good backup is younger than `maxAge`, or a run that was due did not take place. A schedule that names no
 *   time zone is due by the clock of Velero's server. Where several zones are possible for that, the run was due in each.
 * - `Failing`: the newest backup failed, or Velero refuses the schedule, or its location cannot be written to.
 * - `Suspect`: the newest backup ended well, but holds far less than those before it, or its file was changed since.
 * - `Missing`: the schedule, the backup or its data in the store is gone before its time.
 * - `Drifted`: someone has changed the schedule or its resource policy, or a new namespace matches.
 * - `Expiring`: the newest good backup ends before the next one is due.
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
