import { clusterLabel, type Connection } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { namesIn, type NamespaceSelection } from "../backup/namespaces.ts";
import { listNamespaces } from "../backup/require-namespaces.ts";
import { notice, nothingWrong, type Verdict } from "./verdict.ts";

/** A name that no cluster has may be what the same up is to make, or misspelt; told where all could be asked. */
export async function lookAtNamespacesOfAll(
  reach: Record<string, { connection: Connection } | undefined>,
  selection: NamespaceSelection,
): Promise<Verdict> {
  if (hasUnknown([reach, selection.includedNamespaces])) return nothingWrong;
  const names = namesIn(selection);
  if (names.length === 0) return nothingWrong;
  try {
    const lists = await Promise.all(
      Object.entries(reach).map(([key, each]) => namespacesIn(key, each?.connection)),
    );
    const existing = new Set(lists.flat());
    const nowhere = names.filter((name) => !existing.has(name));
    if (nowhere.length === 0 || lists.includes(undefined)) return nothingWrong;
    return notice(
      `includedNamespaces: no cluster has a namespace ${nowhere.map((name) => `"${name}"`).join(", ")}. Mend the name, or make this resource depend on what creates it`,
    );
  } catch {
    // That a cluster cannot be asked is told by the look at it.
    return nothingWrong;
  }
}

async function namespacesIn(key: string, connection: Connection | undefined): Promise<string[] | undefined> {
  if (!connection || connection.offline) return [];
  const { client } = await openCluster(connection, clusterLabel(key), undefined);
  return listNamespaces(client);
}
