import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups, locations, type ResourceType, secrets } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import type { OpenCluster } from "../../lifecycle/clusters.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { isIncarnation } from "../../lifecycle/ensure.ts";
import { incarnationLabel } from "../../lifecycle/identity.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { resolveStorage } from "../../lifecycle/references.ts";
import { openStore } from "../../storage/open-store.ts";
import { wordsOf } from "../../errors.ts";
import { isBeingWritten } from "../../velero/phases.ts";
import type { Backup } from "../../velero/types.ts";
import { release } from "./claim.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

/**
 * Takes the location out of the cluster; what is stored stays. The location goes first, since with it Velero would
 * sync the Backup objects back; those that name it go after it, since they would hide synced ones of another location
 * (velero.md 10.1). Whatever carries another incarnation has been taken over and is not touched.
 */
export async function remove(
  { client }: OpenCluster,
  state: ClusterLocationOutputs,
  deadline: Deadline,
): Promise<void> {
  const own = await client.get({ type: locations, name: state.locationName, namespace: state.namespace });
  if (own && isIncarnation(own, state.incarnation))
    await awaitRunning(client, state.locationName, state, deadline);
  for (const name of [state.locationName, ...Object.values(state.readLocations)]) {
    if (await deleteOurs(client, locations, name, state)) await forgetBackups(client, name, state.namespace);
  }
  await removeSecret(client, state);
  await releaseClaim(state);
}

/** The Secret, after the locations that name it. */
export async function removeSecret(client: KubernetesClient, state: ClusterLocationOutputs): Promise<void> {
  await deleteOurs(client, secrets, state.locationName, state);
}

/** Read-only locations of this incarnation that `reads` no longer asks for. */
export async function removeStaleReads(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
): Promise<void> {
  const { items } = await client.list({
    type: locations,
    namespace: state.namespace,
    labelSelector: `${incarnationLabel}=${state.incarnation}`,
  });
  const wanted = [state.locationName, ...Object.values(state.readLocations)];
  for (const { metadata } of items.filter(({ metadata }) => !wanted.includes(metadata.name))) {
    if (await deleteOurs(client, locations, metadata.name, state)) {
      await forgetBackups(client, metadata.name, state.namespace);
    }
  }
}

/** Tells whether the name is free of a newer incarnation's object afterwards. */
async function deleteOurs(
  client: KubernetesClient,
  type: ResourceType,
  name: string,
  { namespace, incarnation }: ClusterLocationOutputs,
): Promise<boolean> {
  const target = { type, name, namespace };
  const live = await client.get(target);
  if (!live) return true;
  if (!isIncarnation(live, incarnation)) return false;
  await client.delete(target, { uid: live.metadata.uid });
  return true;
}

/** Removes the objects alone: without their location Velero can neither delete nor expire what they stand for. */
async function forgetBackups(client: KubernetesClient, location: string, namespace: string): Promise<void> {
  const theirs = await backupsNaming(client, location, namespace);
  await Promise.all(
    theirs.map(({ metadata }) =>
      client.delete({ type: backups, name: metadata.name, namespace }, { uid: metadata.uid }),
    ),
  );
}

/** A backup that is being written needs its location until it has ended; one that only waits is dropped with it. */
async function awaitRunning(
  client: KubernetesClient,
  location: string,
  { namespace }: ClusterLocationOutputs,
  deadline: Deadline,
): Promise<void> {
  const running = (await backupsNaming(client, location, namespace)).filter(isBeingWritten);
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

/** By what they say themselves: a Backup that Velero has not looked at yet carries no label of its location. */
async function backupsNaming(
  client: KubernetesClient,
  location: string,
  namespace: string,
): Promise<Backup[]> {
  const { items } = await client.list<Backup>({ type: backups, namespace });
  return items.filter(({ spec }) => spec.storageLocation === location);
}

/** A store that is gone or closed to us must not keep the location from being removed: the claim just stays. */
async function releaseClaim(state: ClusterLocationOutputs): Promise<void> {
  if (state.accessMode !== "ReadWrite") return;
  try {
    await release(openStore(resolveStorage(state.storage)), state.storePrefix, state.incarnation, new Date());
  } catch (error) {
    tell(
      nameOf(state.owner),
      `the claim on ${state.storePrefix}/ could not be released (${wordsOf(error)}); ` +
        "who declares it again must set takeOver",
    );
  }
}
