import type { Deadline } from "../../core/deadline.ts";
import { Problem, wordsOf } from "../../core/errors.ts";
import { incarnationLabel, nameOf, ownerIn, ownersOf } from "../../core/identity.ts";
import { deleteStored, requireDeletable } from "../backup/delete-stored.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { OpenCluster } from "../../kubernetes/clusters.ts";
import { isIncarnation, ownedByAnother } from "../../kubernetes/ensure.ts";
import {
  backupRepositories,
  backups,
  type KubernetesObject,
  locations,
  type ResourceType,
  secrets,
} from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import { readMarker, wasMarkedBy } from "../../rules/attach.ts";
import { foldersWithData, readClaimInCluster, release, removeClaimsInCluster } from "../../rules/claim.ts";
import {
  awaitRunning,
  forgetBackups,
  type NamedLocation,
  type Namers,
  namingBackups,
  someOf,
  stillNamedBy,
} from "../../rules/location-users.ts";
import { readStoredBackups } from "../../rules/stored-backups.ts";
import type { ClusterLocationOutputs } from "../../schemas/cluster-location.ts";
import type { Session } from "../../session.ts";
import { type ObjectStore, removePrefix } from "../../store/object-store.ts";
import { programAccess } from "../../store/store-access.ts";
import {
  formerLineagesAnnotation,
  labelValue,
  orphanedLabel,
  storageLocationLabel,
} from "../../velero/manifests.ts";
import { backupsFolder, markerKey } from "../../velero/backup-files.ts";
import type { Backup } from "../../velero/types.ts";

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
  const erasing = { store: session.stores.open(programAccess(state, state.cluster)), deadline };
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
    const store = session.stores.open(programAccess(state, state.cluster));
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
  await client.patch(target, { metadata: { labels: { [orphanedLabel]: "true" }, annotations } });
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

interface RemovalOptions {
  /** The program's access to the store. Without it, only Velero's own deletions happen. */
  store: ObjectStore | undefined;
  deadline: Deadline;
}

/**
 * Returns true if all data of the location may be deleted with it: `deletionPolicy` says so, the claim on the prefix
 * and the location (`own`, the live object) belong to this incarnation, and every backup there belongs to this stack.
 * Throws if the policy says so and another condition fails. Returns false if nothing is left to delete, because a
 * killed run has deleted it.
 */
export async function mayErase(
  { client, uid }: OpenCluster,
  state: ClusterLocationOutputs,
  { store, own }: RemovalOptions & { own: KubernetesObject | undefined },
): Promise<boolean> {
  if (state.deletionPolicy !== "delete") return false;
  const { storePrefix } = state;
  if (state.accessMode !== "ReadWrite") {
    client.session.notices.warn(
      nameOf(state.owner),
      `what is stored below ${folderInWords(state, store)} stays: the location is attached read-only`,
    );
    return false;
  }
  const marker = store ? await readMarker(store, storePrefix) : await readClaimInCluster(client, state);
  if (!marker && (await isNothingLeft(client, state, { store, own }))) return false;
  // A newer incarnation has taken over the prefix, with its data.
  if (marker && wasMarkedBy(marker, state) && marker.incarnation !== state.incarnation) return false;
  if (!marker || !wasMarkedBy(marker, state) || marker.released !== undefined || marker.cluster.uid !== uid)
    throw notErased(`${folderInWords(state, store)} does not carry this location's claim`);
  if (own && !isIncarnation(own, state.incarnation))
    throw ownedByAnother(client, locations, own, ownersOf(state));
  const { inCluster, inStore } = await requireOwnAlone(client, state, store);
  if (!own && inCluster.length + inStore.length > 0)
    throw notErased("its BackupStorageLocation is gone, without which Velero deletes no backup");
  return true;
}

/** Returns true if a killed run has deleted everything. It released the claim as its last write. */
async function isNothingLeft(
  client: KubernetesClient,
  { storePrefix, locationName, namespace }: ClusterLocationOutputs,
  { store, own }: { store: ObjectStore | undefined; own: KubernetesObject | undefined },
): Promise<boolean> {
  if (store) return (await foldersWithData(store, storePrefix)).length === 0;
  return own === undefined && (await namingBackups(client, locationName, namespace)).length === 0;
}

interface Holdings {
  inCluster: Backup[];
  inStore: Backup[];
}

/**
 * Returns all backups of the location. Throws if one of them does not belong to this stack, by the labels in cluster
 * and store: another stack retains it, or somebody made it by hand.
 */
