import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { freshest } from "../../lifecycle/process-memory.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { storedNothing } from "../../velero/phases.ts";
import { ourBackups } from "../backup/our-backups.ts";
import { combine, notice, type Verdict } from "../preflight/verdict.ts";
import { isOffline, membersOf, type WorkspaceBackupInputs } from "./inputs.ts";

/** Tells what an up deletes with the clusters that are taken out of a list. The policy of the last up is in force. */
export async function lookAtLeavers(
  news: WorkspaceBackupInputs,
  olds: WorkspaceBackupInputs,
): Promise<Verdict> {
  const isInForce = olds.deletionPolicy === "delete" && news.clusters !== "all";
  if (!isInForce || hasUnknown(news.clusters)) return combine([]);
  const leaving = membersOf(olds).filter(
    (key) => !membersOf(news).includes(key) && !isOffline(news.reach[key]),
  );
  return combine(
    await Promise.all(
      leaving.map(async (key) => {
        const count = await countIn(olds, key).catch(() => undefined);
        const stored =
          count === undefined
            ? "its stored backups are"
            : `its ${count} stored ${count === 1 ? "backup is" : "backups are"}`;
        return notice(`clusters: "${key}" is taken out, and ${stored} deleted (deletionPolicy: "delete")`);
      }),
    ),
  );
}

async function countIn(olds: WorkspaceBackupInputs, key: string): Promise<number | undefined> {
  const known = olds.reach[key];
  if (!known) return undefined;
  const { location } = known;
  // The inputs of state lack the content of a kubeconfig. The check of its location has seen it.
  const { connection } = freshest(location, known);
  const { client } = await openCluster(connection, clusterLabel(key), undefined);
  return (await ourBackups(client, { ...olds, location })).filter((backup) => !storedNothing(backup)).length;
}
