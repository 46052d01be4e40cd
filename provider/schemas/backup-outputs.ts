import type { Owner } from "../core/identity.ts";
import type { SentNamespaces } from "../velero/namespace-selection.ts";
import { type BackupPhase, backupPhaseOf } from "../velero/phases.ts";
import type { WrittenSpec } from "../velero/reads-alike.ts";
import type { Backup, SchedulePhase } from "../velero/types.ts";
import type { ClusterBackupInputs } from "./cluster-backup.ts";

/** A backup of one cluster as it is: a ClusterBackup's, or a WorkspaceBackup's part of it. */
export interface ClusterBackupOutputs extends ClusterBackupInputs, BackupOutcome {
  incarnation: string;
  /** The owners that this resource was before: stored backups keep the labels of their time. */
  formerOwners?: Owner[] | undefined;
  /** Absent where its cluster was never reached. */
  clusterUid?: string | undefined;
  scheduleName?: string | undefined;
  /** Completion of the newest completed backup of the schedule. */
  lastSuccessfulBackup?: string | undefined;
  /** The newest good one that was seen, to be missed when it goes before its time. */
  newestGood?: { name: string; started: string; expiration?: string | undefined } | undefined;
  nextRun?: string | undefined;
  /** When we last changed the Schedule: runs that it missed before, paused or on another cadence, are no matter. */
  changedAt?: string | undefined;
  /** What the declared namespaces come to; absent where nothing is declared. */
  resolvedNamespaces?: string[] | undefined;
  /** What Velero was told in place of declared patterns. */
  sentNamespaces?: SentNamespaces | undefined;
  /** `orderedResources` in Velero's own words. */
  sentOrder?: Record<string, string[]> | undefined;
  /** Fields of an adopted Schedule's template that no property says, as they were. */
  kept?: WrittenSpec | undefined;
  message?: string | undefined;
  /** A backup that was asked for now (`runNow`, `triggers`) and is not there yet. */
  runPending?: boolean | undefined;
  unfinished?: string | undefined;
}

/** The phase of a backup, which is `Expired` once its TTL is over, or of a schedule. */
export type ClusterBackupPhase = BackupPhase | SchedulePhase | "Expired";

/** What became of the backup that was last taken by an `up`; or the phase of a schedule that took none. */
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
  /** Its tarball when it was complete, to be known again. */
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

/** Enough to tell whether an object is still the one that it was. */
export interface StoredFile {
  size: number;
  etag: string;
}
