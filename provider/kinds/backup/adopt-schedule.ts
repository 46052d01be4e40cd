import * as v from "valibot";
import { nameOf, ownersOf, stampOf } from "../../core/identity.ts";
import { hasUnknown } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isOwnedBy } from "../../kubernetes/ensure.ts";
import { schedules } from "../../kubernetes/resources.ts";
import {
  adoptionInWords,
  becomes,
  type ForeseenAdoption,
  goes,
  inControl,
  valueInWords,
} from "../../rules/adoption.ts";
import { defaultLocation } from "../../rules/default-location.ts";
import { desiredSchedule } from "../../rules/judge-schedule.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { selectionEntries, type Volumes } from "../../velero/selection-entries.ts";
import { SWITCHES, volumeSwitches } from "../../schemas/selection.ts";
import { fieldsOf, readsAlike, type WrittenSpec } from "../../velero/reads-alike.ts";
import type { Schedule } from "../../velero/types.ts";
import { requireInLocation, toTakeOver } from "./adopt-backup.ts";

/**
 * Adopts an existing Schedule as the first step of the create. The next steps then change it to what is declared. Its
 * earlier backups are not touched: we never delete objects without our label. Returns the parts of its template that
 * are kept.
 */
export async function adoptSchedule(
  client: KubernetesClient,
  aim: ClusterBackupOutputs,
): Promise<Pick<ClusterBackupOutputs, "kept"> | undefined> {
  const found = await scheduleToAdopt(client, aim);
  if (!found) return undefined;
  const kept = found.foreseen.keptSpec;
  if (found.isOurs) return { kept };
  const { name, namespace = "" } = found.object.metadata;
  const { labels, annotations } = stampOf(aim);
  await client.patch<Schedule>({ type: schedules, name, namespace }, { metadata: { labels, annotations } });
  client.session.notices.warn(
    nameOf(aim.owner),
    `takes over Schedule ${namespace}/${name} in cluster "${aim.cluster}". Backups that it has made so far count ` +
      'for its health, and are kept whatever deletionPolicy says: deletionPolicy: "delete" is for those it makes from now on. ' +
      adoptionInWords(found.foreseen) +
      inControl(found.object),
  );
  return { kept };
}

interface Found {
  object: Schedule;
  /** True if a killed run, or a stack whose state is lost, has adopted it. */
  isOurs: boolean;
  foreseen: AdoptedSchedule;
}

