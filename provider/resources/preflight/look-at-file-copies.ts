import { clusterLabel, type Connection } from "../../kubernetes/connection.ts";
import { shortHash } from "../../lifecycle/canonical.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import type { SelectionInputs } from "../backup/selection.ts";
import { adviceOnFileCopies, copiesFiles } from "../file-copies.ts";
import { seenPolicy } from "./look-at-policy.ts";
import { combine, notice, nothingWrong, shared, type Verdict } from "./verdict.ts";

/** Whether the cluster's Velero can copy files of volumes, and for whose eyes, where that is asked for. */
export async function lookAtFileCopies(
  connection: Connection,
  { cluster, namespace }: { cluster: string; namespace: string },
  selection: SelectionInputs,
): Promise<Verdict> {
  if (connection.offline || hasUnknown([connection, namespace, selection.resourcePolicy]))
    return nothingWrong;
  const inForce = await seenPolicy(connection, { cluster, namespace }, selection);
  if (!inForce || !copiesFiles(inForce)) return nothingWrong;
  return shared(`file copies ${shortHash(32, connection, cluster, namespace)}`, async () => {
    try {
      const { client } = await openCluster(connection, clusterLabel(cluster), undefined);
      return combine((await adviceOnFileCopies(client, namespace)).map(notice));
    } catch {
      // That the cluster cannot be asked is told by the look at it.
      return nothingWrong;
    }
  });
}
