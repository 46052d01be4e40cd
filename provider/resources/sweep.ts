import { wordsOf } from "../errors.ts";
import { clusterLabel, type Connection } from "../kubernetes/connection.ts";
import type { ResourceType } from "../kubernetes/resources.ts";
import { type OpenCluster, openCluster } from "../lifecycle/clusters.ts";
import { isOwnedBy } from "../lifecycle/ensure.ts";
import { incarnationLabel, nameOf, type Owned, ownersOf } from "../lifecycle/identity.ts";
import { tell } from "../lifecycle/notices.ts";
import { isDeclared } from "../lifecycle/process-memory.ts";

interface Skipped extends Owned {
  cluster: string;
  namespace: string;
}

/**
 * The end of a resource whose every up was skipped. State knows of nothing that it made; only a run that was killed
 * before it could say so may have left `object`, which goes then with all that bears the same incarnation.
 */
export async function sweep(
  resource: Skipped,
  connection: Connection,
  { type, name }: { type: ResourceType; name: string },
  remove: (cluster: OpenCluster, left: { incarnation: string }) => Promise<void>,
): Promise<void> {
  // What bears the owner's name then is its successor's.
  if (isDeclared(resource.owner)) return;
  const found = await look().catch((error: unknown) => {
    tell(
      nameOf(resource.owner),
      `was never made in cluster "${resource.cluster}", and whether a killed run has left something there cannot be seen: ${wordsOf(error)}`,
    );
    return undefined;
  });
  if (found) await remove(found.cluster, found);

  async function look() {
    const cluster = await openCluster(connection, clusterLabel(resource.cluster), undefined);
    const left = await cluster.client.get({ type, name, namespace: resource.namespace });
    const incarnation = left?.metadata.labels?.[incarnationLabel];
    const ours = left !== undefined && isOwnedBy(left, ownersOf(resource));
    return ours && incarnation !== undefined ? { cluster, incarnation } : undefined;
  }
}
