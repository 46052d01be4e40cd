import { Problem, wordsOf } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { startProgress } from "../../lifecycle/progress.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { backupsFolder } from "../../velero/layout.ts";
import { stateOf, storedNothing, tookForeignName } from "../../velero/phases.ts";
import type { Backup } from "../../velero/types.ts";
import { requestDeletion } from "./request-deletion.ts";

/** Velero works through requests one by one; more than a few waiting help nobody. */
const OUTSTANDING = 10;
/** Of those that could not be deleted. */
const SHOWN = 5;

interface How {
  deadline: Deadline;
  /** Whose they are, for the lines that say how far it is. */
  resource: string;
  /** To see that the data is gone; without a way there Velero is believed. */
  store: ObjectStore | undefined;
  storePrefix: string;
}

/**
 * Deletes backups with their data, through Velero (docs/design/rules.md#deleting-data). A Backup that never
 * stored anything, or failed because its name was in the store already, goes as a mere object. One that cannot be
 * deleted keeps none of the others from it; run again it goes on with what is left.
 */
export async function deleteStored(
  client: KubernetesClient,
  doomed: readonly Backup[],
  how: How,
): Promise<void> {
  const { default: pMap } = await import("p-map");
  const progress = startProgress(how.resource);
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

async function deleteOne(client: KubernetesClient, doomed: Backup, how: How): Promise<void> {
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

/** Velero's word alone is not enough: what it could not remove is nobody's any more, and never expires. */
async function requireGone(place: string, name: string, { store, storePrefix }: How): Promise<void> {
  if (!store) return;
  const folder = `${backupsFolder(storePrefix)}${name}/`;
  const { objects } = await store.children(folder);
  if (objects.length === 0) return;
  throw new Problem({
    code: "NotGone",
    what: `Velero has deleted ${place}, and yet ${objects.length} of its objects are in ${store.address} below ${folder}`,
    said: objects.slice(0, SHOWN).join(", "),
    todo: "No Backup object stands for them any more. See what keeps them there (a lock, a policy), and remove them by hand.",
  });
}

const severalStay = (client: KubernetesClient, problems: readonly unknown[], all: number) =>
  new Problem({
    code: "DeletionRefused",
    what: `${problems.length} of ${all} backups in cluster "${client.label.key}" could not be deleted`,
    said:
      problems.slice(0, SHOWN).map(wordsOf).join(" — ") +
      (problems.length > SHOWN ? ` — and ${problems.length - SHOWN} more` : ""),
    todo: "Run again: it goes on with these.",
  });
