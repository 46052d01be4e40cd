import { type Deadline, deadlineOf } from "../../core/deadline.ts";
import { nameOf, ownedBy, type Owner, ownersOf } from "../../core/identity.ts";
import type { KubernetesClient, Target } from "../../kubernetes/client.ts";
import { type OpenCluster, unlessUnreachable } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { isIncarnation } from "../../kubernetes/ensure.ts";
import { isConflict } from "../../kubernetes/kubernetes-error.ts";
import { backups, schedules } from "../../kubernetes/resources.ts";
import { claimProblem } from "../../rules/claim.ts";
import { removeResourcePolicy } from "../../rules/resource-policy.ts";
import { refuseAfterSkip, sweep } from "../../rules/skip-unhealthy.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { hasOwnPolicy } from "../../schemas/selection.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { storeOf } from "../../store/store-of.ts";
import { labelValue, scheduleNameLabel } from "../../velero/labels.ts";
import { stateOf, storedNothing } from "../../velero/phases.ts";
import type { Backup, Schedule } from "../../velero/types.ts";
import { deleteStored, requireDeletable } from "./delete-stored.ts";
import { ourBackups, part } from "./part.ts";
import type { Session } from "../../session.ts";

interface RemovalContext {
  store: ObjectStore | undefined;
  deadline: Deadline;
  /** True if the program still declares the resource: this is the second half of a replacement. */
  replaced: boolean;
}

/**
 * Removes the resource from the cluster: its Schedule, failed attempts that stored nothing, and the stored backups if
 * `deletionPolicy` says so and nothing replaces it. It can be repeated after any line.
 */
export async function remove(
  session: Session,
  cluster: OpenCluster,
  state: ClusterBackupOutputs,
  how: RemovalContext,
): Promise<void> {
  await removeOwn(session, cluster, state, how);
  await part(cluster, state, how);
}

async function removeOwn(
  session: Session,
  cluster: OpenCluster,
  state: ClusterBackupOutputs,
  how: RemovalContext,
): Promise<void> {
  const { client } = cluster;
  if (state.scheduleName !== undefined) await deleteSchedule(client, state);
  if (hasOwnPolicy(state)) await removeResourcePolicy(client, state);

  // Objects of another incarnation belong to the resource that lives on, if there is one.
  const onlyThis = how.replaced || state.scheduleName === undefined;
  const all = await ourBackups(client, state);
  const ours = onlyThis ? all.filter((backup) => isIncarnation(backup, state.incarnation)) : all;
  const stored = ours.filter((backup) => !storedNothing(backup));
  const failed = (how.replaced ? ours : all).filter(storedNothing);
  const unwanted = (await mayDelete(session, client, state, stored, how.replaced)) ? stored : [];
  if (unwanted.length + failed.length === 0) return;
  const { location, owner } = state;
  const unclaimed = await claimProblem(cluster, location, how.store);
  if (unclaimed && unwanted.length > 0) throw unclaimed;
  if (unclaimed) {
    await forget(client, failed);
    return;
  }
  if (unwanted.length > 0) await requireDeletable(client, state, how);
  const { store, deadline } = how;
  const { storePrefix } = location;
  await deleteStored(client, [...unwanted, ...failed], {
    store,
    deadline,
    storePrefix,
    resource: nameOf(owner),
  });
}

/** Without the claim, only the objects are deleted. Files that a failed attempt left in the store are not touched. */
async function forget(client: KubernetesClient, failed: readonly Backup[]): Promise<void> {
  for (const { metadata } of failed) {
    const { name, namespace = "", uid } = metadata;
    await client.delete({ type: backups, name, namespace }, { uid });
  }
}

async function deleteSchedule(client: KubernetesClient, state: ClusterBackupOutputs): Promise<void> {
  const target = { type: schedules, name: state.scheduleName ?? "", namespace: state.location.namespace };
  const live = await client.get<Schedule>(target);
  if (!live || !isIncarnation(live, state.incarnation)) return;
  await disown(client, live);
  await client.delete(target, { uid: live.metadata.uid });
}

/**
 * Removes the Schedule from the owners of its backups before it is deleted. Otherwise Kubernetes would delete the
 * Backup objects, and nobody could ask Velero any more to delete their data and snapshots.
 */
