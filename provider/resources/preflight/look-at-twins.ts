import { Problem } from "../../errors.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import type { ClusterLocationInputs } from "../cluster-location/inputs.ts";
import { refuseTwin } from "../cluster-location/one-key-per-cluster.ts";
import { nothingWrong, refusal, type Verdict } from "./verdict.ts";

/** Whether another key of the same location is this very cluster. */
export async function lookAtTwins(inputs: ClusterLocationInputs): Promise<Verdict> {
  const { connection, cluster } = inputs;
  if (connection.offline || hasUnknown([connection, inputs.owner])) return nothingWrong;
  try {
    refuseTwin(inputs, await openCluster(connection, clusterLabel(cluster), undefined));
    return nothingWrong;
  } catch (error) {
    // That the cluster cannot be asked is told by the look at it.
    return error instanceof Problem && error.code === "SameCluster" ? refusal(error) : nothingWrong;
  }
}
