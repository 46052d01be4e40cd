import { type Deadline, deadlineOf } from "../../core/deadline.ts";
import { nameOf, ownedBy, type Owner, ownersOf, incarnationLabel, ownerIn } from "../../core/identity.ts";
import type { KubernetesClient, Target } from "../../kubernetes/client.ts";
import { type OpenCluster, unlessUnreachable } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { isIncarnation } from "../../kubernetes/ensure.ts";
import { isConflict, isForbidden } from "../../kubernetes/kubernetes-error.ts";
import { backups, schedules, locations, secrets } from "../../kubernetes/resources.ts";
import { claimProblem, release, removeClaimsInCluster } from "../../rules/claim.ts";
import { removeResourcePolicy } from "../../rules/resource-policy.ts";
import { refuseAfterSkip, sweep } from "../../rules/skip-unhealthy.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { hasOwnPolicy } from "../../schemas/selection.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { storeOf } from "../../store/stores.ts";
import {
  formerLineagesOf,
  orphanedLabel,
  retainedLabel,
  labelValue,
  scheduleNameLabel,
} from "../../velero/manifests.ts";
import { stateOf, storedNothing } from "../../velero/phases.ts";
import type { Backup, Schedule, BackupStorageLocation } from "../../velero/types.ts";
import { deleteStored, requireDeletable } from "./delete-stored.ts";
import { ourBackups } from "./our-backups.ts";
import type { Session } from "../../session.ts";
import { wordsOf } from "../../core/errors.ts";
import { same } from "../../core/values.ts";
import { awaitRunning, forgetBackups, stillNamedBy } from "../../rules/location-users.ts";

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

/** Returns true if the backups now go to another location. */
export function isElsewhere(before: ClusterBackupOutputs, now: ClusterBackupOutputs): boolean {
  const placeOf = ({ location: { locationName, namespace } }: ClusterBackupOutputs) => [
    locationName,
    namespace,
  ];
  return !same(placeOf(before), placeOf(now));
}

/**
 * Leaves the location of another stack: retained backups are marked, so that they do not keep the location, and the
 * last user of an orphaned location removes it. A location of this stack outlives its backups in any case.
 */
export async function part(
  { client }: OpenCluster,
  state: ClusterBackupOutputs,
  how: { store: ObjectStore | undefined; deadline: Deadline; replaced?: boolean },
): Promise<void> {
  if (state.location.lineage === state.lineage) return;
  // Backups of the resource that lives on are still in use.
  const kept = (await ourBackups(client, state)).filter(
    (backup) => !how.replaced || isIncarnation(backup, state.incarnation),
  );
  for (const { metadata } of kept.filter(({ metadata }) => metadata.labels?.[retainedLabel] === undefined)) {
    const { name, namespace = "" } = metadata;
    await client.patch(
      { type: backups, name, namespace },
      { metadata: { labels: { [retainedLabel]: "true" } } },
    );
  }
  await partFromLocation(client, { user: state.owner, ...state, ...how });
}

interface Parting {
  /** The URN of the resource that no longer uses the location. */
  user: string;
  location: { locationName: string; namespace: string; storePrefix: string };
  /** The user's own access to the store, if it has one. */
  store: ObjectStore | undefined;
  deadline: Deadline;
}

/** Between a read and a delete, the owner may adopt the location again, or Velero may write its status. */
const ROUNDS = 10;

/**
 * Removes an orphaned location if its last user leaves it: the Secret, the location, the Backup objects that name it,
 * and the claim in the store. The data stays. The location is deleted only in the state in which it was seen as
 * orphaned, and after the objects that only it leads to, so that a killed run can be repeated. The claim is released
 * last: before that, its owner may be adopting the location again. If a run is killed in between, the claim stays and
 * reserves the prefix for its owner.
 */
export async function partFromLocation(client: KubernetesClient, parting: Parting): Promise<void> {
  const { location, user } = parting;
  const place = `BackupStorageLocation ${location.namespace}/${location.locationName} in cluster "${client.label.key}"`;
  try {
    const incarnation = await removeLeaving(client, parting);
    if (incarnation === undefined) return;
    await removeClaimsInCluster(client, { namespace: location.namespace, incarnation });
    const claim = await releaseClaim(parting, incarnation);
    client.session.notices.warn(
      nameOf(user),
      `${place}, which its owner had left, was named by nobody else any more and is removed. What is stored below ` +
        `${location.storePrefix}/ stays, and no longer expires. ${claim}`,
    );
  } catch (error) {
    if (!isForbidden(error)) throw error;
    client.session.notices.warn(
      nameOf(user),
      `${place} was left by its owner and is named by nobody else any more, but these credentials may not remove it ` +
        `(${wordsOf(error)}). Delete it and the Secret of the same name by hand`,
    );
  }
}

/** Returns the incarnation of the removed location. */
async function removeLeaving(client: KubernetesClient, parting: Parting): Promise<string | undefined> {
  const { locationName: name, namespace } = parting.location;
  const target = { type: locations, name, namespace };
  for (let round = 0; round < ROUNDS; round++) {
    const live = await client.get<BackupStorageLocation>(target);
    const owner = live && ownerIn(live);
    if (live?.metadata.labels?.[orphanedLabel] !== "true" || owner === undefined) return undefined;
    const formerOwners = formerLineagesOf(live).map((lineage) => ({ ...owner, lineage }));
    const { users } = await stillNamedBy(client, { name, namespace, ...owner, formerOwners });
    if (users.length > 0) return undefined;

    const incarnation = live.metadata.labels[incarnationLabel] ?? "";
    await awaitRunning(client, name, namespace, parting.deadline);
    await forgetBackups(client, name, namespace);
    await removeSecretOf(client, live, incarnation);
    const { uid, resourceVersion } = live.metadata;
    if (await client.delete(target, { uid, resourceVersion })) {
      // Velero may have created some of them again in the meantime.
      await forgetBackups(client, name, namespace);
      return incarnation;
    }
  }
  return undefined;
}

/** A Secret of the user, or of a newer incarnation, is not touched. */
async function removeSecretOf(
  client: KubernetesClient,
  { spec, metadata: { namespace = "" } }: BackupStorageLocation,
  incarnation: string,
): Promise<void> {
  if (!spec.credential) return;
  const target = { type: secrets, name: spec.credential.name, namespace };
  const live = await client.get(target);
  if (!live || !isIncarnation(live, incarnation)) return;
  const { uid, resourceVersion } = live.metadata;
  await client.delete(target, { uid, resourceVersion });
}

/** Releases the claim, and describes the result. */
async function releaseClaim({ store, location }: Parting, incarnation: string): Promise<string> {
  const { storePrefix } = location;
  const stays = (why: string) =>
    `Its claim (${storePrefix}/metadata/) could not be released, since ${why}: only who made it may write there again, by the adoptLineage that its preview prints`;
  if (!store) return stays("this program has no way to the store (`access`)");
  try {
    await release(store, storePrefix, incarnation, new Date());
    return "Its claim is released";
  } catch (error) {
    return stays(wordsOf(error));
  }
}
