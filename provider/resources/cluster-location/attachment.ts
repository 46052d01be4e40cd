import type { KubernetesClient } from "../../kubernetes/client.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { locations } from "../../kubernetes/resources.ts";
import { same } from "../../lifecycle/canonical.ts";
import type { OpenCluster } from "../../lifecycle/clusters.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { ownersOf } from "../../lifecycle/identity.ts";
import { openWay } from "../../lifecycle/open-way.ts";
import { addressesOf } from "../../storage/coordinates.ts";
import { programWay } from "../../storage/ways.ts";
import type { AccessMode, BackupStorageLocation } from "../../velero/types.ts";
import { claim } from "./claim.ts";
import { claimInCluster, claimInStore, labelClaimInCluster, removeClaimsInCluster } from "./claim-place.ts";
import { liesThere } from "./live-place.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

/** Claims the location's prefix where it may be written to, in the store or, without a way there, in the cluster. */
export async function attachment(
  { client, uid }: OpenCluster,
  aim: ClusterLocationOutputs,
  {
    before,
    adopted,
  }: { before: ClusterLocationOutputs | undefined; adopted: BackupStorageLocation | undefined },
): Promise<{ accessMode: AccessMode; notice?: string }> {
  if (aim.requestedAccessMode === "ReadOnly") return { accessMode: "ReadOnly" };
  const store = openWay(programWay(aim, aim.cluster));
  const claimed = before?.accessMode === "ReadWrite" ? before : undefined;
  const wasInCluster = claimed?.access === "none";
  const found = await claim(
    aim.storePrefix,
    {
      owners: ownersOf(aim),
      cluster: { key: aim.cluster, uid },
      incarnation: aim.incarnation,
      takeOver: aim.takeOver,
      mustFindClaim: claimed !== undefined && !same(addressesOf(claimed.storage), addressesOf(aim.storage)),
    },
    {
      place: store ? claimInStore(store, aim.storePrefix) : claimInCluster(client, aim),
      store,
      inherited: store && wasInCluster ? await claimInCluster(client, claimed).read() : undefined,
      isWriting: async () => {
        const live = adopted ?? (claimed && (await ourLocation(client, aim)));
        return live !== undefined && live.spec.accessMode !== "ReadOnly" && liesThere(live, aim);
      },
      property: `${clusterLabel(aim.cluster).property}.prefix`,
    },
  );
  if (!store && found.accessMode === "ReadWrite") await labelClaimInCluster(client, aim);
  if (wasInCluster) await removeClaimsInCluster(client, aim, store ? undefined : aim);
  return found;
}

/** Its claim may have been removed by hand; what it was told to do it does all the same. */
async function ourLocation(
  client: KubernetesClient,
  aim: ClusterLocationOutputs,
): Promise<BackupStorageLocation | undefined> {
  const { locationName: name, namespace } = aim;
  const live = await client.get<BackupStorageLocation>({ type: locations, name, namespace });
  return live && isOwnedBy(live, ownersOf(aim)) ? live : undefined;
}
