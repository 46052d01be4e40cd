import { randomBytes } from "node:crypto";
import { Problem } from "../errors.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { backups, deleteBackupRequests } from "../kubernetes/resources.ts";
import { waitFor } from "../kubernetes/wait.ts";
import type { Deadline } from "../lifecycle/deadline.ts";
import { backupNameLabel, backupUidLabel, labelValue } from "../velero/labels.ts";
import { stateOf, tookForeignName } from "../velero/phases.ts";
import type { Backup, DeleteBackupRequest } from "../velero/types.ts";

/** Velero works through requests one by one; more than a few waiting help nobody. */
const OUTSTANDING = 10;

/**
 * Deletes backups with their data, through Velero (DESIGN rule 1). What never stored anything, or failed since its
 * name lay in the store already, goes as a mere object. Run again it goes on with what is left.
 */
export async function deleteStored(
  client: KubernetesClient,
  doomed: readonly Backup[],
  deadline: Deadline,
): Promise<void> {
  const waiting = [...doomed];
  async function deleteNext(): Promise<void> {
    for (let backup = waiting.shift(); backup; backup = waiting.shift())
      await deleteOne(client, backup, deadline);
  }
  await Promise.all(Array.from({ length: OUTSTANDING }, deleteNext));
}

async function deleteOne(client: KubernetesClient, doomed: Backup, deadline: Deadline): Promise<void> {
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
      deadline,
      what: `${place} did not finish, and a running backup cannot be deleted`,
      todo: "Run again later.",
    },
  );
  if (ended === "gone") return;
  if (stateOf(ended) === "refused" || tookForeignName(ended)) {
    await client.delete(target, { uid: ended.metadata.uid });
    return;
  }
  await requestDeletion(client, ended, place, deadline);
}

async function requestDeletion(
  client: KubernetesClient,
  doomed: Backup,
  place: string,
  deadline: Deadline,
): Promise<void> {
  const { name, namespace = "", uid = "" } = doomed.metadata;
  const request = await client.create<DeleteBackupRequest>(deleteBackupRequests, {
    metadata: {
      name: `${name}-${randomBytes(4).toString("hex")}`,
      namespace,
      labels: { [backupNameLabel]: labelValue(name), [backupUidLabel]: uid },
    },
    spec: { backupName: name },
  } as DeleteBackupRequest);

  // Success leaves no trace: both objects disappear. Failure leaves the request, with errors (velero.md 2.7).
  const settled = new AbortController();
  const how = {
    deadline,
    signal: settled.signal,
    what: `${place} was not deleted`,
    todo: "Velero goes on with it; run again to wait for it.",
  };
  const gone = waitFor<Backup, "gone">(
    client,
    { type: backups, name, namespace },
    (live) => (!live || live.metadata.uid !== uid ? "gone" : undefined),
    how,
  );
  const refused = waitFor<DeleteBackupRequest, string[]>(
    client,
    { type: deleteBackupRequests, name: request.metadata.name, namespace },
    (live) => (live?.status?.errors?.length ? live.status.errors : undefined),
    how,
  );
  try {
    const outcome = await Promise.race([gone, refused]);
    if (outcome !== "gone") {
      throw new Problem({
        code: "DeletionRefused",
        what: `${place} could not be deleted`,
        said: outcome.join("; "),
        todo: "Mend the cause and run again.",
      });
    }
  } finally {
    settled.abort();
    await Promise.allSettled([gone, refused]);
  }
}
