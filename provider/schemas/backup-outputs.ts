import type { Owner } from "../core/identity.ts";
import type { SentNamespaces } from "../velero/namespace-selection.ts";
import { type BackupPhase, backupPhaseOf } from "../velero/phases.ts";
import type { WrittenSpec } from "../velero/reads-alike.ts";
import type { Backup, SchedulePhase } from "../velero/types.ts";
import type { ClusterBackupInputs } from "./cluster-backup.ts";

/** The outputs for a backup of one cluster: a ClusterBackup, or one cluster's part of a WorkspaceBackup. */
export interface ClusterBackupOutputs extends ClusterBackupInputs, BackupOutcome {
  incarnation: string;
  /** The earlier owners of this resource. Stored backups keep the labels of the time at which they were made. */
  formerOwners?: Owner[] | undefined;
  /** Absent if the cluster was never reached. */
  clusterUid?: string | undefined;
  scheduleName?: string | undefined;
  /** The completion time of the schedule's newest completed backup. */
  lastSuccessfulBackup?: string | undefined;
  /** The newest good backup that was seen. If it is gone before it expires, the health says so. */
  newestGood?: { name: string; started: string; expiration?: string | undefined } | undefined;
  nextRun?: string | undefined;
  /**
   * The time at which we last changed the Schedule. Runs that it missed before then do not count: it may have been
   * paused, or had another cadence.
   */
  changedAt?: string | undefined;
  /** The namespaces that the declared entries match. Absent if no entry is declared. */
  resolvedNamespaces?: string[] | undefined;
  /** The names that were sent to Velero instead of declared patterns. */
  sentNamespaces?: SentNamespaces | undefined;
  /** `orderedResources` with the kinds named as Velero looks them up. */
  sentOrder?: Record<string, string[]> | undefined;
  /** Fields of an adopted Schedule's template that no property declares. */
  kept?: WrittenSpec | undefined;
  message?: string | undefined;
  /** True if a backup was requested (`runNow`, `triggers`) and does not exist yet. */
  runPending?: boolean | undefined;
  unfinished?: string | undefined;
}

/** The phase of a backup, or of a schedule. A backup is `Expired` when its TTL is over. */
export type ClusterBackupPhase = BackupPhase | SchedulePhase | "Expired";

/** The result of the last backup that an `up` took, or the phase of a schedule that took none. */
export interface BackupOutcome {
  phase?: ClusterBackupPhase | undefined;
  backupName?: string | undefined;
  startTime?: string | undefined;
  completionTime?: string | undefined;
  expiration?: string | undefined;
  itemsBackedUp?: number | undefined;
  warnings?: number | undefined;
  errors?: number | undefined;
  volumesBackedUp?: number | undefined;
  /** The backup's tarball at the time of completion. It shows later whether the file is still the same. */
  stored?: StoredFile | undefined;
}

export function outcomeOf({ metadata, status = {} }: Backup): BackupOutcome {
  return {
    phase: backupPhaseOf({ status }),
    backupName: metadata.name,
    startTime: status.startTimestamp,
    completionTime: status.completionTimestamp,
    expiration: status.expiration,
    itemsBackedUp: status.progress?.itemsBackedUp ?? 0,
    warnings: status.warnings ?? 0,
    errors: status.errors ?? 0,
  };
}

/** Identifies the version of a stored object. */
export interface StoredFile {
  size: number;
  etag: string;
}
