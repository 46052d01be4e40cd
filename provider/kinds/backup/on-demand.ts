import { nameOf, ownerLabel, stampOf } from "../../core/identity.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { mergePatch, metadataPatch } from "../../kubernetes/ensure.ts";
import { backups } from "../../kubernetes/resources.ts";
import { claimProblem } from "../../rules/claim.ts";
import { judgeBackup } from "../../rules/judge-backup.ts";
import { tarballOf } from "../../rules/judge-single.ts";
import { ensureResourcePolicy } from "../../rules/resource-policy.ts";
import { type ClusterBackupOutputs, outcomeOf } from "../../schemas/cluster-backup.ts";
import { settledLabel } from "../../velero/labels.ts";
import { isExpired, stateOf, storedNothing } from "../../velero/phases.ts";
import type { Backup } from "../../velero/types.ts";
import { adoptBackup } from "./adopt-backup.ts";
import { deleteStored } from "./delete-stored.ts";
import { ourBackups } from "./our-backups.ts";
import { type Circumstances, takeBackup } from "./take-backup.ts";

/** Applies a single backup. The backup in state is kept if it is good or has expired. Otherwise a new one is taken. */
export async function establishBackup(
  aim: ClusterBackupOutputs,
  how: Omit<Circumstances, "onEffect"> & {
    /** The state, if this is an update. */
    before: ClusterBackupOutputs | undefined;
    onEffect: (outputs: ClusterBackupOutputs) => void;
  },
): Promise<ClusterBackupOutputs> {
  const { client, store, now } = how;
  if (aim.backupName === undefined && aim.adopt !== undefined) {
    const { adopted, volumesBackedUp } = await adoptBackup(client, aim, store);
    return { ...aim, ...outcomeOf(adopted), volumesBackedUp };
  }
  const known = aim.backupName === undefined ? undefined : await find(client, aim, aim.backupName);
  const accepted = known && (await accept(known, aim, how));
  if (known && accepted && (await isStillStored(aim, store))) {
    await stamp(client, known, aim);
    return { ...aim, ...outcomeOf(known), ...accepted };
  }
  if (!known && aim.backupName !== undefined && isExpired(aim.expiration, now()))
    return { ...aim, phase: "Expired" };

  await ensureResourcePolicy(client, aim, how);
  const report = (outcome: object) => how.onEffect({ ...aim, ...outcome });
  const taken = { ...aim, ...(await takeBackup(aim, { ...how, onEffect: report })) };
  how.onEffect(taken);
  await discardFailedAttempts(taken, how);
  return taken;
}

const find = (client: KubernetesClient, { location }: ClusterBackupOutputs, name: string) =>
  client.get<Backup>({ type: backups, name, namespace: location.namespace });

/**
 * Judges the backup in state, and returns new facts about it. What it captured was judged when it was accepted. A
 * partially failed backup that was rejected is judged again if such backups are now allowed.
 */
async function accept(
  known: Backup,
  aim: ClusterBackupOutputs,
  { client, store, finish }: Pick<Circumstances, "client" | "store" | "finish">,
): Promise<{ volumesBackedUp?: number | undefined } | undefined> {
  const state = stateOf(known);
  const isAllowed =
    state === "completed" || (state === "partiallyFailed" && aim.allowPartialFailure === true);
  if (isAllowed && known.metadata.labels?.[settledLabel] === "true") return {};
  if (!isAllowed || state === "completed") return undefined;
  const { problem, volumesBackedUp, notices } = await judgeBackup(known, aim, { client, store });
  for (const words of notices) client.session.notices.warn(nameOf(aim.owner), words);
  if (problem) return undefined;
  const { name, namespace = "" } = known.metadata;
  const settled = { metadata: { labels: { [settledLabel]: "true" } } };
  await finish(async () => void (await client.patch({ type: backups, name, namespace }, settled)));
  return { volumesBackedUp };
}

/**
 * Checks that the tarball still exists. Velero does not notice a missing tarball, because it reads only folders
 * (docs/design/velero-facts.md#lost-files). A store that cannot be reached counts as unchanged.
 */
async function isStillStored(
  { location, backupName = "" }: ClusterBackupOutputs,
  store: Circumstances["store"],
): Promise<boolean> {
  if (!store) return true;
  return tarballOf(store, location.storePrefix, backupName).then(
    (tarball) => tarball !== undefined,
    () => true,
  );
}

/**
 * Writes a new owner (alias, rename, move), and changed labels and annotations, to the object. The copy in the store
 * keeps the old ones.
 */
async function stamp(client: KubernetesClient, backup: Backup, aim: ClusterBackupOutputs): Promise<void> {
  const stamped = stampOf(aim);
  const isMoved = backup.metadata.labels?.[ownerLabel] !== stamped.labels[ownerLabel];
  const change = isMoved ? mergePatch(backup, { metadata: stamped }, []) : metadataPatch(backup, aim);
  const { name, namespace = "" } = backup.metadata;
  if (change) await client.patch({ type: backups, name, namespace }, change);
}

/** Deletes failed attempts after a success. Until then they are kept, for their logs. */
async function discardFailedAttempts(
  taken: ClusterBackupOutputs,
  { client, store, deadline }: Omit<Circumstances, "onEffect">,
): Promise<void> {
  const { location, clusterUid = "", owner } = taken;
  const failed = (await ourBackups(client, taken)).filter(storedNothing);
  if (failed.length === 0) return;
  const unclaimed = await claimProblem({ client, uid: clusterUid }, location, store);
  if (unclaimed) return;
  const { storePrefix } = location;
  await deleteStored(client, failed, { store, deadline, storePrefix, resource: nameOf(owner) });
}
