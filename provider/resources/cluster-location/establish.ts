import { clusterLabel } from "../../kubernetes/connection.ts";
import { locations, secrets } from "../../kubernetes/resources.ts";
import type { OpenCluster } from "../../lifecycle/clusters.ts";
import { same } from "../../lifecycle/canonical.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { ensure } from "../../lifecycle/ensure.ts";
import { nameOf, ownersOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { resolveStorage } from "../../lifecycle/references.ts";
import { endpointOf } from "../../storage/coordinates.ts";
import { openStore } from "../../storage/open-store.ts";
import { pluginConfig } from "../../storage/plugin-config.ts";
import { credentialManifest, locationManifest, locationWhole } from "../../velero/manifests.ts";
import type { AccessMode, BackupStorageLocation } from "../../velero/types.ts";
import { awaitAvailable } from "./availability.ts";
import { claim } from "./claim.ts";
import { refuseSecondKey } from "./one-key-per-cluster.ts";
import { ours } from "./ours.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";
import { ensureReaders } from "./readers.ts";
import { removeSecret, removeStaleReads } from "./remove.ts";

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
  const storage = resolveStorage(aim.storage);
  await refuseSecondKey(aim, cluster);

  const { accessMode, notice } = await attachment(aim, uid, before);
  if (notice) tell(nameOf(aim.owner), notice);
  const reached: ClusterLocationOutputs = { ...aim, clusterUid: uid, accessMode, message: notice };
  onEffect({ ...reached, unfinished: "not finished" });

  const { credentialFile, ...plugin } = pluginConfig(storage);
  const secret =
    credentialFile === undefined
      ? undefined
      : await ensure(client, secrets, credentialManifest(ours(aim, aim.locationName), credentialFile), {
          owners: ownersOf(aim),
        });
  const store = { plugin, secretName: secret && aim.locationName };
  const own = await ensure<BackupStorageLocation>(
    client,
    locations,
    locationManifest(ours(aim, aim.locationName), {
      ...store,
      prefix: aim.storePrefix,
      accessMode,
      isDefault: aim.default ?? false,
    }),
    { owners: ownersOf(aim), whole: locationWhole },
  );
  const readers = await ensureReaders(client, aim, store);
  await removeStaleReads(client, aim);
  if (!secret) await removeSecret(client, aim);

  const [available] = await Promise.all(
    [own, ...readers].map(({ object, before, changed }) =>
      awaitAvailable(
        client,
        { type: locations, name: object.metadata.name, namespace: aim.namespace },
        {
          before: changed ? before?.status?.lastValidationTime : undefined,
          nudgeFirst: secret?.changed === true && !changed,
          deadline,
        },
      ),
    ),
  );
  return {
    ...reached,
    phase: available?.status?.phase,
    lastValidated: available?.status?.lastValidationTime,
    lastSynced: available?.status?.lastSyncedTime,
  };
}

async function attachment(
  aim: ClusterLocationOutputs,
  uid: string,
  before: ClusterLocationOutputs | undefined,
): Promise<{ accessMode: AccessMode; notice?: string }> {
  if (aim.requestedAccessMode === "ReadOnly") return { accessMode: "ReadOnly" };
  return claim(
    openStore(resolveStorage(aim.storage)),
    aim.storePrefix,
    {
      owners: ownersOf(aim),
      cluster: { key: aim.cluster, uid },
      incarnation: aim.incarnation,
      takeOver: aim.takeOver,
      mustFindClaim:
        before?.accessMode === "ReadWrite" && !same(endpointOf(before.storage), endpointOf(aim.storage)),
    },
    `${clusterLabel(aim.cluster).property}.prefix`,
  );
}
