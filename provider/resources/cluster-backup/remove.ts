import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups, locations, schedules } from "../../kubernetes/resources.ts";
import type { OpenCluster } from "../../lifecycle/clusters.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { isIncarnation, isOwnedBy } from "../../lifecycle/ensure.ts";
import { nameOf, ownerHash, ownerLabel } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { stateOf, storedNothing } from "../../velero/phases.ts";
import type { Backup } from "../../velero/types.ts";
import { readMarker, wasMarkedBy } from "../cluster-location/marker.ts";
import { deleteStored } from "../delete-stored.ts";
import { ourBackups } from "./our-backups.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";

interface Circumstances {
  store: ObjectStore | undefined;
  deadline: Deadline;
  /** The program still declares the resource: this is the second half of a replacement. */
  replaced: boolean;
}

/**
 * Takes the resource out of the cluster: its Schedule, what failed and stores nothing, and, where `deletionPolicy`
 * says so and nothing replaces it, the stored backups. Resumable after any line.
 */
export async function remove(
  { client, uid }: OpenCluster,
  state: ClusterBackupOutputs,
  how: Circumstances,
): Promise<void> {
  if (state.scheduleName !== undefined) await deleteSchedule(client, state);

  // What another incarnation has made belongs to the resource that lives on, where one does.
  const onlyThis = how.replaced || state.scheduleName === undefined;
  const all = await ourBackups(client, state);
  const ours = onlyThis ? all.filter((backup) => isIncarnation(backup, state.incarnation)) : all;
  const stored = ours.filter((backup) => !storedNothing(backup));
  const failed = (how.replaced ? ours : all).filter(storedNothing);
  const doomed = (await mayDelete(client, state, stored, how.replaced)) ? [...stored, ...failed] : failed;
  if (doomed.length === 0) return;
  if (doomed.some((backup) => stateOf(backup) !== "refused")) await requireClaim(client, uid, state, how.store);
  await deleteStored(client, doomed, how.deadline);
}

async function deleteSchedule(client: KubernetesClient, state: ClusterBackupOutputs): Promise<void> {
  const target = { type: schedules, name: state.scheduleName ?? "", namespace: state.location.namespace };
  const live = await client.get(target);
  if (live && isIncarnation(live, state.incarnation)) await client.delete(target, { uid: live.metadata.uid });
}

async function mayDelete(
  client: KubernetesClient,
  state: ClusterBackupOutputs,
  stored: readonly Backup[],
  replaced: boolean,
): Promise<boolean> {
  if (state.deletionPolicy !== "delete") return false;
  if (!replaced) return true;
  if (state.scheduleName !== undefined || stored.length === 0) return false;
  const newer = await newerCompleted(client, state);
  if (!newer) {
    tell(
      nameOf(state.owner),
      `backup ${state.backupName} is kept although deletionPolicy is "delete": no newer completed one replaces it`,
    );
  }
  return newer;
}

/** Whether the replacement has its Completed backup in this cluster, wherever it stores it. */
async function newerCompleted(client: KubernetesClient, state: ClusterBackupOutputs): Promise<boolean> {
  const { items } = await client.list<Backup>({
    type: backups,
    namespace: state.location.namespace,
    labelSelector: `${ownerLabel} in (${state.owners.map(ownerHash).join(",")})`,
  });
  return items.some(
    (backup) =>
      !isIncarnation(backup, state.incarnation) &&
      stateOf(backup) === "completed" &&
      (backup.status?.startTimestamp ?? "") > (state.startTime ?? ""),
  );
}

/** No data is deleted without our own claim on the prefix (DESIGN rule 1). */
async function requireClaim(
  client: KubernetesClient,
  uid: string,
  { location }: ClusterBackupOutputs,
  store: ObjectStore | undefined,
): Promise<void> {
  const inCluster = await client.get({ type: locations, name: location.locationName, namespace: location.namespace });
  if (!inCluster) {
    throw noClaim(`BackupStorageLocation ${location.namespace}/${location.locationName} in cluster "${client.label.key}" is gone`);
  }
  if (!store) {
    if (isOwnedBy(inCluster, [location.owner])) return;
    throw noClaim(`BackupStorageLocation ${location.namespace}/${location.locationName} belongs to someone else`);
  }
  const marker = await readMarker(store, location.storePrefix);
  const ours = marker && wasMarkedBy(marker, location.owner) && marker.cluster.uid === uid;
  if (!ours) throw noClaim(`${location.storePrefix}/ in ${store.address} does not carry this location's claim`);
}

const noClaim = (what: string) =>
  new Problem({
    code: "NoClaim",
    property: "deletionPolicy",
    what: `stored backups are not deleted, since ${what}`,
    todo: 'Run up to make the location whole again, or keep the backups with deletionPolicy: "retain".',
  });
