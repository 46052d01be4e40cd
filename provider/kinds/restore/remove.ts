import { type Deadline, deadlineOf } from "../../core/deadline.ts";
import { nameOf } from "../../core/identity.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { unlessUnreachable } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { isIncarnation } from "../../kubernetes/ensure.ts";
import { configMaps, restores } from "../../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../../kubernetes/wait.ts";
import { drilledNow } from "./drill.ts";
import type { Part } from "./part.ts";
import type { Session } from "../../session.ts";
import { modifiersNameOf } from "./run-restore.ts";

/** Velero removes a restore's files before it deletes the object. If the location is unavailable, it never does. */
const PATIENCE_MS = 30_000;

/** Removes the Restore object and its ConfigMap from the target. Restored objects stay. */
export async function remove(session: Session, part: Part): Promise<void> {
  const { known, target } = part;
  const { restoreName, modifiersName, drilled = [] } = known;
  if (restoreName === undefined && modifiersName === undefined && drilled.length === 0) return;
  const { location, connection } = target;
  const access = session.newestAccess.of(location, { connection });
  if (access.connection.offline) return;
  const label = clusterLabel(target.cluster);
  await unlessUnreachable(session, label, async () => {
    const { client } = await session.clusters.open(access.connection, label, known.clusterUid);
    await removeObjects(client, part);
  });
}

async function removeObjects(client: KubernetesClient, part: Part): Promise<void> {
  const { namespace } = part.target.location;
  const { restoreName, drilled = [] } = part.known;
  if (drilled.length > 0) await tellKept(client, part);
  for (const target of [
    ...(restoreName === undefined ? [] : [{ type: restores, name: restoreName, namespace }]),
    { type: configMaps, name: modifiersNameOf(part), namespace },
  ]) {
    const live = await client.get(target);
    if (!live || !isIncarnation(live, part.incarnation)) continue;
    await client.delete(target, { uid: live.metadata.uid });
    if (target.type === restores) await awaitGone(client, part, { ...target, uid: live.metadata.uid });
  }
}

/** Warns of the namespaces of a drill that was kept, or that failed: no later drill removes them. */
async function tellKept(client: KubernetesClient, part: Part): Promise<void> {
  const made = await drilledNow(client, part);
  // A replacement has removed them, and may have created its own in the meantime.
  const kept = made.filter((namespace) => isIncarnation(namespace, part.incarnation));
  if (kept.length === 0) return;
  const names = kept.map(({ metadata }) => metadata.name).join(", ");
  client.session.notices.warn(
    nameOf(part.owner),
    `leaves the namespaces of its drill in cluster "${client.label.key}": ${names}. Remove them by hand once nobody needs them`,
  );
}

async function awaitGone(
  client: KubernetesClient,
  part: Part,
  { uid, ...target }: { type: typeof restores; name: string; namespace: string; uid: string | undefined },
): Promise<void> {
  const limit = deadlineOf("delete", part.whole.timeouts);
  const deadline: Deadline = {
    name: limit.name,
    signal: AbortSignal.any([limit.signal, AbortSignal.timeout(PATIENCE_MS)]),
  };
  try {
    await waitFor(client, target, (live) => (live?.metadata.uid === uid ? undefined : true), {
      deadline,
      what: "",
      todo: "",
    });
  } catch (error) {
    if (!(error instanceof WaitTimeout)) throw error;
    client.session.notices.warn(
      nameOf(part.owner),
      `Restore ${target.namespace}/${target.name} in cluster "${client.label.key}" is being deleted, and is left to Velero, ` +
        "which first removes its files: its location has to be Available for that",
    );
  }
}
