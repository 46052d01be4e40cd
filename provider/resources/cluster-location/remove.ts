import type { KubernetesClient } from "../../kubernetes/client.ts";
import { locations, type ResourceType, secrets } from "../../kubernetes/resources.ts";
import type { OpenCluster } from "../../lifecycle/clusters.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { isIncarnation } from "../../lifecycle/ensure.ts";
import { incarnationLabel, nameOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { openWay } from "../../lifecycle/open-way.ts";
import { programWay } from "../../storage/ways.ts";
import { wordsOf } from "../../errors.ts";
import { awaitRunning, forgetBackups } from "../naming-backups.ts";
import { release } from "./claim.ts";
import { removeClaimsInCluster } from "./claim-place.ts";
import { eraseBackups, eraseRest, mayErase } from "./erase.ts";
import { leaveToOthers } from "./leave-to-others.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

/**
 * Takes the location out of the cluster. What is stored stays, unless `deletionPolicy` says otherwise and no successor
 * replaces it (`replaced`). The location goes first, since with it Velero would sync the Backup objects back; those that
 * name it go after it, since they would hide synced ones of another location
 * (docs/design/velero-facts.md#names-over-all-locations). Whatever carries another incarnation has been taken over
 * and is not touched, and a location that other stacks still use is left to them.
 */
export async function remove(
  cluster: OpenCluster,
  state: ClusterLocationOutputs,
  { deadline, replaced }: { deadline: Deadline; replaced: boolean },
): Promise<void> {
  const { client } = cluster;
  const { locationName, namespace } = state;
  const reads = [...Object.values(state.readLocations), ...(state.leavingReads ?? [])];
  await removeStaleReads(client, { ...state, readLocations: {} }, reads);
  const own = await client.get({ type: locations, name: locationName, namespace });
  const isOurs = own !== undefined && isIncarnation(own, state.incarnation);
  if (isOurs && (await leaveToOthers(client, state, { replaced }))) return;
  const erasing = { store: openWay(programWay(state, state.cluster)), deadline };
  const erases = !replaced && (await mayErase(cluster, state, { ...erasing, own }));
  if (isOurs) await awaitRunning(client, locationName, namespace, deadline);
  if (erases) await eraseBackups(client, state, erasing);
  await removeLocation(client, locationName, state);
  if (erases) await eraseRest(client, state, erasing);
  await removeSecret(client, locationName, state);
  await releaseClaim(client, state);
}

async function removeLocation(
  client: KubernetesClient,
  name: string,
  state: ClusterLocationOutputs,
): Promise<void> {
  if (await deleteOurs(client, locations, name, state)) await forgetBackups(client, name, state.namespace);
}

/** The Secret of that location's, after the locations that name it. */
export async function removeSecret(
  client: KubernetesClient,
  location: string,
  state: ClusterLocationOutputs,
): Promise<void> {
  await deleteOurs(client, secrets, location, state);
}

/** What state knows of read-only locations that `reads` no longer asks for. */
export const staleReads = (
  { readLocations }: ClusterLocationOutputs,
  before: ClusterLocationOutputs | undefined,
): string[] =>
  [...new Set([...Object.values(before?.readLocations ?? {}), ...(before?.leavingReads ?? [])])].filter(
    (name) => !Object.values(readLocations).includes(name),
  );

/**
 * Read-only locations of this incarnation that `reads` no longer asks for. Of one that a killed run has removed the
 * Backup objects may still be there: `known` are those of state.
 */
export async function removeStaleReads(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
  known: readonly string[],
): Promise<void> {
  const { items } = await client.list({
    type: locations,
    namespace: state.namespace,
    labelSelector: `${incarnationLabel}=${state.incarnation}`,
  });
  const wanted = [state.locationName, ...Object.values(state.readLocations)];
  const found = items.map(({ metadata }) => metadata.name).filter((name) => !wanted.includes(name));
  for (const name of new Set([...found, ...known])) {
    await removeLocation(client, name, state);
    // One that lay in a store of its own had keys of its own.
    await removeSecret(client, name, state);
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

/** A store that is gone or closed to us must not keep the location from being removed: the claim just stays. */
async function releaseClaim(client: KubernetesClient, state: ClusterLocationOutputs): Promise<void> {
  if (state.accessMode !== "ReadWrite") return;
  if (state.access === "none") await removeClaimsInCluster(client, state);
  try {
    const store = openWay(programWay(state, state.cluster));
    if (store) await release(store, state.storePrefix, state.incarnation, new Date());
  } catch (error) {
    tell(
      nameOf(state.owner),
      `the claim on ${state.storePrefix}/ could not be released (${wordsOf(error)}); ` +
        "a BackupLocation that is made anew for it needs the adoptLineage that its preview prints",
    );
  }
}
