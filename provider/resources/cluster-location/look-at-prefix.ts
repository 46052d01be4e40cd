import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { type Owned, ownersOf } from "../../lifecycle/identity.ts";
import { openWay } from "../../lifecycle/open-way.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { programWay } from "../../storage/ways.ts";
import { nothingWrong, refusal, type Verdict } from "../preflight/verdict.ts";
import { refusalOf } from "./attach.ts";
import { prefixTaken } from "./claim.ts";
import { readClaimInCluster } from "./claim-place.ts";
import type { ClusterLocationInputs } from "./inputs.ts";
import { readMarker } from "./marker.ts";

/** Refuses a prefix on which somebody else's claim is in force. */
export async function lookAtPrefix(inputs: ClusterLocationInputs & Owned): Promise<Verdict> {
  const { connection, cluster, storage, credentials, access, storePrefix, namespace, owner } = inputs;
  if (connection.offline || inputs.requestedAccessMode === "ReadOnly") return nothingWrong;
  if (hasUnknown([connection, storage, credentials, access, storePrefix, namespace, owner]))
    return nothingWrong;
  try {
    const store = openWay(programWay(inputs, cluster));
    const label = clusterLabel(cluster);
    const marker = store
      ? await readMarker(store, storePrefix)
      : await readClaimInCluster((await openCluster(connection, label, undefined)).client, inputs);
    const refused = refusalOf(marker, ownersOf(inputs), storePrefix);
    return refused ? refusal(prefixTaken(refused, `${label.property}.prefix`)) : nothingWrong;
  } catch {
    // The looks at store and cluster tell that these cannot be asked.
    return nothingWrong;
  }
}
