import type { KubernetesClient } from "../../kubernetes/client.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { locations, secrets } from "../../kubernetes/resources.ts";
import { isOwnedBy, ownedByAnother } from "../../lifecycle/ensure.ts";
import { type Owned, ownersOf } from "../../lifecycle/identity.ts";
import { openWay } from "../../lifecycle/open-way.ts";
import { programWay } from "../../storage/ways.ts";
import { isAdopting } from "./adopt.ts";
import { refusalOf } from "./attach.ts";
import { prefixTaken } from "./claim.ts";
import { readClaimInCluster } from "./claim-place.ts";
import type { ClusterLocationInputs } from "./inputs.ts";
import { readMarker } from "./marker.ts";

/** Throws where somebody else's claim on the prefix is in force. Reads alone. */
export async function requireFreePrefix(
  client: KubernetesClient,
  aim: ClusterLocationInputs & Owned,
): Promise<void> {
  if (aim.requestedAccessMode === "ReadOnly") return;
  const store = openWay(programWay(aim, aim.cluster));
  const marker = store ? await readMarker(store, aim.storePrefix) : await readClaimInCluster(client, aim);
  const refused = refusalOf(marker, ownersOf(aim), aim.storePrefix);
  if (refused) throw prefixTaken(refused, `${clusterLabel(aim.cluster).property}.prefix`);
}

/** Throws where the location's name is that of somebody else's location or Secret. Reads alone. */
export async function requireFreeName(
  client: KubernetesClient,
  aim: ClusterLocationInputs & Owned,
): Promise<void> {
  if (isAdopting(aim)) return;
  const { locationName: name, namespace } = aim;
  for (const type of [locations, secrets]) {
    const live = await client.get({ type, name, namespace });
    if (live && !isOwnedBy(live, ownersOf(aim))) throw ownedByAnother(client, type, live, ownersOf(aim));
  }
}
