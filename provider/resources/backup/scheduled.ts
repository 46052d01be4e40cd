import { Problem } from "../../errors.ts";
import { schedules } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import { parseCadence } from "../../lifecycle/cadence.ts";
import { ensure } from "../../lifecycle/ensure.ts";
import { ownersOf, stampOf } from "../../lifecycle/identity.ts";
import { scheduleManifest, scheduleWhole } from "../../velero/manifests.ts";
import type { Schedule } from "../../velero/types.ts";
import { whileVeleroWorks } from "../require-velero.ts";
import type { ClusterBackupInputs } from "./inputs.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { backupSpecOf } from "./selection.ts";
import { type Circumstances, takeBackup } from "./take-backup.ts";

/** Makes the Schedule be as declared, has Velero accept it, and takes the backup that was asked for now. */
export async function establishSchedule(
  aim: ClusterBackupOutputs,
  how: Omit<Circumstances, "onEffect"> & { onEffect: (outputs: ClusterBackupOutputs) => void },
): Promise<ClusterBackupOutputs> {
  const { client } = how;
  let reached: ClusterBackupOutputs = { ...aim, scheduleName: aim.objectName };
  const report = (found: Partial<ClusterBackupOutputs>) => {
    reached = { ...reached, ...found };
    how.onEffect(reached);
  };

  const { object, changed } = await ensure(client, schedules, await scheduleToSend(aim, client), {
    owners: ownersOf(aim),
    whole: scheduleWhole,
  });
  report({ phase: object.status?.phase, ...(changed ? { changedAt: how.now().toISOString() } : {}) });
  if (!aim.paused) report({ phase: await accepted(object, how, aim) });
  if (aim.runPending) {
    await takeBackup(reached, { ...how, onEffect: ({ phase: _phase, ...outcome }) => report(outcome) });
    report({ runPending: undefined });
  }
  return { ...reached, nextRun: nextRunOf(aim, how.now()) };
}

/** As it has to be at any time. */
export const desiredSchedule = (aim: ClusterBackupOutputs): Schedule =>
  scheduleManifest(
    { name: aim.objectName, namespace: aim.location.namespace, ...stampOf(aim) },
    {
      schedule: aim.schedule ?? "",
      paused: aim.paused ?? false,
      template: backupSpecOf(aim),
    },
  );

/**
 * With `skipImmediately` where it means something: Velero acts on it once, when a schedule is made or unpaused, and
 * sets it back to false (velero.md 10.6).
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

export function nextRunOf(inputs: ClusterBackupInputs, now: Date): string | undefined {
  const cadence = parseCadence(inputs.schedule ?? "");
  if (inputs.paused || "problem" in cadence) return undefined;
  return cadence.next(now)?.toISOString();
}

/** Velero looks at a changed Schedule at once; a paused one it does not look at (velero.md 1.3). */
function accepted(
  schedule: Schedule,
  { client, deadline }: Pick<Circumstances, "client" | "deadline">,
  aim: ClusterBackupOutputs,
): Promise<"Enabled"> {
  const { name, namespace = "" } = schedule.metadata;
  const place = `Schedule ${namespace}/${name} in cluster "${aim.cluster}"`;
  const what = `${place} was not accepted by Velero`;
  return whileVeleroWorks(client, namespace, what, (signal) =>
    waitFor<Schedule, "Enabled">(
      client,
      { type: schedules, name, namespace },
      (live) => {
        if (live?.status?.phase === "FailedValidation") {
          throw new Problem({
            code: "ScheduleRefused",
            property: "schedule",
            what: `Velero refuses ${place}`,
            said: live.status.validationErrors?.join("; "),
            todo: "Mend the property that it names.",
          });
        }
        return live?.status?.phase === "Enabled" ? "Enabled" : undefined;
      },
      { deadline, signal, what, todo: "See that Velero's server runs there." },
    ),
  );
}
