import { clusterLabel } from "../../kubernetes/connection.ts";
import { schedules } from "../../kubernetes/resources.ts";
import { openCluster, unlessUnreachable } from "../../lifecycle/clusters.ts";
import { deadlineOf } from "../../lifecycle/deadline.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { freshest, isDeclared } from "../../lifecycle/process-memory.ts";
import { refuseAfterSkip } from "../skip-unhealthy.ts";
import { sweep } from "../sweep.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { remove } from "./remove.ts";
import { storeOf } from "./settle.ts";

/** Ends what a resource, or its `part`, has in one cluster. What cannot be reached is told, never passed over. */
export async function removeFromCluster(
  outputs: ClusterBackupOutputs,
  { part, replaced = isDeclared(outputs.owner) }: { part?: string; replaced?: boolean } = {},
): Promise<void> {
  const access = freshest(outputs.location, outputs);
  // It may have gone offline in the very up that drops this.
  if (outputs.connection.offline || access.connection.offline) return;
  const label = clusterLabel(outputs.cluster);
  const how = () => ({
    store: storeOf({ ...access, cluster: outputs.cluster }),
    deadline: deadlineOf("delete", outputs.timeouts),
    replaced,
  });
  refuseAfterSkip(outputs.owner, `what ${nameOf(outputs.owner)} has in cluster "${outputs.cluster}"`, part);
  if (outputs.clusterUid === undefined) {
    const { objectName, location } = outputs;
    await sweep(
      { ...outputs, namespace: location.namespace },
      access.connection,
      { type: schedules, name: objectName },
      (open, left) => remove(open, { ...outputs, ...left, scheduleName: objectName }, how()),
    );
    return;
  }
  await unlessUnreachable(label, async () => {
    const cluster = await openCluster(access.connection, label, outputs.clusterUid);
    await remove(cluster, outputs, how());
  });
}
