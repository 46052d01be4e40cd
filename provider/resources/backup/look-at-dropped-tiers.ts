import { clusterLabel } from "../../kubernetes/connection.ts";
import { schedules } from "../../kubernetes/resources.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { sharedList } from "../../lifecycle/shared-list.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { deletionPolicyAnnotation } from "../../velero/labels.ts";
import { storedNothing } from "../../velero/phases.ts";
import type { ClusterBackupInputs } from "../cluster-backup/inputs.ts";
import { combine, notice, nothingWrong, type Verdict } from "../preflight/verdict.ts";
import { ourBackups } from "./our-backups.ts";

/**
 * Tells what an up deletes with the tiers of a ProtectedCluster that are set to `false`. Pulumi asks the provider nothing
 * about a resource that is gone from the program, so that one of the tiers that stay asks for them.
 */
export async function lookAtDroppedTiers(
  { droppedTiers = [], lineage, location, connection, cluster }: ClusterBackupInputs,
  olds: ClusterBackupInputs,
): Promise<Verdict> {
  const dropped = droppedTiers.filter((owner) => !olds.droppedTiers?.includes(owner));
  if (dropped.length === 0 || connection.offline || hasUnknown([dropped, lineage, location, connection]))
    return nothingWrong;
  try {
    const { client } = await openCluster(connection, clusterLabel(cluster), undefined);
    const all = [...(await sharedList(client, schedules, location.namespace)).values()];
    const notices = dropped.map(async (owner) => {
      const tier = { owner, lineage, location };
      const schedule = all.find((each) => isOwnedBy(each, [tier]));
      if (schedule?.metadata.annotations?.[deletionPolicyAnnotation] !== "delete") return nothingWrong;
      const stored = (await ourBackups(client, tier)).filter((backup) => !storedNothing(backup)).length;
      const backups = `${stored} stored ${stored === 1 ? "backup is" : "backups are"}`;
      return notice(
        `tiers: "${nameOf(owner)}" is left out, and its ${backups} deleted (deletionPolicy: "delete")`,
      );
    });
    return combine(await Promise.all(notices));
  } catch {
    // The look at the cluster tells that it cannot be asked.
    return nothingWrong;
  }
}
