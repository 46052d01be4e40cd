import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { type Owned, ownersOf } from "../../lifecycle/identity.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { nothingWrong, type Verdict, verdictOn } from "../preflight/verdict.ts";
import { veleroWay } from "../../storage/ways.ts";
import { findAdopted } from "./adopt.ts";
import { adoptionNotice } from "./adoption-notice.ts";
import { foreseeAdoption } from "./foresee-adoption.ts";
import type { ClusterLocationInputs } from "./inputs.ts";
import { ownManifest } from "./own-manifest.ts";
import { refuseAnotherStore } from "./refuse-another-store.ts";
import { veleroStore } from "./velero-store.ts";

/** One that is not there may be what the same up is to make. */
const DEFINITE = ["AdoptedElsewhere", "AdoptedTaken", "NotTheSameStore"];

/** Whether the location that is to be taken over can be. */
export async function lookAtAdopted(inputs: ClusterLocationInputs & Owned): Promise<Verdict> {
  const { connection, cluster, namespace, storage, credentials, access, storePrefix, adopt } = inputs;
  if (connection.offline) return nothingWrong;
  if (hasUnknown([connection, namespace, storage, credentials, access, storePrefix, adopt]))
    return nothingWrong;
  const open = await openCluster(connection, clusterLabel(cluster), undefined).catch(() => undefined);
  // That the cluster cannot be asked is told by the look at it.
  if (!open) return nothingWrong;
  try {
    const live = await findAdopted(open.client, inputs);
    await refuseAnotherStore(open.client, inputs);
    if (isOwnedBy(live, ownersOf(inputs))) return nothingWrong;
    const { parts } = await veleroStore(open.client, inputs, veleroWay(inputs, cluster), inputs.locationName);
    const declared = ownManifest(
      inputs,
      { name: inputs.locationName, namespace, labels: {}, annotations: {} },
      { parts, accessMode: inputs.requestedAccessMode ?? "ReadWrite", isAdopted: true },
    );
    const words = adoptionNotice(live, foreseeAdoption(live, declared, inputs), cluster);
    return { ...nothingWrong, facts: [`${clusterLabel(cluster).property}.adopt: ${words}`] };
  } catch (error) {
    return verdictOn(error, DEFINITE);
  }
}
