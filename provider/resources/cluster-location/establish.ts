import { locations } from "../../kubernetes/resources.ts";
import type { OpenCluster } from "../../lifecycle/clusters.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { ensure } from "../../lifecycle/ensure.ts";
import { nameOf, ownersOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { resolveStorage } from "../../lifecycle/references.ts";
import { veleroWay } from "../../storage/ways.ts";
import { locationManifest, locationWhole } from "../../velero/manifests.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import { attachment } from "./attachment.ts";
import { awaitAvailable } from "./availability.ts";
import { formerDefaults, resetDefaults } from "./one-default.ts";
import { refuseSecondKey } from "./one-key-per-cluster.ts";
import { ours } from "./ours.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";
import { ensureReaders } from "./readers.ts";
import { ensureRepositoryPassword } from "./repository-password.ts";
import { removeSecret, removeStaleReads, staleReads } from "./remove.ts";
import { tryKeys } from "./try-keys.ts";
import { ensureVeleroStore } from "./velero-store.ts";

interface Circumstances {
  /** State, where this is an update. */
  before: ClusterLocationOutputs | undefined;
  deadline: Deadline;
  /** Called as soon as something exists, with what is then in effect. */
  onEffect: (outputs: ClusterLocationOutputs) => void;
}

/**
 * Makes everything of this location true in store and cluster, in an order in which a killed run leaves nothing that
 * the next one does not find: the claim in the store, the Secret, the locations, then Velero's own verdict.
 */
export async function establish(
  cluster: OpenCluster,
  aim: ClusterLocationOutputs,
  { before, deadline, onEffect }: Circumstances,
): Promise<ClusterLocationOutputs> {
  const { client, uid } = cluster;
  const velero = veleroWay(aim, aim.cluster);
  // A reference that is missing is told before anything is changed.
  resolveStorage(velero.storage, velero.declaredAs);
  await refuseSecondKey(aim, cluster);
  const former = await formerDefaults(aim, cluster);
  await ensureRepositoryPassword(client, aim);

  const { accessMode, notice } = await attachment(cluster, aim, before);
  if (notice) tell(nameOf(aim.owner), notice);
  const reached: ClusterLocationOutputs = { ...aim, clusterUid: uid, accessMode, message: notice };
  const leavingReads = staleReads(aim, before);
  onEffect({ ...reached, leavingReads, unfinished: "not finished" });

  await tryKeys(reached);
  const store = await ensureVeleroStore(client, aim, velero, aim.locationName);
  await resetDefaults(client, former);
  const own = await ensure<BackupStorageLocation>(
    client,
    locations,
    locationManifest(ours(aim, aim.locationName), {
      ...store.parts,
      prefix: aim.storePrefix,
      accessMode,
      isDefault: aim.default ?? false,
    }),
    { owners: ownersOf(aim), whole: locationWhole },
  );
  const readers = await ensureReaders(client, aim, { before, store });
  await removeStaleReads(client, aim, leavingReads);
  if (!store.hasSecret) await removeSecret(client, aim.locationName, aim);

  const [available] = await Promise.all(
    [{ ...own, rotated: store.rotated }, ...readers].map(({ object, before, changed, rotated }) =>
      awaitAvailable(
        client,
        { type: locations, name: object.metadata.name, namespace: aim.namespace },
        {
          before: changed ? before?.status?.lastValidationTime : undefined,
          nudgeFirst: rotated && !changed,
          deadline,
        },
      ),
    ),
  );
  return {
    ...reached,
    leavingReads: undefined,
    phase: available?.status?.phase,
    lastValidated: available?.status?.lastValidationTime,
    lastSynced: available?.status?.lastSyncedTime,
  };
}