async function disown(client: KubernetesClient, schedule: Schedule): Promise<void> {
  const { name, namespace = "", uid = "" } = schedule.metadata;
  const owns = schedule.spec.useOwnerReferencesInBackup === true;
  // Runs that begin after this have no owner.
  if (owns) {
    const spec = { paused: true, useOwnerReferencesInBackup: null };
    await client.patch({ type: schedules, name, namespace }, { spec });
  }
  const { items } = await client.list<Backup>({
    type: backups,
    namespace,
    labelSelector: `${scheduleNameLabel}=${labelValue(name)}`,
  });
  for (const { metadata } of items) {
    if (metadata.ownerReferences?.some((reference) => reference.uid === uid))
      await removeOwner(client, { type: backups, name: metadata.name, namespace }, uid);
  }
}

/** A patch replaces the whole list of owners. So it is refused if somebody else has changed the object since. */
async function removeOwner(
  client: KubernetesClient,
  target: Target,
  uid: string,
  attempts = 5,
): Promise<void> {
  const { resourceVersion, ownerReferences = [] } = (await client.get(target))?.metadata ?? {};
  const others = ownerReferences.filter((reference) => reference.uid !== uid);
  if (others.length === ownerReferences.length) return;
  try {
    await client.patch(target, {
      metadata: { resourceVersion, ownerReferences: others.length > 0 ? others : null },
    });
  } catch (error) {
    if (!isConflict(error) || attempts === 1) throw error;
    await removeOwner(client, target, uid, attempts - 1);
  }
}

async function mayDelete(
  session: Session,
  client: KubernetesClient,
  state: ClusterBackupOutputs,
  stored: readonly Backup[],
  replaced: boolean,
): Promise<boolean> {
  if (state.deletionPolicy !== "delete") return false;
  if (!replaced) return true;
  if (state.scheduleName !== undefined || stored.length === 0) return false;
  const newer = await newerCompleted(session, client, state);
  if (!newer) {
    session.notices.warn(
      nameOf(state.owner),
      `backup ${state.backupName} is kept although deletionPolicy is "delete": no newer completed one replaces it`,
    );
  }
  return newer;
}

/** Returns the resource that replaces this one, if it uses another location. */
function successorOf(session: Session, { owner }: ClusterBackupOutputs): Owner[] {
  const lineage = session.checked.lineageOf(owner);
  return lineage === undefined ? [] : [{ owner, lineage }];
}

/** Returns true if the replacement has its Completed backup in this cluster, in any location. */
async function newerCompleted(
  session: Session,
  client: KubernetesClient,
  state: ClusterBackupOutputs,
): Promise<boolean> {
  const { items } = await client.list<Backup>({
    type: backups,
    namespace: state.location.namespace,
    labelSelector: ownedBy([...ownersOf(state), ...successorOf(session, state)]),
  });
  return items.some(
    (backup) =>
      !isIncarnation(backup, state.incarnation) &&
      stateOf(backup) === "completed" &&
      (backup.status?.startTimestamp ?? "") > (state.startTime ?? ""),
  );
}

/** Removes a resource, or its `part`, from one cluster. A failure to reach the cluster is reported, never ignored. */
export async function removeFromCluster(
  session: Session,
  outputs: ClusterBackupOutputs,
  { part, replaced = session.checked.has(outputs.owner) }: { part?: string; replaced?: boolean } = {},
): Promise<void> {
  const access = session.newestAccess.of(outputs.location, outputs);
  // The same `up` may have declared the cluster offline.
  if (outputs.connection.offline || access.connection.offline) return;
  const label = clusterLabel(outputs.cluster);
  const how = () => ({
    store: storeOf(session, { ...access, cluster: outputs.cluster }),
    deadline: deadlineOf("delete", outputs.timeouts),
    replaced,
  });
  refuseAfterSkip(
    session,
    outputs.owner,
    `what ${nameOf(outputs.owner)} has in cluster "${outputs.cluster}"`,
    part,
  );
  if (outputs.clusterUid === undefined) {
    const { objectName, location } = outputs;
    await sweep(
      session,
      { ...outputs, namespace: location.namespace },
      access.connection,
      { type: schedules, name: objectName },
      (open, left) => remove(session, open, { ...outputs, ...left, scheduleName: objectName }, how()),
    );
    return;
  }
  await unlessUnreachable(session, label, async () => {
    const cluster = await session.clusters.open(access.connection, label, outputs.clusterUid);
    await remove(session, cluster, outputs, how());
  });
}
