import { type Owned, ownersOf } from "../core/identity.ts";
import { hasUnknown } from "../core/values.ts";
import { clusterLabel, type Connection } from "../kubernetes/connection.ts";
import { isOwnedBy, ownedByAnother } from "../kubernetes/ensure.ts";
import type { ResourceType } from "../kubernetes/resources.ts";
import type { Session } from "../session.ts";
import { nothingWrong, refusal, type Verdict } from "./preflight.ts";

interface Place {
  connection: Connection;
  /** The cluster key. */
  cluster: string;
  namespace: string;
}

/**
 * Refuses an object that an `up` would create if another owner already has it. A lineage that is not known yet belongs
 * to no existing object.
 */
export async function lookAtOwner(
  session: Session,
  { connection, cluster, namespace }: Place,
  { type, name }: { type: ResourceType; name: string },
  ours: Owned,
): Promise<Verdict> {
  if (connection.offline || hasUnknown([connection, namespace, name, ours.owner])) return nothingWrong;
  try {
    const { client } = await session.clusters.open(connection, clusterLabel(cluster), undefined);
    const live = await client.get({ type, name, namespace });
    return !live || isOwnedBy(live, ownersOf(ours))
      ? nothingWrong
      : refusal(ownedByAnother(client, type, live, ownersOf(ours)));
  } catch {
    // Another check reports a cluster that cannot be reached.
    return nothingWrong;
  }
}
