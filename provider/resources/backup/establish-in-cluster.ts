import { Problem } from "../../errors.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { openCluster } from "../../lifecycle/clusters.ts";
import { deadlineOf } from "../../lifecycle/deadline.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { freshest } from "../../lifecycle/process-memory.ts";
import { startProgress } from "../../lifecycle/progress.ts";
import { nameOfPart, unlessUnhealthy } from "../skip-unhealthy.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { isElsewhere, part as partFrom } from "./part.ts";
import { readHealth } from "./read-health.ts";
import { settle, storeOf } from "./settle.ts";
import type { Circumstances } from "./take-backup.ts";

interface How extends Partial<Pick<Circumstances, "finish" | "progress">> {
  id: string;
  /** Key of the cluster, where the resource spans several. */
  part?: string;
  /** A declared namespace may be missing in this cluster. */
  lenient?: boolean;
}

/** Has what is wanted made of one cluster's backup. `before` is how state knows it, where it does. */
export function establishInCluster(
  before: ClusterBackupOutputs | undefined,
  aim: ClusterBackupOutputs,
  { id, part, lenient, finish = atOnce, progress = startProgress(nameOf(aim.owner)) }: How,
): Promise<ClusterBackupOutputs> {
  if (aim.connection.offline) throw offline(aim.cluster);
  const operation = before ? "update" : "create";
  const skip = { inEffect: before ?? aim, location: aim.location.owner, part };
  return unlessUnhealthy(aim, skip, async () => {
    const cluster = await openCluster(aim.connection, clusterLabel(aim.cluster), before?.clusterUid);
    const deadline = deadlineOf(operation, aim.timeouts);
    const settled = await settle(cluster, aim, { id, deadline, before, lenient, finish, progress });
    if (!before) return settled;
    if (!isElsewhere(before, settled)) return tellTheRest(settled, part);
    const store = storeOf({ ...freshest(before.location, before), cluster: before.cluster });
    await partFrom(cluster, before, { store, deadline });
    // What was newest at the old place is not missed at the new one.
    return tellTheRest({ ...settled, newestGood: undefined }, part);
  });
}

const atOnce = (write: () => Promise<void>): Promise<void> => write();

/**
 * An `up` repairs what can be repaired. It names a run that failed and a file that was changed
 * (docs/design/rules.md#health-as-an-input).
 */
async function tellTheRest(
  settled: ClusterBackupOutputs,
  part: string | undefined,
): Promise<ClusterBackupOutputs> {
  const found = await readHealth(settled);
  if (found.health === settled.health) return { ...settled, ...found };
  tell(
    nameOfPart(settled.owner, part),
    `warning: ${found.health}, and no up can change that: ${found.message}`,
  );
  return { ...settled, ...found };
}

const offline = (cluster: string) =>
  new Problem({
    code: "Offline",
    property: `clusters.${cluster}.offline`,
    what: `cluster "${cluster}" is declared offline, so no backup can be taken of it`,
    todo: "Its earlier backups can be restored elsewhere. Give it a connection, or drop this resource.",
  });
