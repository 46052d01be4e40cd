import type { Deadline } from "../../core/deadline.ts";
import { Problem } from "../../core/errors.ts";
import { incarnationLabel, nameOf, stampOf } from "../../core/identity.ts";
import { type Progress, tell } from "../../core/notices.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isIncarnation } from "../../kubernetes/ensure.ts";
import { isConflict } from "../../kubernetes/kubernetes-error.ts";
import { backups } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import { type BlindKind, blindKinds, outwaitDiscovery } from "../../rules/blind-kinds.ts";
import { judgeBackup } from "../../rules/judge-backup.ts";
import { tarballOf } from "../../rules/judge-single.ts";
import { requireLocation } from "../../rules/location-available.ts";
import { whileVeleroWorks } from "../../rules/velero-alive.ts";
import { type BackupOutcome, type ClusterBackupOutputs, outcomeOf } from "../../schemas/backup-outputs.ts";
import { backupSpecOf, wishOf } from "../../schemas/selection.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { leftLabel, scheduleNameLabel, settledLabel } from "../../velero/labels.ts";
import { backupMetadataKey } from "../../velero/layout.ts";
import { backupManifest } from "../../velero/manifests.ts";
import { complaintsOf, foundNoKeys, newestFirst, stateOf, tookForeignName } from "../../velero/phases.ts";
import type { Backup } from "../../velero/types.ts";
import { isOurs, isYoung, wishLabel } from "./our-backups.ts";

export interface Circumstances {
  client: KubernetesClient;
  store: ObjectStore | undefined;
  deadline: Deadline;
  now: () => Date;
  /** Called as soon as a Backup exists, and again with what became of it. */
  onEffect: (outcome: BackupOutcome) => void;
  /** Takes the write that settles a good one, to do it at once, or when all that belongs together is there. */
  finish: (write: () => Promise<void>) => Promise<void>;
  /** Where it is told how far it is. */
  progress: Progress;
}

/**
 * Another backup is taken so many times: if Velero was just writing the keys that it needed, and if it had not seen yet
 * what the API serves.
 */
const RETRIES = { keys: 2, kinds: 1 };

/**
 * One backup now: begun, or found where a killed run has begun it, then waited for and judged. The last write settles
 * it; one that state knows as settled is never taken for a new wish.
 */
export async function takeBackup(
  aim: ClusterBackupOutputs,
  how: Circumstances,
  retries = RETRIES,
): Promise<BackupOutcome> {
  const { client, onEffect } = how;
  const begun = (await findBegun(aim, how)) ?? (await begin(aim, how));
  onEffect(outcomeOf(begun));

  const { name, namespace } = begun.metadata;
  const place = `Backup ${namespace}/${name} in cluster "${aim.cluster}"`;
  const target = { type: backups, name, ...(namespace ? { namespace } : {}) };
  const ended = await awaitEnd(begun, aim, how);
  onEffect(outcomeOf(ended));

  const [{ problem, volumesBackedUp, notices }, stored] = await Promise.all([
    judgeBackup(ended, aim, { client, store: how.store }),
    // To be known again; without it a refresh sees less.
    how.store && tarballOf(how.store, aim.location.storePrefix, name).catch(() => undefined),
  ]);
  for (const words of notices) tell(nameOf(aim.owner), words);
  if (problem) {
    // Refused: nothing was stored. Name taken: what is stored is another's, and only this object may go (rule 1).
    if (stateOf(ended) === "refused" || tookForeignName(ended)) {
      await client.delete(target, { uid: ended.metadata.uid });
      onEffect({ ...outcomeOf(ended), backupName: undefined });
    } else {
      await settle("rejected");
    }
    if (retries.keys > 0 && foundNoKeys(complaintsOf(ended))) {
      tell(nameOf(aim.owner), `${place} failed as Velero was just writing its keys; another is taken`);
      return takeBackup(aim, how, { ...retries, keys: retries.keys - 1 });
    }
    throw problem;
  }
  const blind = await kindsMissing(ended, aim, how);
  if (blind.length > 0) {
    await settle("rejected");
    await outwaitDiscovery(ended, blind, { ...how, place, isLast: retries.kinds === 0 });
    return takeBackup(aim, how, { ...retries, kinds: retries.kinds - 1 });
  }
  const outcome = { ...outcomeOf(ended), volumesBackedUp, stored };
  onEffect(outcome);
  await how.finish(() => settle("true"));
  return outcome;

  async function settle(verdict: "true" | "rejected"): Promise<void> {
    const labels = { [settledLabel]: verdict, [incarnationLabel]: aim.incarnation, [leftLabel]: null };
    await client.patch(target, { metadata: { labels } });
  }
}

