import type { KubernetesClient } from "../../kubernetes/client.ts";
import { schedules } from "../../kubernetes/resources.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { ownersOf } from "../../lifecycle/identity.ts";
import type { Schedule } from "../../velero/types.ts";
import { defaultLocation } from "../default-location.ts";
import { desiredSchedule } from "./desired-schedule.ts";
import { type AdoptedSchedule, foreseeAdoption } from "./foresee-adoption.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { requireInLocation, toTakeOver } from "./to-take-over.ts";

interface Found {
  object: Schedule;
  /** A run that was killed, or a stack whose state is lost, has taken it over. */
  isOurs: boolean;
  foreseen: AdoptedSchedule;
}

/** The Schedule that a create takes over, and what becomes of it; undefined where it takes over none. Reads alone. */
export async function scheduleToAdopt(
  client: KubernetesClient,
  aim: ClusterBackupOutputs,
): Promise<Found | undefined> {
  if (aim.scheduleName !== undefined) return undefined;
  const { namespace } = aim.location;
  const get = (name: string) => client.get<Schedule>({ type: schedules, name, namespace });
  const declared = desiredSchedule({ ...aim, kept: undefined });
  if (aim.adopt === undefined) {
    // What a lost state said of an adopted Schedule, the Schedule itself still says.
    const live = aim.adoptLineage === undefined ? undefined : await get(aim.objectName);
    if (!live || !isOwnedBy(live, ownersOf(aim))) return undefined;
    return { object: live, isOurs: true, foreseen: foreseeAdoption(live, declared) };
  }
  const { object, isOurs } = toTakeOver(client, aim, schedules, await get(aim.adopt));
  if (!isOurs) await requireItsLocation(client, aim, object);
  return { object, isOurs, foreseen: foreseeAdoption(object, declared) };
}

async function requireItsLocation(
  client: KubernetesClient,
  aim: ClusterBackupOutputs,
  live: Schedule,
): Promise<void> {
  const named = live.spec.template.storageLocation;
  // An empty name is none.
  if (named) requireInLocation(client, aim, live, named);
  else if ((await defaultLocation(client, aim.location.namespace)) !== aim.location.locationName)
    requireInLocation(client, aim, live, undefined);
}
