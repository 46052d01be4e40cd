import type { Deadline } from "../../core/deadline.ts";
import { Problem } from "../../core/errors.ts";
import { nameOf, ownerIn, ownersOf } from "../../core/identity.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { OpenCluster } from "../../kubernetes/clusters.ts";
import { isIncarnation, ownedByAnother } from "../../kubernetes/ensure.ts";
import { backupRepositories, backups, type KubernetesObject, locations } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import { readMarker, wasMarkedBy } from "../../rules/attach.ts";
import { foldersWithData, readClaimInCluster } from "../../rules/claim.ts";
import { namingBackups } from "../../rules/location-users.ts";
import { readStoredBackups } from "../../rules/stored-backups.ts";
import type { ClusterLocationOutputs } from "../../schemas/cluster-location.ts";
import { type ObjectStore, removePrefix } from "../../store/object-store.ts";
import { labelValue, storageLocationLabel } from "../../velero/labels.ts";
import { backupsFolder, markerKey } from "../../velero/layout.ts";
import type { Backup } from "../../velero/types.ts";
import { deleteStored, requireDeletable } from "../backup/delete-stored.ts";

interface How {
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
  { store, own }: How & { own: KubernetesObject | undefined },
): Promise<boolean> {
  if (state.deletionPolicy !== "delete") return false;
  const { storePrefix } = state;
  if (state.accessMode !== "ReadWrite") {
    client.session.notices.warn(
      nameOf(state.owner),
      `what is stored below ${placeOf(state, store)} stays: the location is attached read-only`,
    );
    return false;
  }
  const marker = store ? await readMarker(store, storePrefix) : await readClaimInCluster(client, state);
  if (!marker && (await isNothingLeft(client, state, { store, own }))) return false;
  // A newer incarnation has taken over the prefix, with its data.
  if (marker && wasMarkedBy(marker, state) && marker.incarnation !== state.incarnation) return false;
  if (!marker || !wasMarkedBy(marker, state) || marker.released !== undefined || marker.cluster.uid !== uid)
    throw notErased(`${placeOf(state, store)} does not carry this location's claim`);
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
  if (others.size > 0) throw holdsOthers([...others].toSorted(), placeOf(state, store));
  return { inCluster, inStore };
}

const placeOf = ({ storePrefix }: ClusterLocationOutputs, store: ObjectStore | undefined): string =>
  store ? `${storePrefix}/ in ${store.address}` : `${storePrefix}/`;

/**
 * Deletes every backup through Velero, which also deletes the snapshots and copies of volumes. The location has to
 * exist. Each round checks the owners again, because rounds are long, and somebody may take a backup in the meantime.
 */
export async function eraseBackups(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
  how: How,
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
  { store }: How,
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

const SHOWN = 5;

const shown = (names: readonly string[]): string =>
  `${names.slice(0, SHOWN).join(", ")}${names.length > SHOWN ? ", …" : ""}`;

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