/** Lists the kinds that the backup lacks because Velero did not know them. A backup that is accepted in part may lack more. */
async function kindsMissing(
  ended: Backup,
  aim: ClusterBackupOutputs,
  { client, store }: Circumstances,
): Promise<BlindKind[]> {
  if (stateOf(ended) !== "completed") return [];
  const place = { ...aim.location, client, store, name: ended.metadata.name };
  const { blind, unseen } = await blindKinds(ended, aim, place);
  if (unseen !== undefined)
    tell(
      nameOf(aim.owner),
      `warning: a backup of cluster "${aim.cluster}" may lack objects of kinds that were defined just before it: ${unseen}`,
    );
  return blind;
}

/** Waits for it, and says meanwhile how far it is. */
async function awaitEnd(
  { metadata: { name, namespace = "" } }: Backup,
  { cluster, location }: ClusterBackupOutputs,
  { client, deadline, progress }: Circumstances,
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
 * Finds what an earlier call has begun and not finished, or not told: the one that state knows, at any age; or one with
 * our labels, while it is young.
 */
async function findBegun(
  aim: ClusterBackupOutputs,
  { client, now }: Circumstances,
): Promise<Backup | undefined> {
  const { items } = await client.list<Backup>({
    type: backups,
    namespace: aim.location.namespace,
    labelSelector: `${wishLabel}=${wishOf(aim)}`,
  });
  const begun = items
    .filter((backup) => {
      if (!isOurs(backup, aim)) return false;
      const { labels = {}, name } = backup.metadata;
      if (labels[settledLabel]) return isUntold(backup, aim) && isYoung(backup, aim, now());
      return name === aim.backupName || isYoung(backup, aim, now());
    })
    .filter((backup) => mayStillBeGood(backup, aim.allowPartialFailure === true));
  return newestFirst(begun)[0];
}

/**
 * A run that is killed behind the last write has settled a backup and told nobody. The next update finds it by its
 * incarnation, as younger than all that state knows. A create cannot: to it, a replacement that the user asks for
 * (`--replace`) looks the same, since Pulumi's engine gives it nothing of the old one. It takes another backup.
 */
function isUntold(backup: Backup, { incarnation, startTime }: ClusterBackupOutputs): boolean {
  if (backup.metadata.labels?.[settledLabel] !== "true" || !isIncarnation(backup, incarnation)) return false;
  return startTime === undefined || Date.parse(backup.status?.startTimestamp ?? "") > Date.parse(startTime);
}

const mayStillBeGood = (backup: Backup, partialIsGood: boolean): boolean =>
  ["running", "completed", ...(partialIsGood ? ["partiallyFailed"] : [])].includes(stateOf(backup));

/** Creates the Backup under a name that neither the cluster nor the store has yet. */
async function begin(aim: ClusterBackupOutputs, how: Circumstances): Promise<Backup> {
  const { client, store, deadline, now } = how;
  await requireLocation(client, aim, deadline);
  const { labels, annotations } = stampOf(aim);
  for (let second = 0; second < 10; second++) {
    const name = `${aim.objectName}-${timestamp(new Date(now().getTime() + second * 1_000))}`;
    // Velero fails a Backup whose name lies in the store already, and would erase the older one with it (rule 1).
    if (await store?.get(backupMetadataKey(aim.location.storePrefix, name))) continue;
    const manifest = backupManifest(
      {
        name,
        namespace: aim.location.namespace,
        labels: {
          ...labels,
          [wishLabel]: wishOf(aim),
          ...(aim.scheduleName ? { [scheduleNameLabel]: aim.scheduleName } : {}),
        },
        annotations,
      },
      backupSpecOf(aim),
    );
    const created = await client.create<Backup>(backups, manifest).catch((error: unknown) => {
      if (isConflict(error)) return ourOwn(client, name, aim);
      throw error;
    });
    if (created) return created;
  }
  throw new Problem({
    code: "NoFreeName",
    what: `no free name for a backup beginning with ${aim.objectName}`,
  });
}

/** A create whose answer was lost on the way, and that was repeated, conflicts with itself. */
async function ourOwn(
  client: KubernetesClient,
  name: string,
  aim: ClusterBackupOutputs,
): Promise<Backup | undefined> {
  const live = await client.get<Backup>({ type: backups, name, namespace: aim.location.namespace });
  // By the time of the second try it may have ended; an older one of ours under this name has been settled.
  const { labels = {} } = live?.metadata ?? {};
  const isIt = labels[wishLabel] === wishOf(aim) && !labels[settledLabel];
  return live && isIncarnation(live, aim.incarnation) && isIt ? live : undefined;
}

/** 2026-11-23T02:00:00Z → 20261123020000, as Velero's own schedules have it. */
const timestamp = (time: Date): string => time.toISOString().replace(/\D/g, "").slice(0, 14);

const vanished = (place: string) =>
  new Problem({
    code: "DeletedExternally",
    what: `${place} was deleted while it was being waited for`,
    todo: "Find out who deletes it, and run up again, which takes another.",
  });
