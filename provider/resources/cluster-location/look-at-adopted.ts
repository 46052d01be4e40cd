import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import type { Owned } from "../../lifecycle/identity.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { nothingWrong, type Verdict, verdictOn } from "../preflight/verdict.ts";
import { findAdopted } from "./adopt.ts";
import type { ClusterLocationInputs } from "./inputs.ts";
import { refuseAnotherStore } from "./refuse-another-store.ts";

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
    await findAdopted(open.client, inputs);
    await refuseAnotherStore(open.client, inputs);
    return nothingWrong;
  } catch (error) {
    return verdictOn(error, DEFINITE);
  }
}
