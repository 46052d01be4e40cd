import { Problem } from "../../core/errors.ts";
import { ownersOf } from "../../core/identity.ts";
import { ensure, type Ensured } from "../../kubernetes/ensure.ts";
import { schedules } from "../../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../../kubernetes/wait.ts";
import { desiredSchedule } from "../../rules/judge-schedule.ts";
import { ensureResourcePolicy, removeResourcePolicy } from "../../rules/resource-policy.ts";
import { lastRunOf, lookAtZones, nextRunOf } from "../../rules/time-zones.ts";
import { whileVeleroWorks } from "../../rules/velero-alive.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { hasOwnPolicy, stillKept } from "../../schemas/selection.ts";
import { scheduleWhole } from "../../velero/manifests.ts";
import { inDeclaredWords } from "../../velero/reads-alike.ts";
import type { Schedule } from "../../velero/types.ts";
import { adoptSchedule } from "./adopt-schedule.ts";
import { type Circumstances, takeBackup } from "./take-backup.ts";

/** Applies the declared Schedule, waits until Velero accepts it, and takes a requested backup. */
export async function establishSchedule(
  wanted: ClusterBackupOutputs,
  how: Omit<Circumstances, "onEffect"> & {
    /** The state, if this is an update. */
    before: ClusterBackupOutputs | undefined;
    onEffect: (outputs: ClusterBackupOutputs) => void;
  },
): Promise<ClusterBackupOutputs> {
  const { client, before } = how;
  const adopted = await adoptSchedule(client, wanted);
  const aim = { ...wanted, kept: stillKept({ ...wanted, kept: adopted ? adopted.kept : wanted.kept }) };
  let reached: ClusterBackupOutputs = { ...aim, scheduleName: aim.objectName };
  const report = (found: Partial<ClusterBackupOutputs>) => {
    reached = { ...reached, ...found };
    how.onEffect(reached);
  };

  if (adopted) report({});
  await ensureResourcePolicy(client, aim, { before: before ?? reached, onEffect: how.onEffect });
  const ensured = await ensure(client, schedules, await scheduleToSend(aim, client), {
    owners: ownersOf(aim),
    whole: scheduleWhole,
    inDesiredWords: inDeclaredWords,
  });
  const { phase } = ensured.object.status ?? {};
  report({ phase, ...(ensured.changed ? { changedAt: how.now().toISOString() } : {}) });
  if (before && hasOwnPolicy(before) && !hasOwnPolicy(aim)) await removeResourcePolicy(client, aim);
  if (!aim.paused) report({ phase: await accepted(ensured, how, aim) });
  if (aim.runPending) {
    await takeBackup(reached, { ...how, onEffect: ({ phase: _phase, ...outcome }) => report(outcome) });
    const { backupName: name, startTime: started, expiration } = reached;
    const newestGood =
      name === undefined || started === undefined ? undefined : { name, started, expiration };
    report({ runPending: undefined, newestGood });
  }
  return {
    ...reached,
    nextRun: nextRunOf(aim, await lookAtZones(client, aim), {
      lastRun: lastRunOf(ensured.object),
      now: how.now(),
    }),
  };
}

/**
 * Returns the Schedule to send. `skipImmediately` is included only if it has an effect: Velero uses it once, when a
 * schedule is created or unpaused, and resets it to false (docs/design/velero-facts.md#schedules).
 */
async function scheduleToSend(aim: ClusterBackupOutputs, client: Circumstances["client"]): Promise<Schedule> {
  const desired = desiredSchedule(aim);
  if (aim.skipImmediately === undefined) return desired;
  const { name, namespace = "" } = desired.metadata;
  const live = await client.get<Schedule>({ type: schedules, name, namespace });
  const isResumed = live?.spec.paused === true && !desired.spec.paused;
  if (live && !isResumed) return desired;
  return { ...desired, spec: { ...desired.spec, skipImmediately: aim.skipImmediately } };
}

/** Velero validates a changed cron within this time. If the result is the same as before, it writes nothing. */
const ANSWER_MS = 1_000;

/**
 * Waits until Velero accepts the Schedule. It reconciles a changed Schedule at once, and ignores a paused one
 * (docs/design/velero-facts.md#schedules).
 */
async function accepted(
  { object, before, changed }: Ensured<Schedule>,
  { client, deadline }: Pick<Circumstances, "client" | "deadline">,
  aim: ClusterBackupOutputs,
): Promise<"Enabled"> {
  const { name, namespace = "", resourceVersion } = object.metadata;
  const place = `Schedule ${namespace}/${name} in cluster "${aim.cluster}"`;
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
        todo: adviceOn(live.status.validationErrors ?? []),
      });
    }
    return live?.status?.phase === "Enabled" && !(isNews && isOld) ? "Enabled" : undefined;
  };
  if (isNews) {
    const answer = { name: "", signal: AbortSignal.any([deadline.signal, AbortSignal.timeout(ANSWER_MS)]) };
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
export const adviceOn = (validationErrors: readonly string[]): string =>
  validationErrors.some((error) => /unknown time zone/.test(error))
    ? "The image of Velero's server has no time zones, as Velero's own have none before 1.18.1: upgrade it, or write the " +
      "schedule without `CRON_TZ`, in the time of the server."
    : "Mend the property that it names.";
