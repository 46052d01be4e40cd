import { type Deadline, deadlineOf } from "../../core/deadline.ts";
import { Problem } from "../../core/errors.ts";
import { PartialFailure } from "../../core/handler.ts";
import { nameOf, ownersOf } from "../../core/identity.ts";
import { same } from "../../core/values.ts";
import { forgetLists, type OpenCluster } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { ensure, type Ensured } from "../../kubernetes/ensure.ts";
import { schedules } from "../../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../../kubernetes/wait.ts";
import { adviceOnFileCopies, copiesFiles } from "../../rules/file-copies.ts";
import { desiredSchedule } from "../../rules/judge-schedule.ts";
import { requireLocation } from "../../rules/location-available.ts";
import { requireNamespaces } from "../../rules/namespaces.ts";
import {
  ensureResourcePolicy,
  removeResourcePolicy,
  withPolicyInForce,
} from "../../rules/resource-policy.ts";
import { kindMentions, requireKinds } from "../../rules/selected-kinds.ts";
import { nameOfPart, unlessUnhealthy } from "../../rules/skip-unhealthy.ts";
import { lastRunOf, lookAtZones, nextRunOf } from "../../rules/time-zones.ts";
import { whileVeleroWorks, requireVersion } from "../../rules/velero-alive.ts";
import { isScheduled } from "../../schemas/backup.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { hasOwnPolicy, stillKept } from "../../schemas/selection.ts";
import type { Session } from "../../session.ts";
import { storeOf } from "../../store/stores.ts";
import { scheduleWhole } from "../../velero/manifests.ts";
import { inDeclaredWords } from "../../velero/reads-alike.ts";
import type { Schedule } from "../../velero/types.ts";
import { adoptSchedule } from "./adopt.ts";
import { type BackupContext, establishBackup, takeBackup } from "./take-backup.ts";
import { isElsewhere, part as partFrom } from "./remove.ts";
import { readHealth } from "./read-health.ts";

