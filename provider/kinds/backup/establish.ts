import { type Deadline, deadlineOf } from "../../core/deadline.ts";
import { Problem } from "../../core/errors.ts";
import { PartialFailure } from "../../core/handler.ts";
import { nameOf } from "../../core/identity.ts";
import { startProgress, tell } from "../../core/notices.ts";
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
import type { ClusterBackupOutputs } from "../../schemas/backup-outputs.ts";
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
  /** Key of the cluster, where the resource spans several. */
  part?: string;
  /** A declared namespace may be missing in this cluster. */
  lenient?: boolean;
}

/** Has what is wanted made of one cluster's backup. `before` is how state knows it, where it does. */
export function establishInCluster(
  session: Session,
  before: ClusterBackupOutputs | undefined,
  aim: ClusterBackupOutputs,
  { id, part, lenient, finish = atOnce, progress = startProgress(nameOf(aim.owner)) }: EstablishOptions,
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
    // What was newest at the old place is not missed at the new one.
    return tellTheRest(session, { ...settled, newestGood: undefined }, part);
  });
}

const atOnce = (write: () => Promise<void>): Promise<void> => write();

/**
 * An `up` repairs what can be repaired. It names a run that failed and a file that was changed
 * (docs/design/rules.md#health-as-an-input).
 */
async function tellTheRest(
  session: Session,
  settled: ClusterBackupOutputs,
  part: string | undefined,
): Promise<ClusterBackupOutputs> {
  const found = await readHealth(session, settled);
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

interface ReconcileOptions extends Pick<Circumstances, "finish" | "progress"> {
  id: string;
  deadline: Deadline;
  /** What a failure leaves in state while nothing has been changed. */
  before: ClusterBackupOutputs | undefined;
  /** A declared namespace may be missing here, as long as others are not: it is one of many clusters. */
  lenient?: boolean | undefined;
}

/** Makes what is wanted of one cluster be there; a failure says what is then in effect. */
async function settle(
  session: Session,
  { client, uid }: OpenCluster,
  wanted: ClusterBackupOutputs,
  { id, deadline, before, lenient = false, finish, progress }: ReconcileOptions,
): Promise<ClusterBackupOutputs> {
  let reached = before;
  // Of one that was skipped by every up so far nothing is there yet.
  const made = before?.clusterUid === undefined ? undefined : before;
  const { namespace } = wanted.location;
  try {
    // A schedule can be paused or mended while its store is down.
    if (!same(made?.location, wanted.location)) await requireLocation(client, wanted, deadline);
    const inForce = await withPolicyInForce(client, namespace, wanted);
    await requireVersion(client, namespace, inForce);
    if (copiesFiles(inForce) && !same(made?.volumes, wanted.volumes)) {
      for (const advice of await adviceOnFileCopies(client, namespace))
        tell(nameOf(wanted.owner), `warning: ${advice}`);
    }
    const { sent, resolved } = keepsNamespaces(made, wanted)
      ? { sent: undefined, resolved: made?.resolvedNamespaces }
      : await requireNamespaces(client, wanted, namespace, lenient);
    const sentOrder = keepsKinds(made, wanted)
      ? made?.sentOrder
      : await requireKinds(client, inForce, {
          refuses: lenient ? "nothing there" : isTakenOver(wanted) ? "none" : "all",
          tell: (notice) => tell(nameOf(wanted.owner), notice),
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

/** Names that were found there once are not looked for again, so that a schedule outlives one of its namespaces. */
const keepsNamespaces = (made: ClusterBackupOutputs | undefined, wanted: ClusterBackupOutputs): boolean =>
  made !== undefined &&
  made.sentNamespaces === undefined &&
  same(made.includedNamespaces, wanted.includedNamespaces) &&
  same(made.excludedNamespaces, wanted.excludedNamespaces);

/** Somebody else has taken this backup before. */
const isTakenOver = (wanted: ClusterBackupOutputs): boolean =>
  wanted.adopt !== undefined && !isScheduled(wanted) && wanted.backupName === undefined;

/** Kinds that did not change are not asked for again, so that a schedule outlives a definition. */
const keepsKinds = (made: ClusterBackupOutputs | undefined, wanted: ClusterBackupOutputs): boolean =>
  made !== undefined &&
  same(kindMentions(made), kindMentions(wanted)) &&
  same(made.orderedResources, wanted.orderedResources);
