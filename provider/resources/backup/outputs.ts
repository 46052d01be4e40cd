import type { Backup } from "../../velero/types.ts";
import type { ClusterBackupInputs } from "./inputs.ts";

export interface ClusterBackupOutputs extends ClusterBackupInputs, BackupOutcome {
  incarnation: string;
  /** URNs that the owner had before: stored backups keep the labels of their time. */
  formerOwners?: string[] | undefined;
  /** Absent where its cluster was never reached. */
  clusterUid?: string | undefined;
  scheduleName?: string | undefined;
  /** Completion of the newest completed backup of the schedule. */
  lastSuccessfulBackup?: string | undefined;
  nextRun?: string | undefined;
  /** When we last changed the Schedule: runs that it missed before, paused or on another cadence, are no matter. */
  changedAt?: string | undefined;
  message?: string | undefined;
  /** A backup that was asked for now (`runNow`, `triggers`) and is not there yet. */
  runPending?: true | undefined;
  unfinished?: string | undefined;
}

/** What became of the backup that was last taken by an `up`; or the phase of a schedule that took none. */
export interface BackupOutcome {
  phase?: string | undefined;
  backupName?: string | undefined;
  startTime?: string | undefined;
  completionTime?: string | undefined;
  expiration?: string | undefined;
  itemsBackedUp?: number | undefined;
  warnings?: number | undefined;
  errors?: number | undefined;
}

export function outcomeOf({ metadata, status = {} }: Backup): BackupOutcome {
  return {
    phase: status.phase ?? "New",
    backupName: metadata.name,
    startTime: status.startTimestamp,
    completionTime: status.completionTimestamp,
    expiration: status.expiration,
    itemsBackedUp: status.progress?.itemsBackedUp ?? 0,
    warnings: status.warnings ?? 0,
    errors: status.errors ?? 0,
  };
}

export const noOutcome: BackupOutcome = {
  backupName: undefined,
  startTime: undefined,
  completionTime: undefined,
  expiration: undefined,
  itemsBackedUp: undefined,
  warnings: undefined,
  errors: undefined,
};
