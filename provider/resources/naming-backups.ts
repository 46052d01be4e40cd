import type { KubernetesClient } from "../kubernetes/client.ts";
import { backups } from "../kubernetes/resources.ts";
import { waitFor } from "../kubernetes/wait.ts";
import type { Deadline } from "../lifecycle/deadline.ts";
import { isBeingWritten } from "../velero/phases.ts";
import type { Backup } from "../velero/types.ts";

/** By what they say themselves: a Backup that Velero has not looked at yet carries no label of its location. */
export async function namingBackups(
  client: KubernetesClient,
  location: string,
  namespace: string,
): Promise<Backup[]> {
  const { items } = await client.list<Backup>({ type: backups, namespace });
  return items.filter(({ spec }) => spec.storageLocation === location);
}

/** Removes the objects alone: without their location Velero can neither delete nor expire what they stand for. */
export async function forgetBackups(
  client: KubernetesClient,
  location: string,
  namespace: string,
): Promise<void> {
  const theirs = await namingBackups(client, location, namespace);
  await Promise.all(
    theirs.map(({ metadata }) =>
      client.delete({ type: backups, name: metadata.name, namespace }, { uid: metadata.uid }),
    ),
  );
}

/** A backup that is being written needs its location until it has ended; one that only waits is dropped with it. */
export async function awaitRunning(
  client: KubernetesClient,
  location: string,
  namespace: string,
  deadline: Deadline,
): Promise<void> {
  const running = (await namingBackups(client, location, namespace)).filter(isBeingWritten);
  await Promise.all(
    running.map(({ metadata: { name } }) =>
      waitFor<Backup, true>(
        client,
        { type: backups, name, namespace },
        (live) => (live && isBeingWritten(live) ? undefined : true),
        {
          deadline,
          what: `Backup ${namespace}/${name} in cluster "${client.label.key}" did not finish, and its location has to stay until then`,
          todo: "Run again when it has ended; if Velero is dead, delete the Backup object.",
        },
      ),
    ),
  );
}
