import { Problem } from "../../errors.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import type { ClusterLocationInputs } from "../cluster-location/inputs.ts";
import { formerDefaults } from "../cluster-location/one-default.ts";
import { nothingWrong, refusal, type Verdict } from "./verdict.ts";

/** Whether someone else's location is Velero's default where this one is to be it. */
export async function lookAtDefault(inputs: ClusterLocationInputs): Promise<Verdict> {
  const { connection, cluster, namespace } = inputs;
  if (inputs.default !== true || connection.offline || hasUnknown([connection, namespace]))
    return nothingWrong;
  try {
    await formerDefaults(inputs, await openCluster(connection, clusterLabel(cluster), undefined));
    return nothingWrong;
  } catch (error) {
    // That the cluster cannot be asked is told by the look at it.
    return error instanceof Problem && error.code === "SecondDefault" ? refusal(error) : nothingWrong;
  }
}
