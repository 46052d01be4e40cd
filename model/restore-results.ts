import type { RestoreHealth } from "./health.ts";
import type { RestorePhase } from "./phases.ts";
import { result } from "./result.ts";

/** The outputs of a restore in one cluster. */
const clusterResults = {
  /** Name of the backup that was restored. */
  backupName: result<string | undefined>(),
  /** Name of the Restore object. */
  restoreName: result<string | undefined>(),
  /** The time when the restore began: `2026-11-23T02:00:00Z`. */
  startTime: result<string | undefined>(),
  /** The time when the restore ended: `2026-11-23T02:00:00Z`. */
  completionTime: result<string | undefined>(),
  /** Number of objects that were created. */
  created: result<number | undefined>(),
  /** Number of objects that existed and were patched. */
  updated: result<number | undefined>(),
  /** Number of objects that existed and were equal. */
  skipped: result<number | undefined>(),
  /** Number of objects that could not be restored, including those that existed, differed and were left unchanged. */
  failed: result<number | undefined>(),
  /** Number of warnings in Velero's log of the restore. */
  warnings: result<number | undefined>(),
  /** Number of errors in Velero's log of the restore. */
  errors: result<number | undefined>(),
  /** With `verify` or `drill`: number of objects that match the backup. */
  verified: result<number | undefined>(),
  /** With `drill`: number of claims whose data came back. */
  volumesProven: result<number | undefined>(),
  /**
   * With `drill`: the claims whose data did not come back, each with the reason. It lists at most ten, and the number
   * of further ones.
   */
  volumesUnproven: result<string[] | undefined>(),
  /**
   * With `drill`: objects that it created outside of its namespaces and could not remove, such as `PersistentVolume
   * pvc-1`.
   */
  left: result<string[] | undefined>(),
  /** The reason why it is `Unhealthy`, and the remedy. */
  message: result<string | undefined>(),
};

/** The result of a Restore in one cluster. */
export interface RestorePart extends Partial<typeof clusterResults> {
  /** Velero's phase of the Restore object. */
  phase?: RestorePhase;
  /** Namespaces of the drill that still exist. */
  drilled?: string[];
  /** `Unhealthy` if the restore failed or was not finished. */
  health: RestoreHealth;
}

/** The outputs of a Restore. */
export const restoreResults = {
  /**
   * Velero's phase. For several clusters it is `Completed` if all are, `PartiallyFailed` if some are or ended so,
   * `Failed` if none is.
   */
  phase: result<RestorePhase>(),
  ...clusterResults,
  /** The result for each cluster that was backed up, by its key. */
  byCluster: result<Record<string, RestorePart>>(),
  /** In previews: what the restore would do, in numbers. */
  plan: result<RestorePlan | undefined>(),
  /** `Healthy`, or `Unhealthy` if it failed or was not finished. */
  health: result<RestoreHealth>(),
};

export type RestoreResults = typeof restoreResults;

/** The effects of a restore, in numbers of objects. */
export interface RestorePlan {
  /** Number of objects that would be created. */
  create: number;
  /** Number of objects that exist and are left unchanged. */
  exists: number;
  /** Number of objects that exist, differ, and would be patched (`existingResourcePolicy: "update"`). */
  update: number;
  /** Number of objects that are not restored, such as volumes whose data the target's storage creates anew. */
  notRestorable: number;
  /** Kinds that the target does not serve. */
  missingKinds: string[];
}
