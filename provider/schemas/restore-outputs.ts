import type { Owner } from "../core/identity.ts";
import type { RestorePhase } from "../velero/phases.ts";
import type { RestoreHealth, RestoreInputs } from "./restore.ts";

/** What became of a restore in one cluster. */
export interface RestorePart extends Partial<RestoreCounts> {
  /** Absent where the target was never reached. */
  clusterUid?: string | undefined;
  /** Pinned with the first try: whatever newer ones come, this is the one. */
  backupName?: string | undefined;
  /** The ConfigMap with the rules of the Restore, which is there before the Restore. */
  modifiersName?: string | undefined;
  restoreName?: string | undefined;
  phase?: RestorePhase | undefined;
  startTime?: string | undefined;
  completionTime?: string | undefined;
  warnings?: number | undefined;
  errors?: number | undefined;
  /** How many objects were found to be as the backup has them. */
  verified?: number | undefined;
  /** In a drill: the number of claims whose data came back. */
  volumesProven?: number | undefined;
  /** In a drill: the claims whose data did not come back, each with the reason. */
  volumesUnproven?: string[] | undefined;
  /** Namespaces of a drill that are still there. */
  drilled?: string[] | undefined;
  /** The objects that a drill has left outside of its namespaces, and could not remove: `PersistentVolume pvc-1`. */
  left?: string[] | undefined;
  /** It is done, and never begins again. */
  settled?: true | undefined;
  health: RestoreHealth;
  message?: string | undefined;
  unfinished?: string | undefined;
}

/** By what Velero did with each object. */
export interface RestoreCounts {
  created: number;
  updated: number;
  /** There already, and the same. */
  skipped: number;
  /** Also those that were there already, different, and left so. */
  failed: number;
}

export interface RestoreOutputs extends RestoreInputs, Partial<RestoreCounts> {
  incarnation: string;
  formerOwners?: Owner[] | undefined;
  /** By key of the cluster that was backed up. */
  byCluster: Record<string, RestorePart>;
  phase: RestorePhase;
  /** Of a single cluster. */
  backupName?: string | undefined;
  restoreName?: string | undefined;
  startTime?: string | undefined;
  completionTime?: string | undefined;
  warnings?: number | undefined;
  errors?: number | undefined;
  verified?: number | undefined;
  volumesProven?: number | undefined;
  volumesUnproven?: string[] | undefined;
  left?: string[] | undefined;
  message?: string | undefined;
  unfinished?: string | undefined;
}
