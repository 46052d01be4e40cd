import { wordsOf } from "../../core/errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { sharedList } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import {
  backups,
  deleteBackupRequests,
  type KubernetesObject,
  locations,
  namespaces,
  schedules,
} from "../../kubernetes/resources.ts";
import { judgeSchedule } from "../../rules/judge-schedule.ts";
import { type BackupFindings, judgeSingle, sharedFiles, type StoredFiles } from "../../rules/judge-single.ts";
import { namespaceDrift } from "../../rules/namespaces.ts";
import { resourcePolicyDrift } from "../../rules/resource-policy.ts";
import { lookAtZones } from "../../rules/time-zones.ts";
import { staleReasonOf } from "../../rules/velero-alive.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { isScheduled } from "../../schemas/backup.ts";
import { storeOf } from "../../store/stores.ts";
import { namesToBackUp } from "../../velero/namespace-selection.ts";
import { stateOf } from "../../velero/phases.ts";
import type { Backup, BackupStorageLocation, DeleteBackupRequest, Schedule } from "../../velero/types.ts";
import type { Session } from "../../session.ts";
import { isOfAdopted, isOurs } from "./our-backups.ts";

/**
 * Reads the health of the backup from lists that all resources of this process share. It writes only if `staleReasonOf`
 * has to ask the server.
 */
export async function readHealth(session: Session, state: ClusterBackupOutputs): Promise<BackupFindings> {
  if (state.connection.offline) return { health: "Offline" };
  const { connection } = session.newestAccess.of(state.location, state);
  try {
    const { client } = await session.clusters.open(connection, clusterLabel(state.cluster), state.clusterUid);
    if (state.clusterUid === undefined) return { health: "Unhealthy", message: state.unfinished };
    const found = await (isScheduled(state)
      ? lookAtSchedule(session, client, state)
      : lookAtBackup(session, client, state));
    // A refresh clears Pulumi's own record of a failure. An unfinished resource stays unhealthy until an `up` finishes
    // it.
    return state.unfinished !== undefined && found.health !== "Missing"
      ? { ...found, health: "Unhealthy", message: state.unfinished }
      : found;
  } catch (error) {
    return { health: "Unknown", message: wordsOf(error) };
  }
}

async function lookAtBackup(
  session: Session,
  client: KubernetesClient,
  state: ClusterBackupOutputs,
): Promise<BackupFindings> {
  const { namespace } = state.location;
  const all = await sharedList<Backup>(client, backups, namespace);
  const live = all.get(state.backupName ?? "");
  return judgeSingle(state, {
    live,
    files: await filesOf(session, state, live ? [live] : []),
    requests: await requestsFor(client, namespace, live),
    now: new Date(),
  });
}

async function lookAtSchedule(
  session: Session,
  client: KubernetesClient,
  state: ClusterBackupOutputs,
): Promise<BackupFindings> {
  const { namespace, locationName } = state.location;
  const [all, every, places, existing, policyDrift, zones] = await Promise.all([
    sharedList<Schedule>(client, schedules, namespace),
    sharedList<Backup>(client, backups, namespace),
    // The credentials may not list another stack's location, or the namespaces.
    sharedList<BackupStorageLocation>(client, locations, namespace).catch(() => undefined),
    state.sentNamespaces && sharedList<KubernetesObject>(client, namespaces).catch(() => undefined),
    resourcePolicyDrift(client, state),
    lookAtZones(client, state),
  ]);
  const taken = [...every.values()].filter((backup) => isOurs(backup, state) || isOfAdopted(backup, state));
  const now = new Date();
  const place = places?.get(locationName);
  return judgeSchedule(state, {
    live: all.get(state.scheduleName ?? ""),
    taken,
    requests: await requestsFor(client, namespace, ...taken),
    files: await filesOf(session, state, taken),
    policyDrift,
    namespaceDrift: existing && namespaceDrift(state, namesToBackUp(existing.values())),
    locationTrouble: places && troubleOf(place, state),
    staleReason: places && place && (await staleReasonOf(client, place, places.values(), now)),
    zones,
    now,
  });
}

/** The BackupLocation reports a store that cannot be reached. No file counts as missing for that reason. */
async function filesOf(
  session: Session,
  state: ClusterBackupOutputs,
  taken: readonly Backup[],
): Promise<StoredFiles | undefined> {
  try {
    const store = storeOf(session, {
      ...session.newestAccess.of(state.location, state),
      cluster: state.cluster,
    });
    return store && (await sharedFiles(session, store, state.location.storePrefix, lastEndOf(taken)));
  } catch {
    return undefined;
  }
}

/** Velero writes times without fractions of a second. */
const lastEndOf = (taken: readonly Backup[]): Date =>
  new Date(
    1_000 + Math.max(0, ...taken.map(({ status }) => Date.parse(status?.completionTimestamp ?? "") || 0)),
  );

/** The requests are listed only if a backup is being deleted. */
async function requestsFor(
  client: KubernetesClient,
  namespace: string,
  ...concerned: (Backup | undefined)[]
): Promise<DeleteBackupRequest[]> {
  if (!concerned.some((backup) => backup && stateOf(backup) === "deleting")) return [];
  return [...(await sharedList<DeleteBackupRequest>(client, deleteBackupRequests, namespace)).values()];
}

function troubleOf(
  place: BackupStorageLocation | undefined,
  { location: { namespace, locationName } }: ClusterBackupOutputs,
): string | undefined {
  const name = `BackupStorageLocation ${namespace}/${locationName}`;
  if (!place) return `${name} is gone, and every run fails for it`;
  if (place.spec.accessMode === "ReadOnly") return `${name} is read-only, and every run fails for it`;
  if (place.status?.phase === "Unavailable") {
    return `${name} is Unavailable, and every run fails for it: ${place.status.message ?? "Velero gives no reason"}`;
  }
  return undefined;
}
