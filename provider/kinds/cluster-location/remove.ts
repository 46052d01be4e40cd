import type { Deadline } from "../../core/deadline.ts";
import { wordsOf } from "../../core/errors.ts";
import { incarnationLabel, nameOf, ownersOf } from "../../core/identity.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { OpenCluster } from "../../kubernetes/clusters.ts";
import { isIncarnation } from "../../kubernetes/ensure.ts";
import { locations, type ResourceType, secrets } from "../../kubernetes/resources.ts";
import { release, removeClaimsInCluster } from "../../rules/claim.ts";
import {
  awaitRunning,
  forgetBackups,
  type NamedLocation,
  type Namers,
  someOf,
  stillNamedBy,
} from "../../rules/location-users.ts";
import type { ClusterLocationOutputs } from "../../schemas/cluster-location.ts";
import { programWay } from "../../store/ways.ts";
import { formerLineagesAnnotation, leavingLabel } from "../../velero/labels.ts";
import type { Session } from "../../session.ts";
import { eraseBackups, eraseRest, mayErase } from "./erase.ts";

/**
 * Removes the location from the cluster. Stored data stays, unless `deletionPolicy` says otherwise and no successor
 * replaces the location (`replaced`). The location is deleted first, because with it Velero would create the Backup
 * objects again. The Backup objects that name it are deleted after it, because they would hide synced ones of another
 * location (docs/design/velero-facts.md#names-over-all-locations). Objects of another incarnation have been taken over,
 * and are not touched. A location that other stacks still use is left to them.
 */
export async function remove(
  session: Session,
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
  const erasing = { store: session.stores.open(programWay(state, state.cluster)), deadline };
  const erases = !replaced && (await mayErase(cluster, state, { ...erasing, own }));
  if (isOurs) await awaitRunning(client, locationName, namespace, deadline);
  if (erases) await eraseBackups(client, state, erasing);
  await removeLocation(client, locationName, state);
  if (erases) await eraseRest(client, state, erasing);
  await removeSecret(client, locationName, state);
  await releaseClaim(session, client, state);
}

async function removeLocation(
  client: KubernetesClient,
  name: string,
  state: ClusterLocationOutputs,
): Promise<void> {
  if (await deleteOurs(client, locations, name, state)) await forgetBackups(client, name, state.namespace);
}

/** Removes the location's Secret. It is deleted after the locations that name it. */
export async function removeSecret(
  client: KubernetesClient,
  location: string,
  state: ClusterLocationOutputs,
): Promise<void> {
  await deleteOurs(client, secrets, location, state);
}

/** Returns the read-only locations in state that `reads` no longer names. */
export const staleReads = (
  { readLocations }: ClusterLocationOutputs,
  before: ClusterLocationOutputs | undefined,
): string[] =>
  [...new Set([...Object.values(before?.readLocations ?? {}), ...(before?.leavingReads ?? [])])].filter(
    (name) => !Object.values(readLocations).includes(name),
  );

/**
 * Removes read-only locations of this incarnation that `reads` no longer names. If a killed run removed such a
 * location, its Backup objects may still exist: `known` are the locations in state.
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
    // A location in its own store has its own credentials.
    await removeSecret(client, name, state);
  }
}

/** Deletes an object of this incarnation. Returns true if no object of a newer incarnation has the name. */
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

/**
 * Releases the claim. A store that is missing or refuses access must not block the removal of the location. The claim
 * then stays.
 */
async function releaseClaim(
  session: Session,
  client: KubernetesClient,
  state: ClusterLocationOutputs,
): Promise<void> {
  if (state.accessMode !== "ReadWrite") return;
  if (state.access === "none") await removeClaimsInCluster(client, state);
  try {
    const store = session.stores.open(programWay(state, state.cluster));
    if (store) await release(store, state.storePrefix, state.incarnation, new Date());
  } catch (error) {
    session.notices.warn(
      nameOf(state.owner),
      `the claim on ${state.storePrefix}/ could not be released (${wordsOf(error)}); ` +
        "a BackupLocation that is made anew for it needs the adoptLineage that its preview prints",
    );
  }
}

/**
 * Orphans a location that other stacks still use: it stays with its Secret, its claim and its data, and its last user
 * removes it. Returns true in that case. Then nothing else has to be removed. Schedules of this stack move to the
 * successor of a `replaced` location.
 */
export async function leaveToOthers(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
  { replaced }: { replaced: boolean },
): Promise<boolean> {
  const { formerOwners = [], takenBack = [] } = state;
  const place: NamedLocation = {
    ...state,
    name: state.locationName,
    formerOwners: [...formerOwners, ...takenBack],
  };
  const before = await stillNamedBy(client, place);
  if (before.users.length === 0) {
    tellByHand(before, place, client);
    if (!replaced) tellRetained(before, place, client);
    return false;
  }
  const target = { type: locations, name: place.name, namespace: place.namespace };
  const former = new Set(ownersOf(place).map(({ lineage }) => lineage));
  former.delete(place.lineage);
  const annotations = { [formerLineagesAnnotation]: former.size > 0 ? [...former].join(",") : null };
  await client.patch(target, { metadata: { labels: { [leavingLabel]: "true" }, annotations } });
  // The last user may have left just before it could see the label. Then we remove the location after all.
  const { users } = await stillNamedBy(client, place);
  if (users.length === 0) return false;
  client.session.notices.warn(
    nameOf(state.owner),
    `BackupStorageLocation ${place.namespace}/${place.name} in cluster "${client.label.key}" is left to others who ` +
      `still use it: ${someOf(users)}. It stays as it is, with its Secret, which nobody rotates any more. ` +
      "The last of them removes it; what is stored stays then, too.",
  );
  return true;
}

/** Warns of objects that were made by hand. They do not keep the location, and have none from now on. */
function tellByHand({ byHand }: Namers, { name, owner }: NamedLocation, client: KubernetesClient): void {
  if (byHand.length === 0) return;
  client.session.notices.warn(
    nameOf(owner),
    `BackupStorageLocation ${name} in cluster "${client.label.key}" goes although objects that were made by hand ` +
      `name it: ${someOf(byHand)}. Schedules among them make no more backups, Backup objects go with it`,
  );
}

/** Warns of orphaned Schedules. They fail from now on, and no resource is left whose refresh would report it. */
function tellRetained({ retained }: Namers, { name, owner }: NamedLocation, client: KubernetesClient): void {
  if (retained.length === 0) return;
  client.session.notices.warn(
    nameOf(owner),
    `BackupStorageLocation ${name} in cluster "${client.label.key}" goes although Schedules that this stack has made ` +
      `and no longer has in its state (retainOnDelete, deletedWith, \`pulumi state delete\`) name it: ` +
      `${someOf(retained)}. They make no more backups: remove them, or keep the location, too (retainOnDelete)`,
  );
}
