import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backupRepositories, backups } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import type { OpenCluster } from "../../lifecycle/clusters.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { nameOf, ownerIn, ownersOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { removePrefix } from "../../storage/remove-prefix.ts";
import { labelValue, storageLocationLabel } from "../../velero/labels.ts";
import { backupsFolder, markerKey } from "../../velero/layout.ts";
import type { Backup } from "../../velero/types.ts";
import { deleteStored } from "../backup/delete-stored.ts";
import { requireDeletable } from "../backup/require-deletable.ts";
import { namingBackups } from "../naming-backups.ts";
import { readStoredBackups } from "../stored-backups.ts";
import { foldersWithData } from "../velero-folders.ts";
import { readClaimInCluster } from "./claim-place.ts";
import { readMarker, wasMarkedBy } from "./marker.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

interface How {
  /** The program's way to the store; without one only what Velero deletes is deleted. */
  store: ObjectStore | undefined;
  deadline: Deadline;
}

/**
 * Tells whether all that the location has stored may be deleted with it: `deletionPolicy` says so, the claim on the
 * prefix is this incarnation's, and every backup there is this stack's. Throws where the policy says so and one of the
 * other conditions does not hold. False where nothing is left to delete, since a killed run has done it.
 */
export async function mayErase(
  { client, uid }: OpenCluster,
  state: ClusterLocationOutputs,
  { store }: How,
): Promise<boolean> {
  if (state.deletionPolicy !== "delete") return false;
  const { storePrefix } = state;
  const place = store ? `${storePrefix}/ in ${store.address}` : `${storePrefix}/`;
  if (state.accessMode !== "ReadWrite") {
    tell(nameOf(state.owner), `what is stored below ${place} stays: the location is attached read-only`);
    return false;
  }
  const marker = store ? await readMarker(store, storePrefix) : await readClaimInCluster(client, state);
  if (!marker && store && (await foldersWithData(store, storePrefix)).length === 0) return false;
  // A newer incarnation has taken the prefix over, and its data with it.
  if (marker && wasMarkedBy(marker, state) && marker.incarnation !== state.incarnation) return false;
  if (!marker || !wasMarkedBy(marker, state) || marker.released !== undefined || marker.cluster.uid !== uid)
    throw noClaim(`${place} does not carry this location's claim`);
  const others = await othersBackups(client, state, store);
  if (others.length > 0) throw holdsOthers(others, place);
  return true;
}

/** Finds by the labels in cluster and store what another stack retains, or somebody has made by hand. */
async function othersBackups(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
  store: ObjectStore | undefined,
): Promise<string[]> {
  const [inCluster, inStore] = await Promise.all([
    namingBackups(client, state.locationName, state.namespace),
    store ? readStoredBackups(store, state.storePrefix) : [],
  ]);
  const lineages = new Set(ownersOf(state).map(({ lineage }) => lineage));
  const isOthers = (backup: Backup) => !lineages.has(ownerIn(backup)?.lineage ?? "");
  const names = [...inCluster, ...inStore].filter(isOthers).map(({ metadata }) => metadata.name);
  return [...new Set(names)].toSorted();
}

/** Deletes every backup through Velero, which takes snapshots and copies of volumes along. The location has to be there. */
export async function eraseBackups(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
  how: How,
): Promise<void> {
  const { locationName, namespace, storePrefix, owner, lineage } = state;
  const { store, deadline } = how;
  for (let round = 0; ; round++) {
    const known = await namingBackups(client, locationName, namespace);
    if (round === 0 && known.length > 0)
      await requireDeletable(client, { location: state, storage: state.storage, owner, lineage }, how);
    await deleteStored(client, known, { store, deadline, storePrefix, resource: nameOf(owner) });
    const [unseen] = store ? await namesInStore(store, storePrefix) : [];
    if (unseen === undefined) return;
    await awaitSynced(client, state, { name: unseen, deadline });
  }
}

const namesInStore = async (store: ObjectStore, prefix: string): Promise<string[]> =>
  (await readStoredBackups(store, prefix)).map(({ metadata }) => metadata.name);

/** A stored backup of which Velero does not know (yet) would leave its snapshots behind. */
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
 * Removes what Velero leaves behind: its repositories' objects in the cluster and all files below the prefix, but for
 * the claim, which goes last. The location is gone by then, so that no Velero writes there any more.
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
    tell(
      nameOf(owner),
      `repositories of file copies (kopia/) below ${storePrefix}/ stay in the store: this program has no way there (\`access\`)`,
    );
    return;
  }
  await removePrefix(store, `${storePrefix}/`, { except: markerKey(storePrefix) });
  await store.remove([markerKey(storePrefix)]);
}

const SHOWN = 5;

const holdsOthers = (names: readonly string[], place: string) =>
  new Problem({
    code: "HoldsOthersBackups",
    property: "deletionPolicy",
    what: `nothing below ${place} is deleted: ${names.length} of the backups there were not made by this stack (${names.slice(0, SHOWN).join(", ")}${names.length > SHOWN ? ", …" : ""})`,
    todo:
      "Delete those by hand, with their data, if nobody needs them (velero backup delete); or keep everything: set " +
      'deletionPolicy: "retain", run up, and destroy then.',
  });

const noClaim = (why: string) =>
  new Problem({
    code: "NoClaim",
    property: "deletionPolicy",
    what: `what the location has stored is not deleted, since ${why}`,
    todo: 'Run up to make the location whole again, or keep what is stored with deletionPolicy: "retain".',
  });
