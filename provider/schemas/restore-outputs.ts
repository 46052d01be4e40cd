import type { Owner } from "../core/identity.ts";
import type { RestorePhase } from "../velero/phases.ts";
import type { RestoreHealth, RestoreInputs } from "./restore.ts";

/** The result of a restore in one cluster. */
export interface RestorePart extends Partial<RestoreCounts> {
  /** Absent if the target was never reached. */
  clusterUid?: string | undefined;
  /** The backup that the first attempt chose. Newer backups do not change it. */
  backupName?: string | undefined;
  /** The ConfigMap with the modifier rules of the Restore. It is created before the Restore. */
  modifiersName?: string | undefined;
  restoreName?: string | undefined;
  phase?: RestorePhase | undefined;
  startTime?: string | undefined;
  completionTime?: string | undefined;
  warnings?: number | undefined;
  errors?: number | undefined;
  /** The number of objects that match the backup. */
  verified?: number | undefined;
  /** In a drill: the number of claims whose data came back. */
  volumesProven?: number | undefined;
  /** In a drill: the claims whose data did not come back, each with the reason. */
  volumesUnproven?: string[] | undefined;
  /** Namespaces of a drill that still exist. */
  drilled?: string[] | undefined;
  /** Objects that a drill created outside of its namespaces and could not remove: `PersistentVolume pvc-1`. */
  left?: string[] | undefined;
  /** True if the restore is accepted. It never starts again. */
  settled?: true | undefined;
  health: RestoreHealth;
  message?: string | undefined;
  unfinished?: string | undefined;
}

/** The numbers of objects, by what Velero did with them. */
export interface RestoreCounts {
  created: number;
  updated: number;
  /** Objects that existed and were equal. */
  skipped: number;
  /** Includes objects that existed, differed and were left unchanged. */
  failed: number;
}

/** The fields of a part that the resource has as well, if it restores into a single cluster. */
type SinglePart = Pick<
  RestorePart,
  | keyof RestoreCounts
  | "backupName"
  | "restoreName"
  | "startTime"
  | "completionTime"
  | "warnings"
  | "errors"
  | "verified"
  | "volumesProven"
  | "volumesUnproven"
  | "left"
  | "message"
  | "unfinished"
>;

export interface RestoreOutputs extends RestoreInputs, SinglePart {
  incarnation: string;
  formerOwners?: Owner[] | undefined;
  /** The parts, by the key of the cluster that was backed up. */
  byCluster: Record<string, RestorePart>;
  phase: RestorePhase;
}
