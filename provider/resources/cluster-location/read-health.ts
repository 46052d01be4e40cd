import { wordsOf } from "../../errors.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { locations } from "../../kubernetes/resources.ts";
import type { Health } from "../../lifecycle/check.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { parseDuration } from "../../lifecycle/go-duration.ts";
import { freshest } from "../../lifecycle/process-memory.ts";
import { sharedList } from "../../lifecycle/shared-list.ts";
import { leavingLabel } from "../../velero/labels.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

interface Found {
  health: Health;
  phase?: string | undefined;
  message?: string | undefined;
  lastValidated?: string | undefined;
  lastSynced?: string | undefined;
}

/** Velero validates every minute unless it is told otherwise; one that has not for so long is probably dead (velero.md 10.11). */
const OLD_VALIDATION_MS = 10 * 60_000;

/** How the location is, with one list per cluster for all locations of this process, and no write. */
export async function readHealth(state: ClusterLocationOutputs): Promise<Found> {
  if (state.connection.offline) return { health: "Offline" };
  const { connection } = freshest(state.owner, state);
  try {
    const { client } = await openCluster(connection, clusterLabel(state.cluster), state.clusterUid);
    const all = await sharedList<BackupStorageLocation>(client, locations, state.namespace);
    return judge(state, all.get(state.locationName), new Date());
  } catch (error) {
    // What cannot be reached keeps its state: one dead cluster does not stop the refresh of thirty (DESIGN rule 5).
    return { health: "Unknown", message: wordsOf(error) };
  }
}

function judge(state: ClusterLocationOutputs, live: BackupStorageLocation | undefined, now: Date): Found {
  if (!live && state.clusterUid === undefined) return { health: "Unhealthy", message: state.unfinished };
  if (!live) {
    return {
      health: "Missing",
      message: `BackupStorageLocation ${state.namespace}/${state.locationName} is gone; up makes it again`,
    };
  }
  const { phase, message, lastValidationTime, lastSyncedTime } = live.status ?? {};
  const seen = { phase, lastValidated: lastValidationTime, lastSynced: lastSyncedTime };
  if (state.unfinished !== undefined) return { ...seen, health: "Unhealthy", message: state.unfinished };
  if (live.metadata.labels?.[leavingLabel] !== undefined) {
    return {
      ...seen,
      health: "Unhealthy",
      message: "a destroy that was not finished has left it to other stacks; up takes it back",
    };
  }
  if (phase !== "Available") return { ...seen, health: "Unhealthy", message };
  const doubt = doubtOf(live, state, now);
  if (doubt !== undefined) return { ...seen, health: "Unknown", message: doubt };
  if (state.default === true && live.spec.default !== true) {
    return {
      ...seen,
      health: "Unhealthy",
      message: "Velero's default location is another one now; up takes it back, or says who has it",
    };
  }
  return { ...seen, health: "Healthy", message: state.message };
}

/** Why a location that is called Available may have no Velero any more. */
export function doubtOf(
  { metadata, spec, status }: BackupStorageLocation,
  { cluster, namespace }: { cluster: string; namespace: string },
  now: Date,
): string | undefined {
  const { lastValidationTime } = status ?? {};
  const frequency = parseDuration(spec.validationFrequency ?? "") ?? 0;
  const age = now.getTime() - Date.parse(lastValidationTime ?? "");
  if (!(age > Math.max(OLD_VALIDATION_MS, 3 * frequency))) return undefined;
  return (
    `BackupStorageLocation ${namespace}/${metadata.name} in cluster "${cluster}" was not validated since ` +
    `${lastValidationTime}: is Velero's server still running?`
  );
}
