import { type Deadline, deadlineOf } from "../../core/deadline.ts";
import { Problem } from "../../core/errors.ts";
import { PartialFailure } from "../../core/handler.ts";
import { nameOf } from "../../core/identity.ts";
import { same } from "../../core/values.ts";
import { forgetLists, type OpenCluster } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { adviceOnFileCopies, copiesFiles } from "../../rules/file-copies.ts";
import { requireLocation } from "../../rules/location-available.ts";
import { requireNamespaces } from "../../rules/namespaces.ts";
import { withPolicyInForce } from "../../rules/resource-policy.ts";
import { kindMentions, requireKinds } from "../../rules/selected-kinds.ts";
import { nameOfPart, unlessUnhealthy } from "../../rules/skip-unhealthy.ts";
import { requireVersion } from "../../rules/velero-version.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { isScheduled } from "../../schemas/backup.ts";
import { storeOf } from "../../store/store-of.ts";
import { establishBackup } from "./on-demand.ts";
import { isElsewhere, part as partFrom } from "./part.ts";
import { readHealth } from "./read-health.ts";
import { establishSchedule } from "./scheduled.ts";
import type { Session } from "../../session.ts";
import type { Circumstances } from "./take-backup.ts";

interface EstablishOptions extends Partial<Pick<Circumstances, "finish" | "progress">> {
  id: string;
  /** The cluster key, if the resource spans several clusters. */
  part?: string;
  /** True if a declared namespace may be missing in this cluster. */
  lenient?: boolean;
}

/** Applies the declared backup to one cluster. `before` is its state, if there is one. */
export function establishInCluster(
  session: Session,
  before: ClusterBackupOutputs | undefined,
  aim: ClusterBackupOutputs,
  {
    id,
    part,
    lenient,
    finish = atOnce,
    progress = session.notices.startProgress(nameOf(aim.owner)),
  }: EstablishOptions,
): Promise<ClusterBackupOutputs> {
  if (aim.connection.offline) throw offline(aim.cluster);
  const operation = before ? "update" : "create";
  const skip = { inEffect: before ?? aim, location: aim.location.owner, part };
  return unlessUnhealthy(session, aim, skip, async () => {
    const cluster = await session.clusters.open(
      aim.connection,
      clusterLabel(aim.cluster),
      before?.clusterUid,
    );
    const deadline = deadlineOf(operation, aim.timeouts);
    const settled = await settle(session, cluster, aim, { id, deadline, before, lenient, finish, progress });
    if (!before) return settled;
    if (!isElsewhere(before, settled)) return tellTheRest(session, settled, part);
    const store = storeOf(session, {
      ...session.newestAccess.of(before.location, before),
      cluster: before.cluster,
    });
    await partFrom(cluster, before, { store, deadline });
    // The newest backup at the old location does not count at the new one.
    return tellTheRest(session, { ...settled, newestGood: undefined }, part);
  });
}

const atOnce = (write: () => Promise<void>): Promise<void> => write();

/**
 * Reads the health after an `up`, and warns of what an `up` cannot repair: a failed run, or a changed file
 * (docs/design/rules.md#health-as-an-input).
 */
async function tellTheRest(
  session: Session,
  settled: ClusterBackupOutputs,
  part: string | undefined,
): Promise<ClusterBackupOutputs> {
  const found = await readHealth(session, settled);
  if (found.health === settled.health) return { ...settled, ...found };
  session.notices.warn(
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

interface ReconcileOptions extends Pick<Circumstances, "finish" | "progress"> {
  id: string;
  deadline: Deadline;
  /** The state to keep if the operation fails before anything is changed. */
  before: ClusterBackupOutputs | undefined;
  /** True if a declared namespace may be missing here, because this is one of many clusters. */
  lenient?: boolean | undefined;
}

/** Applies the declared backup to one cluster. A failure has the outputs that are then in effect. */
async function settle(
  session: Session,
  { client, uid }: OpenCluster,
  wanted: ClusterBackupOutputs,
  { id, deadline, before, lenient = false, finish, progress }: ReconcileOptions,
): Promise<ClusterBackupOutputs> {
  let reached = before;
  // If every `up` so far skipped the cluster, it has no objects yet.
  const made = before?.clusterUid === undefined ? undefined : before;
  const { namespace } = wanted.location;
  try {
    // A schedule can be paused or corrected while its store is unavailable.
    if (!same(made?.location, wanted.location)) await requireLocation(client, wanted, deadline);
    const inForce = await withPolicyInForce(client, namespace, wanted);
    await requireVersion(client, namespace, inForce);
    if (copiesFiles(inForce) && !same(made?.volumes, wanted.volumes)) {
      for (const advice of await adviceOnFileCopies(client, namespace))
        session.notices.warn(nameOf(wanted.owner), `warning: ${advice}`);
    }
    const { sent, resolved } = keepsNamespaces(made, wanted)
      ? { sent: undefined, resolved: made?.resolvedNamespaces }
      : await requireNamespaces(client, wanted, namespace, lenient);
    const sentOrder = keepsKinds(made, wanted)
      ? made?.sentOrder
      : await requireKinds(client, inForce, {
          refuses: lenient ? "nothing there" : isTakenOver(wanted) ? "none" : "all",
          tell: (notice) => session.notices.warn(nameOf(wanted.owner), notice),
        });
    const aim = {
      ...wanted,
      clusterUid: uid,
      sentNamespaces: sent,
      resolvedNamespaces: resolved,
      sentOrder,
    };
    const how = {
      client,
      store: storeOf(session, aim),
      deadline,
      finish,
      progress,
      before: made,
      now: () => new Date(),
      onEffect: (outputs: ClusterBackupOutputs) => {
        reached = outputs;
      },
    };
    return await (isScheduled(aim) ? establishSchedule(aim, how) : establishBackup(aim, how));
  } catch (error) {
    if (reached === undefined) throw error;
    throw new PartialFailure(id, reached, error);
  } finally {
    forgetLists(client);
  }
}

/** Unchanged names are not checked again, so that a schedule still works when one of its namespaces is deleted. */
const keepsNamespaces = (made: ClusterBackupOutputs | undefined, wanted: ClusterBackupOutputs): boolean =>
  made !== undefined &&
  made.sentNamespaces === undefined &&
  same(made.includedNamespaces, wanted.includedNamespaces) &&
  same(made.excludedNamespaces, wanted.excludedNamespaces);

/** Returns true if the create adopts a backup that somebody else took. */
const isTakenOver = (wanted: ClusterBackupOutputs): boolean =>
  wanted.adopt !== undefined && !isScheduled(wanted) && wanted.backupName === undefined;

/** Unchanged kinds are not checked again, so that a schedule still works when a definition is deleted. */
const keepsKinds = (made: ClusterBackupOutputs | undefined, wanted: ClusterBackupOutputs): boolean =>
  made !== undefined &&
  same(kindMentions(made), kindMentions(wanted)) &&
  same(made.orderedResources, wanted.orderedResources);
