import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { freshDiscovery } from "../../lifecycle/shared-discovery.ts";
import { judgeSelectedKinds } from "../backup/judge-selected-kinds.ts";
import { kindMentions } from "../backup/kind-mentions.ts";
import { foundInAll } from "../kinds/found-in-all.ts";
import type { KindFinding } from "../kinds/kind-mention.ts";
import { kindProblem } from "../kinds/kind-problem.ts";
import { membersOf, type WorkspaceBackupInputs } from "./inputs.ts";

/**
 * Refuses, before anything is begun, kinds that no cluster has. What merely is not there may be in a cluster that cannot
 * be asked: then it is told.
 */
export async function requireKindsSomewhere(workspace: WorkspaceBackupInputs): Promise<void> {
  if (kindMentions(workspace).length === 0) return;
  const keys = membersOf(workspace).filter((key) => !workspace.reach[key]?.connection.offline);
  const answers = await Promise.all(keys.map((key) => findingsIn(workspace, key)));
  const asked = answers.filter((each) => each !== undefined);
  const isWhole = asked.length === keys.length;
  const findings = foundInAll(asked);
  const isRefused = ({ weight }: KindFinding) => weight !== "idle" && (isWhole || weight !== "unknown");
  for (const { path, reason } of findings.filter((each) => !isRefused(each)))
    tell(nameOf(workspace.owner), `${path}: ${reason}`);
  const problem = kindProblem(findings.filter(isRefused), "No backup was begun.");
  if (problem) throw problem;
}

/** Returns undefined if the cluster cannot be asked, which its own part tells. */
async function findingsIn(
  workspace: WorkspaceBackupInputs,
  cluster: string,
): Promise<KindFinding[] | undefined> {
  const { connection } = workspace.reach[cluster] ?? {};
  if (!connection) return undefined;
  try {
    const { client } = await openCluster(connection, clusterLabel(cluster), undefined);
    return judgeSelectedKinds(workspace, { cluster, ...(await freshDiscovery(client)) });
  } catch {
    return undefined;
  }
}
