import type { Deadline } from "../../core/deadline.ts";
import { Problem, wordsOf } from "../../core/errors.ts";
import { nameOf } from "../../core/identity.ts";
import { createUnderRandomName, type KubernetesClient } from "../../kubernetes/client.ts";
import { backups, deleteBackupRequests } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import { type LocationUse, requireLocation } from "../../rules/location-available.ts";
import { retentionAdvice } from "../../rules/store-settings.ts";
import { whileVeleroWorks } from "../../rules/velero-alive.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { backupNameLabel, backupUidLabel, labelValue } from "../../velero/manifests.ts";
import { backupsFolder } from "../../velero/backup-files.ts";
import { foundNoKeys, isThoughtToRun, stateOf, storedNothing, tookForeignName } from "../../velero/phases.ts";
import type { Backup, DeleteBackupRequest } from "../../velero/types.ts";

/** Velero handles requests one by one, so more open requests do not help. */
const OUTSTANDING = 10;
/** The number of failures that a message shows. */
const BACKUPS_SHOWN = 5;

interface DeletionOptions {
  deadline: Deadline;
  /** The resource that the backups belong to, for progress messages. */
  resource: string;
  /** The store, to check that the data is deleted. Without access, Velero's result is accepted. */
  store: ObjectStore | undefined;
  storePrefix: string;
}

/**
 * Deletes backups with their data, through Velero (docs/design/rules.md#deleting-data). If a Backup never stored
 * anything, or failed because its name was in the store already, only its object is deleted. A failure for one does not
 * stop the others. A second run continues with the rest.
 */
export async function deleteStored(
  client: KubernetesClient,
  doomed: readonly Backup[],
  how: DeletionOptions,
): Promise<void> {
  const { default: pMap } = await import("p-map");
  const progress = client.session.notices.startProgress(how.resource);
  const problems: unknown[] = [];
  let done = 0;
  const tellHowFar = () =>
    progress.report(
      "deleting",
      `${done} of ${doomed.length} backups in cluster "${client.label.key}" are gone`,
    );
  tellHowFar();
  try {
    await pMap(
      doomed,
      async (backup) => {
        await deleteOne(client, backup, how).then(
          () => (done += 1),
          (error: unknown) => problems.push(error),
        );
        tellHowFar();
      },
      { concurrency: OUTSTANDING },
    );
  } finally {
    progress.stop();
  }
  if (problems.length === 1) throw problems[0];
  if (problems.length > 1) throw severalStay(client, problems, doomed.length);
}

async function deleteOne(client: KubernetesClient, doomed: Backup, how: DeletionOptions): Promise<void> {
  const { name, namespace = "" } = doomed.metadata;
  const target = { type: backups, name, namespace };
  const place = `Backup ${namespace}/${name} in cluster "${client.label.key}"`;
  const ended = await waitFor<Backup, Backup | "gone">(
    client,
    target,
    (live) => {
      if (!live || live.metadata.uid !== doomed.metadata.uid) return "gone";
      return stateOf(live) === "running" ? undefined : live;
    },
    {
      deadline: how.deadline,
      what: `${place} did not finish, and a running backup cannot be deleted`,
      todo: "Run again later.",
    },
  );
  if (ended === "gone") return;
  if (stateOf(ended) === "refused" || tookForeignName(ended)) {
    await client.delete(target, { uid: ended.metadata.uid });
    return;
  }
  await requestDeletion(client, ended, place, how.deadline);
  if (!storedNothing(ended)) await requireGone(place, name, how);
}

/** Checks that the data is deleted. What Velero could not delete belongs to no Backup any more, and never expires. */
async function requireGone(
  place: string,
  name: string,
  { store, storePrefix }: DeletionOptions,
): Promise<void> {
  if (!store) return;
  const folder = `${backupsFolder(storePrefix)}${name}/`;
  const { objects } = await store.children(folder);
  if (objects.length === 0) return;
  throw new Problem({
    code: "NotDeleted",
    what: `Velero has deleted ${place}, and yet ${objects.length} of its objects are in ${store.address} below ${folder}`,
    said: objects.slice(0, BACKUPS_SHOWN).join(", "),
    todo: "No Backup object stands for them any more. See what keeps them there (a lock, a policy), and remove them by hand.",
  });
}