/** Returns the Schedule that a create adopts, and the effects. Returns undefined if it adopts none. It only reads. */
export async function scheduleToAdopt(
  client: KubernetesClient,
  aim: ClusterBackupOutputs,
): Promise<Found | undefined> {
  if (aim.scheduleName !== undefined) return undefined;
  const { namespace } = aim.location;
  const get = (name: string) => client.get<Schedule>({ type: schedules, name, namespace });
  const declared = desiredSchedule({ ...aim, kept: undefined });
  if (aim.adopt === undefined) {
    // If the state is lost, the Schedule itself still shows that it was adopted.
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
  // An empty name means none.
  if (named) requireInLocation(client, aim, live, named);
  else if ((await defaultLocation(client, aim.location.namespace)) !== aim.location.locationName)
    requireInLocation(client, aim, live, undefined);
}

interface AdoptedSchedule extends ForeseenAdoption {
  /** The fields of its template that are kept. State holds them, and every later `up` sends them. */
  keptSpec: WrittenSpec;
}

/**
 * Returns the effects of adopting a Schedule. `declared` is the Schedule that the program alone would have. A field
 * that a property could declare is removed if it is not declared, because omitting it means Velero's default. A field
 * or a value that no property can declare is kept.
 */
export function foreseeAdoption(live: Schedule, declared: Schedule): AdoptedSchedule {
  const [theirs, ours] = [live.spec.template, declared.spec.template] as [WrittenSpec, WrittenSpec];
  const differing = fieldsOf(theirs, ours).filter(
    (field) => field !== "storageLocation" && !hasUnknown(ours[field]) && !readsAlike(field, theirs, ours),
  );
  const declaredOtherwise = differing.filter((field) => ours[field] !== undefined);
  const leftOut = differing.filter((field) => ours[field] === undefined);
  const [goesAway, stays] = partition(leftOut, (field) => remedyFor(field, theirs, ours) !== undefined);
  return {
    changes: [
      ...changesOfTiming(live.spec, declared.spec),
      ...declaredOtherwise.map((field) => becomes(field, theirs[field], ours[field])),
      ...goesAway.map((field) => goes(field, theirs[field], remedyFor(field, theirs, ours) ?? "")),
    ],
    kept: stays.map((field) => `${field}: ${valueInWords(theirs[field])}`),
    keptSpec: Object.fromEntries(stays.map((field) => [field, theirs[field]])),
  };
}

/** Compares the fields outside of the template. Velero itself writes `skipImmediately`. */
function changesOfTiming(live: Schedule["spec"], declared: Schedule["spec"]): string[] {
  const [theirs, ours] = [live, declared] as [WrittenSpec, WrittenSpec];
  const { schedule } = declared;
  const isSame = hasUnknown(schedule) || live.schedule === schedule;
  return [
    ...(isSame ? [] : [becomes("schedule", live.schedule, schedule)]),
    // The program always sets whether a Schedule is paused.
    ...changeOfSwitch("paused", theirs, { paused: ours["paused"] || undefined }),
    ...changeOfSwitch("useOwnerReferencesInBackup", theirs, ours),
  ];
}

/** Compares a switch. If it is omitted, it is off. */
function changeOfSwitch(field: string, theirs: WrittenSpec, ours: WrittenSpec): string[] {
  const [before, after] = [theirs[field] === true, ours[field] === true];
  if (hasUnknown(ours[field]) || before === after) return [];
  return [ours[field] === undefined ? goes(field, true, `${field}: true`) : becomes(field, before, after)];
}

/** Returns the declaration that keeps a field. Returns undefined if no property can declare the value. */
function remedyFor(field: string, theirs: WrittenSpec, ours: WrittenSpec): string | undefined {
  if (isSwitch(field)) {
    // If the program sets `volumes`, all three switches follow from it.
    const isChosen = Object.keys(ours).some(isSwitch);
    const volumes = isChosen ? undefined : volumesOf(theirs);
    if (volumes !== undefined) return `volumes: "${volumes}"`;
    return isChosen ? "another `volumes`" : undefined;
  }
  const value = asDeclared(field, theirs[field]);
  const entry = (selectionEntries as Record<string, v.GenericSchema | undefined>)[field];
  return entry && v.is(entry, value) ? `${field}: ${valueInWords(value)}` : undefined;
}

const isSwitch = (field: string): boolean => SWITCHES.includes(field);

/** Returns the value of `volumes` that has the same effect as all of these switches. */
const volumesOf = (spec: WrittenSpec): Volumes | undefined =>
  (Object.keys(volumeSwitches) as Volumes[]).find((volumes) =>
    SWITCHES.every((field) => readsAlike(field, spec, volumeSwitches[volumes] as WrittenSpec)),
  );

/** Converts a value to the form in which a program declares it. */
function asDeclared(field: string, value: unknown): unknown {
  if (field === "orderedResources") return asLists(value);
  const { kind, name } = Object(value) as { kind?: string; name?: unknown };
  // Velero compares the kind without regard to case, and supports only ConfigMaps.
  const isPolicy = field === "resourcePolicy" && kind?.toLowerCase() === "configmap";
  return isPolicy ? { configMap: name } : value;
}

const asLists = (ordered: unknown): unknown =>
  Object.fromEntries(
    Object.entries(ordered as Record<string, string>).map(([kind, names]) => [
      kind,
      names.split(",").map((name) => name.trim()),
    ]),
  );

const partition = <T>(all: readonly T[], isFirst: (each: T) => boolean): [T[], T[]] => [
  all.filter((each) => isFirst(each)),
  all.filter((each) => !isFirst(each)),
];
