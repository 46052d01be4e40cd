import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { createUnderRandomName } from "../../kubernetes/create-under-random-name.ts";
import { backups, deleteBackupRequests } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { backupNameLabel, backupUidLabel, labelValue } from "../../velero/labels.ts";
import { foundNoKeys, isThoughtToRun } from "../../velero/phases.ts";
import type { Backup, DeleteBackupRequest } from "../../velero/types.ts";
import { whileVeleroWorks } from "../require-velero.ts";

/** How often it is requested again where Velero was just writing the keys that it needed, or ending the backup. */
const RETRIES = 2;

/**
 * Has Velero delete one backup with its data, and waits for it. One that an earlier request left `Deleting` is
 * requested anew, since Velero never tries again by itself; it drops the older request
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
    outcomeOf(client, doomed, request, { deadline, signal, place }),
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
 * Success leaves no trace: both objects disappear. Failure leaves the request, with errors
 * (docs/design/velero-facts.md#deletion-requests).
 */
async function outcomeOf(
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