const severalStay = (client: KubernetesClient, problems: readonly unknown[], all: number) =>
  new Problem({
    code: "DeletionRefused",
    what: `${problems.length} of ${all} backups in cluster "${client.label.key}" could not be deleted`,
    said:
      problems.slice(0, BACKUPS_SHOWN).map(wordsOf).join(" — ") +
      (problems.length > BACKUPS_SHOWN ? ` — and ${problems.length - BACKUPS_SHOWN} more` : ""),
    todo: "Run again: it goes on with these.",
  });

/** The number of retries if Velero was just writing its keys, or ending the backup. */
const RETRIES = 2;

/**
 * Requests that Velero deletes one backup with its data, and waits for it. If an earlier request left the backup
 * `Deleting`, a new request is made, because Velero never tries again by itself. Velero drops the older request
 * (docs/design/velero-facts.md#deletion-requests).
 */
export async function requestDeletion(
  client: KubernetesClient,
  doomed: Backup,
  place: string,
  deadline: Deadline,
  retries = RETRIES,
): Promise<void> {
  const { name, namespace = "", uid = "" } = doomed.metadata;
  const labels = { [backupNameLabel]: labelValue(name), [backupUidLabel]: uid };
  const request = await createUnderRandomName<DeleteBackupRequest>(client, deleteBackupRequests, name, {
    metadata: { namespace, labels },
    spec: { backupName: name },
  });

  const refusal = await whileVeleroWorks(client, namespace, `${place} was not deleted`, (signal) =>
    deletionOutcomeOf(client, doomed, request, { deadline, signal, place }),
  );
  if (refusal === undefined) return;
  if (retries > 0 && refusal.some((words) => foundNoKeys(words) || isThoughtToRun(words)))
    return requestDeletion(client, doomed, place, deadline, retries - 1);
  throw new Problem({
    code: "DeletionRefused",
    what: `${place} could not be deleted`,
    said: refusal.join("; "),
    todo: refusal.some(isThoughtToRun)
      ? `It has ended (${doomed.status?.phase}), and yet Velero's server counts it as running. Restart the server (kubectl rollout restart deployment/velero -n ${namespace}), and run again.`
      : "Mend the cause and run again.",
  });
}

/**
 * Returns the result of a deletion. After a success both objects are gone. After a failure the request stays, with
 * errors (docs/design/velero-facts.md#deletion-requests).
 */
async function deletionOutcomeOf(
  client: KubernetesClient,
  { metadata: { name, namespace = "", uid } }: Backup,
  request: string,
  { deadline, signal, place }: { deadline: Deadline; signal: AbortSignal; place: string },
): Promise<string[] | undefined> {
  const settled = new AbortController();
  const how = {
    deadline,
    signal: AbortSignal.any([settled.signal, signal]),
    what: `${place} was not deleted`,
    todo: "Velero goes on with it; run again to wait for it.",
  };
  const gone = waitFor<Backup, true>(
    client,
    { type: backups, name, namespace },
    (live) => (live?.metadata.uid === uid ? undefined : true),
    how,
  );
  const refused = waitFor<DeleteBackupRequest, string[]>(
    client,
    { type: deleteBackupRequests, name: request, namespace },
    (live) => (live?.status?.errors?.length ? live.status.errors : undefined),
    how,
  );
  try {
    const outcome = await Promise.race([gone, refused]);
    return outcome === true ? undefined : outcome;
  } finally {
    settled.abort();
    await Promise.allSettled([gone, refused]);
  }
}

const toDelete = { undone: "Nothing was deleted", readOnly: "no stored backup can be deleted there" };

/**
 * Checks that Velero and the bucket allow the deletion, before a request is sent: if Velero refuses a request, the
 * backup stays `Deleting`.
 */
export async function requireDeletable(
  client: KubernetesClient,
  use: LocationUse & Pick<ClusterBackupOutputs, "storage" | "owner">,
  { store, deadline }: { store: ObjectStore | undefined; deadline: Deadline },
): Promise<void> {
  const { storage, owner } = use;
  await requireLocation(client, use, deadline, toDelete);
  if (!store || !storage) return;
  // Credentials without permission to read the bucket's settings may still delete.
  const facts = await store.inspect().catch(() => undefined);
  if (!facts) return;
  try {
    for (const notice of retentionAdvice(facts, storage, store.address))
      client.session.notices.warn(nameOf(owner), notice);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem({
      code: "Locked",
      property: "deletionPolicy",
      what: "nothing was deleted, since the bucket would not let it go",
      said: error.message,
      cause: error,
    });
  }
}
