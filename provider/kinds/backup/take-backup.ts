import type { Deadline } from "../../core/deadline.ts";
import { Problem } from "../../core/errors.ts";
import { incarnationLabel, nameOf, ownerLabel, stampOf } from "../../core/identity.ts";
import type { Progress } from "../../core/notices.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isIncarnation, mergePatch, metadataPatch } from "../../kubernetes/ensure.ts";
import { isConflict } from "../../kubernetes/kubernetes-error.ts";
import { backups } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import { type BlindKind, blindKinds, outwaitDiscovery } from "../../rules/blind-kinds.ts";
import { claimProblem } from "../../rules/claim.ts";
import { judgeBackup } from "../../rules/judge-backup.ts";
import { tarballOf } from "../../rules/judge-single.ts";
import { requireLocation } from "../../rules/location-available.ts";
import { ensureResourcePolicy } from "../../rules/resource-policy.ts";
import { whileVeleroWorks } from "../../rules/velero-alive.ts";
import { type BackupOutcome, type ClusterBackupOutputs, outcomeOf } from "../../schemas/cluster-backup.ts";
import { backupSpecOf, wishOf } from "../../schemas/selection.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { backupMetadataKey } from "../../velero/backup-files.ts";
import { backupManifest, retainedLabel, scheduleNameLabel, acceptedLabel } from "../../velero/manifests.ts";
import {
  complaintsOf,
  foundNoKeys,
  isExpired,
  newestFirst,
  stateOf,
  storedNothing,
  tookForeignName,
} from "../../velero/phases.ts";
import type { Backup } from "../../velero/types.ts";
import { adoptBackup } from "./adopt.ts";
import { deleteStored } from "./delete-stored.ts";
import { isOurs, isYoung, ourBackups, requestLabel } from "./our-backups.ts";

/** Applies a single backup. The backup in state is kept if it is good or has expired. Otherwise a new one is taken. */
export async function establishBackup(
  desired: ClusterBackupOutputs,
  how: Omit<BackupContext, "onEffect"> & {
    /** The state, if this is an update. */
    before: ClusterBackupOutputs | undefined;
    onEffect: (outputs: ClusterBackupOutputs) => void;
  },
): Promise<ClusterBackupOutputs> {
  const { client, store, now } = how;
  if (desired.backupName === undefined && desired.adopt !== undefined) {
    const { adopted, volumesBackedUp } = await adoptBackup(client, desired, store);
    return { ...desired, ...outcomeOf(adopted), volumesBackedUp };
  }
  const known =
    desired.backupName === undefined ? undefined : await find(client, desired, desired.backupName);
  const accepted = known && (await accept(known, desired, how));
  if (known && accepted && (await isStillStored(desired, store))) {
    await stamp(client, known, desired);
    return { ...desired, ...outcomeOf(known), ...accepted };
  }
  if (!known && desired.backupName !== undefined && isExpired(desired.expiration, now()))
    return { ...desired, phase: "Expired" };

  await ensureResourcePolicy(client, desired, how);
  const report = (outcome: object) => how.onEffect({ ...desired, ...outcome });
  const taken = { ...desired, ...(await takeBackup(desired, { ...how, onEffect: report })) };
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
  desired: ClusterBackupOutputs,
  { client, store, finish }: Pick<BackupContext, "client" | "store" | "finish">,
): Promise<{ volumesBackedUp?: number | undefined } | undefined> {
  const state = stateOf(known);
  const isAllowed =
    state === "completed" || (state === "partiallyFailed" && desired.allowPartialFailure === true);
  if (isAllowed && known.metadata.labels?.[acceptedLabel] === "true") return {};
  if (!isAllowed || state === "completed") return undefined;
  const { problem, volumesBackedUp, notices } = await judgeBackup(known, desired, { client, store });
  for (const words of notices) client.session.notices.warn(nameOf(desired.owner), words);
  if (problem) return undefined;
  const { name, namespace = "" } = known.metadata;
  const settled = { metadata: { labels: { [acceptedLabel]: "true" } } };
  await finish(async () => void (await client.patch({ type: backups, name, namespace }, settled)));
  return { volumesBackedUp };
}

/**
 * Checks that the tarball still exists. Velero does not notice a missing tarball, because it reads only folders
 * (docs/design/velero-facts.md#lost-files). A store that cannot be reached counts as unchanged.
 */