async function requireOwnAlone(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
  store: ObjectStore | undefined,
): Promise<Holdings> {
  const [inCluster, inStore] = await Promise.all([
    namingBackups(client, state.locationName, state.namespace),
    store ? readStoredBackups(store, state.storePrefix) : [],
  ]);
  const lineages = new Set(ownersOf(state).map(({ lineage }) => lineage));
  const isOthers = (backup: Backup) => !lineages.has(ownerIn(backup)?.lineage ?? "");
  const others = new Set([...inCluster, ...inStore].filter(isOthers).map(({ metadata }) => metadata.name));
  if (others.size > 0) throw holdsOthers([...others].toSorted(), folderInWords(state, store));
  return { inCluster, inStore };
}

const folderInWords = ({ storePrefix }: ClusterLocationOutputs, store: ObjectStore | undefined): string =>
  store ? `${storePrefix}/ in ${store.address}` : `${storePrefix}/`;

/**
 * Deletes every backup through Velero, which also deletes the snapshots and copies of volumes. The location has to
 * exist. Each round checks the owners again, because rounds are long, and somebody may take a backup in the meantime.
 */
export async function eraseBackups(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
  how: RemovalOptions,
): Promise<void> {
  const { storePrefix, storage, owner, lineage } = state;
  const { store, deadline } = how;
  let isAllowed = false;
  for (;;) {
    const { inCluster, inStore } = await requireOwnAlone(client, state, store);
    const [unseen] = inStore;
    if (inCluster.length > 0) {
      if (!isAllowed) await requireDeletable(client, { location: state, storage, owner, lineage }, how);
      isAllowed = true;
      await deleteStored(client, inCluster, { store, deadline, storePrefix, resource: nameOf(owner) });
    } else if (unseen) {
      await awaitSynced(client, state, { name: unseen.metadata.name, deadline });
    } else return;
  }
}

/** Waits until Velero knows a stored backup. Otherwise its snapshots would not be deleted. */
const awaitSynced = (
  client: KubernetesClient,
  { namespace, locationName, storePrefix }: ClusterLocationOutputs,
  { name, deadline }: { name: string; deadline: Deadline },
): Promise<true> =>
  waitFor<Backup, true>(
    client,
    { type: backups, name, namespace },
    (live) => (live?.spec.storageLocation === locationName ? true : undefined),
    {
      deadline,
      what: `Velero in cluster "${client.label.key}" did not bring back Backup ${name}, which lies below ${backupsFolder(storePrefix)}`,
      todo: "Only Velero deletes a backup with its snapshots. See that BackupStorageLocation is Available and its lastSyncedTime moves on, and run again.",
    },
  );

/**
 * Deletes what Velero does not: the objects of its repositories in the cluster, and all files below the prefix. The
 * claim is deleted last. The location is gone before, so no Velero writes there any more.
 */
export async function eraseRest(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
  { store }: RemovalOptions,
): Promise<void> {
  const { locationName, namespace, storePrefix, owner } = state;
  const labelSelector = `${storageLocationLabel}=${labelValue(locationName)}`;
  const { items } = await client.list({ type: backupRepositories, namespace, labelSelector });
  for (const { metadata } of items)
    await client.delete({ type: backupRepositories, name: metadata.name, namespace }, { uid: metadata.uid });
  if (!store) {
    client.session.notices.warn(
      nameOf(owner),
      `repositories of file copies (kopia/) below ${storePrefix}/ stay in the store: this program has no way there (\`access\`)`,
    );
    return;
  }
  const late = (await readStoredBackups(store, storePrefix)).map(({ metadata }) => metadata.name);
  if (late.length > 0) throw notErased(`backups were taken meanwhile (${shown(late)})`);
  await removePrefix(store, `${storePrefix}/`, { except: markerKey(storePrefix) });
  await store.remove([markerKey(storePrefix)]);
}

const NAMES_SHOWN = 5;

const shown = (names: readonly string[]): string =>
  `${names.slice(0, NAMES_SHOWN).join(", ")}${names.length > NAMES_SHOWN ? ", …" : ""}`;

const holdsOthers = (names: readonly string[], place: string) =>
  new Problem({
    code: "HoldsOthersBackups",
    property: "deletionPolicy",
    what: `nothing below ${place} is deleted: ${names.length} of the backups there were not made by this stack (${shown(names)})`,
    todo:
      "Delete those by hand, with their data, if nobody needs them (velero backup delete); or keep everything: set " +
      'deletionPolicy: "retain", run up, and destroy then.',
  });

const notErased = (why: string) =>
  new Problem({
    code: "NoClaim",
    property: "deletionPolicy",
    what: `what the location has stored is not deleted, since ${why}`,
    todo: 'Run up to make the location whole again, or keep what is stored with deletionPolicy: "retain".',
  });