interface EstablishOptions extends Partial<Pick<BackupContext, "finish" | "progress">> {
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
  desired: ClusterBackupOutputs,
  {
    id,
    part,
    lenient,
    finish = atOnce,
    progress = session.notices.startProgress(nameOf(desired.owner)),
  }: EstablishOptions,
): Promise<ClusterBackupOutputs> {
  if (desired.connection.offline) throw offline(desired.cluster);
  const operation = before ? "update" : "create";
  const skip = { inEffect: before ?? desired, location: desired.location.owner, part };
  return unlessUnhealthy(session, desired, skip, async () => {
    const cluster = await session.clusters.open(
      desired.connection,
      clusterLabel(desired.cluster),
      before?.clusterUid,
    );
    const deadline = deadlineOf(operation, desired.timeouts);
    const settled = await acceptBackup(session, cluster, desired, {
      id,
      deadline,
      before,
      lenient,
      finish,
      progress,
    });
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

interface ReconcileOptions extends Pick<BackupContext, "finish" | "progress"> {
  id: string;
  deadline: Deadline;
  /** The state to keep if the operation fails before anything is changed. */
  before: ClusterBackupOutputs | undefined;
  /** True if a declared namespace may be missing here, because this is one of many clusters. */
  lenient?: boolean | undefined;
}

/** Applies the declared backup to one cluster. A failure has the outputs that are then in effect. */
async function acceptBackup(
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
    const desired = {
      ...wanted,
      clusterUid: uid,
      sentNamespaces: sent,
      resolvedNamespaces: resolved,
      sentOrder,
    };
    const how = {
      client,
      store: storeOf(session, desired),
      deadline,
      finish,
      progress,
      before: made,
      now: () => new Date(),
      onEffect: (outputs: ClusterBackupOutputs) => {
        reached = outputs;
      },
    };
    return await (isScheduled(desired) ? establishSchedule(desired, how) : establishBackup(desired, how));
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

/** Applies the declared Schedule, waits until Velero accepts it, and takes a requested backup. */
export async function establishSchedule(
  wanted: ClusterBackupOutputs,
  how: Omit<BackupContext, "onEffect"> & {
    /** The state, if this is an update. */
    before: ClusterBackupOutputs | undefined;
    onEffect: (outputs: ClusterBackupOutputs) => void;
  },
): Promise<ClusterBackupOutputs> {
  const { client, before } = how;
  const adopted = await adoptSchedule(client, wanted);
  const desired = { ...wanted, kept: stillKept({ ...wanted, kept: adopted ? adopted.kept : wanted.kept }) };
  let reached: ClusterBackupOutputs = { ...desired, scheduleName: desired.objectName };
  const report = (found: Partial<ClusterBackupOutputs>) => {
    reached = { ...reached, ...found };
    how.onEffect(reached);
  };

  if (adopted) report({});
  await ensureResourcePolicy(client, desired, { before: before ?? reached, onEffect: how.onEffect });
  const ensured = await ensure(client, schedules, await scheduleToSend(desired, client), {
    owners: ownersOf(desired),
    whole: scheduleWhole,
    inDesiredWords: inDeclaredWords,
  });
  const { phase } = ensured.object.status ?? {};
  report({ phase, ...(ensured.changed ? { changedAt: how.now().toISOString() } : {}) });
  if (before && hasOwnPolicy(before) && !hasOwnPolicy(desired)) await removeResourcePolicy(client, desired);
  if (!desired.paused) report({ phase: await accepted(ensured, how, desired) });
  if (desired.runPending) {
    await takeBackup(reached, { ...how, onEffect: ({ phase: _phase, ...outcome }) => report(outcome) });
    const { backupName: name, startTime: started, expiration } = reached;
    const newestGood =
      name === undefined || started === undefined ? undefined : { name, started, expiration };
    report({ runPending: undefined, newestGood });
  }
  return {
    ...reached,
    nextRun: nextRunOf(desired, await lookAtZones(client, desired), {
      lastRun: lastRunOf(ensured.object),
      now: how.now(),
    }),
  };
}

/**
 * Returns the Schedule to send. `skipImmediately` is included only if it has an effect: Velero uses it once, when a
 * schedule is created or unpaused, and resets it to false (docs/design/velero-facts.md#schedules).
 */
async function scheduleToSend(aim: ClusterBackupOutputs, client: BackupContext["client"]): Promise<Schedule> {
  const desired = desiredSchedule(aim);
  if (aim.skipImmediately === undefined) return desired;
  const { name, namespace = "" } = desired.metadata;
  const live = await client.get<Schedule>({ type: schedules, name, namespace });
  const isResumed = live?.spec.paused === true && !desired.spec.paused;
  if (live && !isResumed) return desired;
  return { ...desired, spec: { ...desired.spec, skipImmediately: aim.skipImmediately } };
}

/** Velero validates a changed cron within this time. If the result is the same as before, it writes nothing. */
const SETTLING_MS = 1_000;

/**
 * Waits until Velero accepts the Schedule. It reconciles a changed Schedule at once, and ignores a paused one
 * (docs/design/velero-facts.md#schedules).
 */
async function accepted(
  { object, before, changed }: Ensured<Schedule>,
  { client, deadline }: Pick<BackupContext, "client" | "deadline">,
  desired: ClusterBackupOutputs,
): Promise<"Enabled"> {
  const { name, namespace = "", resourceVersion } = object.metadata;
  const place = `Schedule ${namespace}/${name} in cluster "${desired.cluster}"`;
  const what = `${place} was not accepted by Velero`;
  const target = { type: schedules, name, namespace };
  const isNews = before?.status?.phase === "Enabled" && before.spec.schedule !== object.spec.schedule;
  const verdict = (live: Schedule | undefined): "Enabled" | undefined => {
    // A phase from before our change says nothing about the change.
    const isOld = changed && live?.metadata.resourceVersion === resourceVersion;
    if (live?.status?.phase === "FailedValidation" && !isOld) {
      throw new Problem({
        code: "ScheduleRefused",
        property: "schedule",
        what: `Velero refuses ${place}`,
        said: live.status.validationErrors?.join("; "),
        todo: adviceOnSchedule(live.status.validationErrors ?? []),
      });
    }
    return live?.status?.phase === "Enabled" && !(isNews && isOld) ? "Enabled" : undefined;
  };
  if (isNews) {
    const answer = { name: "", signal: AbortSignal.any([deadline.signal, AbortSignal.timeout(SETTLING_MS)]) };
    return waitFor(client, target, verdict, { deadline: answer, what, todo: "" }).catch((error: unknown) => {
      if (error instanceof WaitTimeout) return "Enabled";
      throw error;
    });
  }
  return whileVeleroWorks(client, namespace, what, (signal) =>
    waitFor(client, target, verdict, {
      deadline,
      signal,
      what,
      todo: "See that Velero's server runs there.",
    }),
  );
}

/** Velero's own images have time zones since 1.18.1 (Velero issue 9519). */
export const adviceOnSchedule = (validationErrors: readonly string[]): string =>
  validationErrors.some((error) => /unknown time zone/.test(error))
    ? "The image of Velero's server has no time zones, as Velero's own have none before 1.18.1: upgrade it, or write the " +
      "schedule without `CRON_TZ`, in the time of the server."
    : "Mend the property that it names.";