async function isStillStored(
  { location, backupName = "" }: ClusterBackupOutputs,
  store: BackupContext["store"],
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
async function stamp(client: KubernetesClient, backup: Backup, desired: ClusterBackupOutputs): Promise<void> {
  const stamped = stampOf(desired);
  const isMoved = backup.metadata.labels?.[ownerLabel] !== stamped.labels[ownerLabel];
  const change = isMoved ? mergePatch(backup, { metadata: stamped }, []) : metadataPatch(backup, desired);
  const { name, namespace = "" } = backup.metadata;
  if (change) await client.patch({ type: backups, name, namespace }, change);
}

/** Deletes failed attempts after a success. Until then they are kept, for their logs. */
async function discardFailedAttempts(
  taken: ClusterBackupOutputs,
  { client, store, deadline }: Omit<BackupContext, "onEffect">,
): Promise<void> {
  const { location, clusterUid = "", owner } = taken;
  const failed = (await ourBackups(client, taken)).filter(storedNothing);
  if (failed.length === 0) return;
  const unclaimed = await claimProblem({ client, uid: clusterUid }, location, store);
  if (unclaimed) return;
  const { storePrefix } = location;
  await deleteStored(client, failed, { store, deadline, storePrefix, resource: nameOf(owner) });
}

export interface BackupContext {
  client: KubernetesClient;
  store: ObjectStore | undefined;
  deadline: Deadline;
  now: () => Date;
  /** Is called as soon as a Backup exists, and again with its result. */
  onEffect: (outcome: BackupOutcome) => void;
  /** Runs the write that accepts a good backup: at once, or when all backups that belong together have ended. */
  finish: (write: () => Promise<void>) => Promise<void>;
  /** Receives progress messages. */
  progress: Progress;
}

/**
 * The number of further backups that are taken: if Velero was just writing its keys, and if it had not discovered all
 * served kinds yet.
 */
const RETRIES = { keys: 2, kinds: 1 };

/**
 * Takes one backup now: begins it, or finds the one that a killed run has begun, then waits for it and judges it. The
 * last write accepts it. A backup that is accepted in state is never used for a new request.
 */
export async function takeBackup(
  desired: ClusterBackupOutputs,
  how: BackupContext,
  retries = RETRIES,
): Promise<BackupOutcome> {
  const { client, onEffect } = how;
  const begun = (await findBegun(desired, how)) ?? (await begin(desired, how));
  onEffect(outcomeOf(begun));

  const { name, namespace } = begun.metadata;
  const place = `Backup ${namespace}/${name} in cluster "${desired.cluster}"`;
  const target = { type: backups, name, ...(namespace ? { namespace } : {}) };
  const ended = await awaitEnd(begun, desired, how);
  onEffect(outcomeOf(ended));

  const [{ problem, volumesBackedUp, notices }, stored] = await Promise.all([
    judgeBackup(ended, desired, { client, store: how.store }),
    // State keeps the tarball's version. Without it, a refresh can check less.
    how.store && tarballOf(how.store, desired.location.storePrefix, name).catch(() => undefined),
  ]);
  for (const words of notices) client.session.notices.warn(nameOf(desired.owner), words);
  if (problem) {
    // If the backup was refused, nothing was stored. If its name was taken, the stored files belong to another backup,
    // and only this object may be deleted (docs/design/rules.md#object-names).
    if (stateOf(ended) === "refused" || tookForeignName(ended)) {
      await client.delete(target, { uid: ended.metadata.uid });
      onEffect({ ...outcomeOf(ended), backupName: undefined });
    } else {
      await settle("rejected");
    }
    if (retries.keys > 0 && foundNoKeys(complaintsOf(ended))) {
      client.session.notices.warn(
        nameOf(desired.owner),
        `${place} failed as Velero was just writing its keys; another is taken`,
      );
      return takeBackup(desired, how, { ...retries, keys: retries.keys - 1 });
    }
    throw problem;
  }
  const blind = await kindsMissing(ended, desired, how);
  if (blind.length > 0) {
    await settle("rejected");
    await outwaitDiscovery(ended, blind, { ...how, place, isLast: retries.kinds === 0 });
    return takeBackup(desired, how, { ...retries, kinds: retries.kinds - 1 });
  }
  const outcome = { ...outcomeOf(ended), volumesBackedUp, stored };
  onEffect(outcome);
  await how.finish(() => settle("true"));
  return outcome;

  async function settle(verdict: "true" | "rejected"): Promise<void> {
    const labels = {
      [acceptedLabel]: verdict,
      [incarnationLabel]: desired.incarnation,
      [retainedLabel]: null,
    };
    await client.patch(target, { metadata: { labels } });
  }
}

/**
 * Returns the kinds that the backup lacks because Velero did not know them. A backup that was accepted as
 * PartiallyFailed is not checked: it may lack more.
 */
async function kindsMissing(
  ended: Backup,
  desired: ClusterBackupOutputs,
  { client, store }: BackupContext,
): Promise<BlindKind[]> {
  if (stateOf(ended) !== "completed") return [];
  const place = { ...desired.location, client, store, name: ended.metadata.name };
  const { blind, unseen } = await blindKinds(ended, desired, place);
  if (unseen !== undefined)
    client.session.notices.warn(
      nameOf(desired.owner),
      `warning: a backup of cluster "${desired.cluster}" may lack objects of kinds that were defined just before it: ${unseen}`,
    );
  return blind;
}

/** Waits for the end of the backup, and reports progress. */
async function awaitEnd(
  { metadata: { name, namespace = "" } }: Backup,
  { cluster, location }: ClusterBackupOutputs,
  { client, deadline, progress }: BackupContext,
): Promise<Backup> {
  const place = `Backup ${namespace}/${name}`;
  try {
    return await whileVeleroWorks(client, location.namespace, `${place} does not get on`, (signal) =>
      waitFor<Backup, Backup>(
        client,
        { type: backups, name, namespace },
        (live) => {
          if (!live) throw vanished(`${place} in cluster "${cluster}"`);
          progress.report(`${place} is ${live.status?.phase ?? "New"}`, howFar(live));
          return stateOf(live) === "running" ? undefined : live;
        },
        {
          deadline,
          signal,
          what: `${place} in cluster "${cluster}" did not finish`,
          todo: "It goes on in the cluster; the next up waits for it again. A longer `timeouts.create` waits longer.",
        },
      ),
    );
  } finally {
    progress.stop();
  }
}

function howFar({ status }: Backup): string {
  const { itemsBackedUp = 0, totalItems } = status?.progress ?? {};
  if (status?.queuePosition) return `number ${status.queuePosition} of those that wait`;
  return totalItems ? `${itemsBackedUp} of ${totalItems} items` : "";
}

/**
 * Finds a backup that an earlier call has begun and not finished, or not recorded: the backup in state, of any age, or
 * a recent one with our labels.
 */
async function findBegun(
  desired: ClusterBackupOutputs,
  { client, now }: BackupContext,
): Promise<Backup | undefined> {
  const { items } = await client.list<Backup>({
    type: backups,
    namespace: desired.location.namespace,
    labelSelector: `${requestLabel}=${wishOf(desired)}`,
  });
  const begun = items
    .filter((backup) => {
      if (!isOurs(backup, desired)) return false;
      const { labels = {}, name } = backup.metadata;
      if (labels[acceptedLabel]) return isUntold(backup, desired) && isYoung(backup, desired, now());
      return name === desired.backupName || isYoung(backup, desired, now());
    })
    .filter((backup) => mayStillBeGood(backup, desired.allowPartialFailure === true));
  return newestFirst(begun)[0];
}

/**
 * Returns true for a backup that a killed run accepted without recording it in state. The next update finds it by its
 * incarnation: it is newer than the backup in state. A create cannot find it: for a replacement that the user requests
 * (`--replace`), Pulumi's engine passes nothing of the old resource, so both cases look the same. It takes another
 * backup.
 */
function isUntold(backup: Backup, { incarnation, startTime }: ClusterBackupOutputs): boolean {
  if (backup.metadata.labels?.[acceptedLabel] !== "true" || !isIncarnation(backup, incarnation)) return false;
  return startTime === undefined || Date.parse(backup.status?.startTimestamp ?? "") > Date.parse(startTime);
}

const mayStillBeGood = (backup: Backup, partialIsGood: boolean): boolean =>
  ["running", "completed", ...(partialIsGood ? ["partiallyFailed"] : [])].includes(stateOf(backup));

/** Creates the Backup with a name that neither the cluster nor the store has. */
async function begin(desired: ClusterBackupOutputs, how: BackupContext): Promise<Backup> {
  const { client, store, deadline, now } = how;
  await requireLocation(client, desired, deadline);
  const { labels, annotations } = stampOf(desired);
  for (let second = 0; second < 10; second++) {
    const name = `${desired.objectName}-${timestamp(new Date(now().getTime() + second * 1_000))}`;
    // If the store has the name, Velero fails the Backup, and deleting it would delete the older one's data
    // (docs/design/rules.md#object-names).
    if (await store?.get(backupMetadataKey(desired.location.storePrefix, name))) continue;
    const manifest = backupManifest(
      {
        name,
        namespace: desired.location.namespace,
        labels: {
          ...labels,
          [requestLabel]: wishOf(desired),
          ...(desired.scheduleName ? { [scheduleNameLabel]: desired.scheduleName } : {}),
        },
        annotations,
      },
      backupSpecOf(desired),
    );
    const created = await client.create<Backup>(backups, manifest).catch((error: unknown) => {
      if (isConflict(error)) return ourOwn(client, name, desired);
      throw error;
    });
    if (created) return created;
  }
  throw new Problem({
    code: "NoFreeName",
    what: `no free name for a backup beginning with ${desired.objectName}`,
  });
}

/** Finds our own object after a conflict: a create is repeated if its response was lost. */
async function ourOwn(
  client: KubernetesClient,
  name: string,
  desired: ClusterBackupOutputs,
): Promise<Backup | undefined> {
  const live = await client.get<Backup>({ type: backups, name, namespace: desired.location.namespace });
  // The backup may have ended before the second attempt. An older one of ours with this name has been accepted.
  const { labels = {} } = live?.metadata ?? {};
  const isIt = labels[requestLabel] === wishOf(desired) && !labels[acceptedLabel];
  return live && isIncarnation(live, desired.incarnation) && isIt ? live : undefined;
}

/** Formats a time as Velero's own schedules do: 2026-11-23T02:00:00Z → 20261123020000. */
const timestamp = (time: Date): string => time.toISOString().replace(/\D/g, "").slice(0, 14);

const vanished = (place: string) =>
  new Problem({
    code: "DeletedExternally",
    what: `${place} was deleted while it was being waited for`,
    todo: "Find out who deletes it, and run up again, which takes another.",
  });
