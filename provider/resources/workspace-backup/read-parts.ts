import { wordsOf } from "../../errors.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { namespaces } from "../../kubernetes/resources.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { freshest } from "../../lifecycle/process-memory.ts";
import { sharedList } from "../../lifecycle/shared-list.ts";
import { expectedHealthOf } from "../backup/declaration.ts";
import { chooseNamespaces, namesToBackUp } from "../backup/namespaces.ts";
import { readHealth } from "../backup/read-health.ts";
import { keptOf, type Part, partIn, type WorkspaceBackupOutputs } from "./parts.ts";
import { isSkipped } from "./plan-parts.ts";

/** How the parts are, all clusters asked side by side; one that cannot be reached says so, and no more. */
export async function readParts(workspace: WorkspaceBackupOutputs): Promise<Record<string, Part>> {
  const read = Object.entries(workspace.byCluster).map(async ([cluster, part]): Promise<[string, Part]> => {
    const state = partIn(workspace, cluster);
    if (isSkipped(part)) return [cluster, await lookAtSkipped(workspace, cluster, part)];
    const found = await readHealth({ ...state, health: expectedHealthOf(workspace) });
    const kept = keptOf({ ...state, ...found }, part.made);
    return [cluster, part.inEffect ? { ...kept, inEffect: part.inEffect } : kept];
  });
  return Object.fromEntries(await Promise.all(read));
}

/** A cluster that was left out, and that may have one of the namespaces by now. */
async function lookAtSkipped(workspace: WorkspaceBackupOutputs, cluster: string, part: Part): Promise<Part> {
  const { location, ...state } = partIn(workspace, cluster);
  const { connection } = freshest(location, state);
  try {
    const { client } = await openCluster(connection, clusterLabel(cluster), undefined);
    const existing = namesToBackUp((await sharedList(client, namespaces)).values());
    const { resolved = [] } = chooseNamespaces(workspace, existing, { globsByVelero: true });
    if (resolved.length === 0) return { ...part, health: expectedHealthOf(workspace), message: undefined };
    return { ...part, health: "Drifted", message: `has ${resolved.join(", ")} by now; up takes that in` };
  } catch (error) {
    return { ...part, health: "Unknown", message: wordsOf(error) };
  }
}
