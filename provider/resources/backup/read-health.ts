import { wordsOf } from "../../errors.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups, locations, schedules } from "../../kubernetes/resources.ts";
import type { Health } from "../../lifecycle/check.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { mergePatch } from "../../lifecycle/ensure.ts";
import { freshest } from "../../lifecycle/process-memory.ts";
import { sharedList } from "../../lifecycle/shared-list.ts";
import { scheduleWhole } from "../../velero/manifests.ts";
import { complaintsOf, isExpired, stateOf } from "../../velero/phases.ts";
import type { Backup, BackupStorageLocation, Schedule } from "../../velero/types.ts";
import { missedRuns, parseCadence } from "../../lifecycle/cadence.ts";
import { doubtOf } from "../cluster-location/read-health.ts";
import { isScheduled } from "./inputs.ts";
import { isOurs } from "./our-backups.ts";
import { type ClusterBackupOutputs, outcomeOf } from "./outputs.ts";
import { desiredSchedule, nextRunOf } from "./scheduled.ts";

export type Found = Partial<ClusterBackupOutputs> & { health: Health };

/** How the backup is, from lists that all resources of this process share, and without a write. */
export async function readHealth(state: ClusterBackupOutputs): Promise<Found> {
  if (state.connection.offline) return { health: "Offline" };
  const { connection } = freshest(state.location.owner, state);
  try {
    const { client } = await openCluster(connection, clusterLabel(state.cluster), state.clusterUid);
    if (state.clusterUid === undefined) return { health: "Unhealthy", message: state.unfinished };
    const found = await (isScheduled(state) ? lookAtSchedule(client, state) : lookAtBackup(client, state));
    // A refresh clears Pulumi's own note of a failure; what was not finished stays unhealthy until an up finishes it.
    return state.unfinished !== undefined && found.health !== "Missing"
      ? { ...found, health: "Unhealthy", message: state.unfinished }
      : found;
  } catch (error) {
    return { health: "Unknown", message: wordsOf(error) };
  }
}

async function lookAtBackup(client: KubernetesClient, state: ClusterBackupOutputs): Promise<Found> {
  const all = await sharedList<Backup>(client, backups, state.location.namespace);
  return judgeOne(state, all.get(state.backupName ?? ""), new Date());
}

/** A backup that ended by its TTL has done its work: no drift. One that vanished before is drift. */
export function judgeOne(state: ClusterBackupOutputs, live: Backup | undefined, now: Date): Found {
  const name = `Backup ${state.location.namespace}/${state.backupName}`;
  if (!live && isExpired(state.expiration, now))
    return { health: "Healthy", phase: "Expired", message: undefined };
  if (!live) return { health: "Missing", message: `${name} is gone before its time; up takes another` };
  const seen = outcomeOf(live);
  switch (stateOf(live)) {
    case "completed":
      return { ...seen, health: "Healthy", message: undefined };
    case "partiallyFailed":
      return state.allowPartialFailure
        ? { ...seen, health: "Healthy", message: undefined }
        : { ...seen, health: "Unhealthy", message: `${name}: ${complaintsOf(live)}` };
    default:
      return { ...seen, health: "Unhealthy", message: `${name} is ${seen.phase}: ${complaintsOf(live)}` };
  }
}

async function lookAtSchedule(client: KubernetesClient, state: ClusterBackupOutputs): Promise<Found> {
  const { namespace } = state.location;
  const [all, taken] = await Promise.all([
    sharedList<Schedule>(client, schedules, namespace),
    sharedList<Backup>(client, backups, namespace),
  ]);
  const ours = [...taken.values()].filter((backup) => isOurs(backup, state));
  const found = judgeSchedule(state, all.get(state.scheduleName ?? ""), ours, new Date());
  if (found.health !== "Healthy") return found;
  // Another stack's location may be hidden from us.
  const places = await sharedList<BackupStorageLocation>(client, locations, namespace).catch(() => undefined);
  const place = places?.get(state.location.locationName);
  const doubt = place && doubtOf(place, { cluster: state.cluster, namespace }, new Date());
  return doubt === undefined ? found : { ...found, health: "Unknown", message: doubt };
}

/** A run may take that long before the next one's absence says anything. */
const GRACE_MS = 10 * 60_000;

export function judgeSchedule(
  state: ClusterBackupOutputs,
  live: Schedule | undefined,
  ours: readonly Backup[],
  now: Date,
): Found {
  const name = `Schedule ${state.location.namespace}/${state.scheduleName}`;
  if (!live) return { health: "Missing", message: `${name} is gone; up makes it again` };

  const newestFirst = ours.toSorted((a, b) => startOf(b).localeCompare(startOf(a)));
  const lastGood = newestFirst.find((backup) => isGood(backup, state));
  // One that is being deleted has run its time.
  const lastEnded = newestFirst.find((backup) => !["running", "deleting"].includes(stateOf(backup)));
  const seen = {
    phase: live.status?.phase,
    lastSuccessfulBackup: lastGood?.status?.completionTimestamp,
    nextRun: nextRunOf(state, now),
  };
  const unhealthy = (health: Health, message: string): Found => ({ ...seen, health, message });

  if (live.status?.phase === "FailedValidation") {
    return unhealthy(
      "Unhealthy",
      `${name} is refused by Velero: ${live.status.validationErrors?.join("; ")}`,
    );
  }
  if (mergePatch(live, desiredSchedule(state), scheduleWhole)) {
    return unhealthy("Unhealthy", `${name} was changed by someone else; up sets it right`);
  }
  if (lastEnded && !isGood(lastEnded, state)) {
    return unhealthy(
      "Unhealthy",
      `Backup ${lastEnded.metadata.name} is ${lastEnded.status?.phase}: ${complaintsOf(lastEnded)}`,
    );
  }
  if (state.paused) return { ...seen, health: "Paused", message: undefined };
  const cadence = parseCadence(state.schedule ?? "");
  // With a TTL shorter than the interval no backup is left; then Velero's own note of the last one has to do.
  const lastRun = lastGood?.status?.startTimestamp ?? live.status?.lastBackup;
  const since = latestOf(lastRun, state.changedAt, live.metadata.creationTimestamp);
  if (!("problem" in cadence) && missedRuns(cadence, since, now, GRACE_MS, 2) >= 2) {
    return unhealthy(
      "Stale",
      `${name} has made no good backup since ${since.toISOString()}: is Velero's server still running?`,
    );
  }
  return { ...seen, health: "Healthy", message: undefined };
}

const latestOf = (...times: (string | undefined)[]): Date =>
  new Date(Math.max(...times.map((time) => Date.parse(time ?? "") || 0)));

const startOf = ({ status, metadata }: Backup): string =>
  status?.startTimestamp ?? metadata.creationTimestamp ?? "";

const isGood = (backup: Backup, { allowPartialFailure }: ClusterBackupOutputs): boolean =>
  stateOf(backup) === "completed" || (stateOf(backup) === "partiallyFailed" && allowPartialFailure === true);
