import type { KubernetesClient } from "../../kubernetes/client.ts";
import { locations } from "../../kubernetes/resources.ts";
import { ensure, type Ensured } from "../../lifecycle/ensure.ts";
import { ownersOf } from "../../lifecycle/identity.ts";
import { locationManifest, locationWhole } from "../../velero/manifests.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import { storePrefixOf } from "./inputs.ts";
import { ours } from "./ours.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";
import type { VeleroStore } from "./velero-store.ts";

/** Read-only locations are synced with every tick of Velero's minute (velero.md 10.18). */
const SYNC_PERIOD = "30s";

/** A read-only location for each cluster of `reads`, in the reader's cluster. */
export function ensureReaders(
  client: KubernetesClient,
  aim: ClusterLocationOutputs,
  store: VeleroStore["parts"],
): Promise<Ensured<BackupStorageLocation>[]> {
  return Promise.all(
    (aim.reads ?? []).map((source) =>
      ensure(
        client,
        locations,
        locationManifest(ours(aim, aim.readLocations[source.cluster] ?? ""), {
          ...store,
          prefix: storePrefixOf(aim.storage, source.cluster, source.prefix),
          accessMode: "ReadOnly",
          backupSyncPeriod: SYNC_PERIOD,
        }),
        { owners: ownersOf(aim), whole: locationWhole },
      ),
    ),
  );
}
