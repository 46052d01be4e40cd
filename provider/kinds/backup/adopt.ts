import * as v from "valibot";
import { parseDuration } from "../../core/deadline.ts";
import { Problem, wordsOf } from "../../core/errors.ts";
import { describeOwnerOf, nameOf, ownerLabel, ownersOf, stampOf } from "../../core/identity.ts";
import { hasUnknown, same } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isOwnedBy } from "../../kubernetes/ensure.ts";
import { backups, type KubernetesObject, type ResourceType, schedules } from "../../kubernetes/resources.ts";
import {
  adoptionInWords,
  becomes,
  type ForeseenAdoption,
  goes,
  inControl,
  valueInWords,
} from "../../rules/adoption.ts";
import { defaultLocation } from "../../rules/default-location.ts";
import { judgeBackup } from "../../rules/judge-backup.ts";
import { desiredSchedule } from "../../rules/judge-schedule.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { backupSpecOf, SWITCHES, volumeSwitches, wishOf } from "../../schemas/selection.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { acceptedLabel } from "../../velero/manifests.ts";
import { stateOf } from "../../velero/phases.ts";
import { fieldsOf, readsAlike, type WrittenSpec } from "../../velero/reads-alike.ts";
import { selectionEntries, type Volumes } from "../../velero/selection-entries.ts";
import type { Backup, BackupSpec, Schedule } from "../../velero/types.ts";
import { requestLabel } from "./our-backups.ts";

/**
 * Adopts an existing Backup. A Backup cannot be changed, so it has to have captured what is declared, and it is judged
 * like a new one. The last write stamps it. A killed run leaves it unchanged.
 */
export async function adoptBackup(
  client: KubernetesClient,
  desired: ClusterBackupOutputs,
  store: ObjectStore | undefined,
): Promise<{ adopted: Backup; volumesBackedUp?: number | undefined }> {
  const { live, isTaken } = await backupToAdopt(client, desired);
  if (isTaken) return { adopted: live };
  const { name, namespace } = live.metadata;
  const target = { type: backups, name, namespace: namespace ?? "" };
  const { problem, volumesBackedUp, notices } = await judgeBackup(live, desired, { client, store });
  for (const words of notices) client.session.notices.warn(nameOf(desired.owner), words);
  if (problem) {
    throw new Problem({
      code: "NotComplete",
      property: "adopt",
      what: `Backup ${namespace}/${name} in cluster "${client.label.key}" is no good backup`,
      said: wordsOf(problem),
      todo: "Leave `adopt` out, and another backup is taken.",
      cause: problem,
    });
  }
  const { labels, annotations } = stampOf(desired);
  const stamped = await client.patch<Backup>(target, {
    metadata: {
      labels: { ...labels, [requestLabel]: wishOf(desired), [acceptedLabel]: "true" },
      annotations,
    },
  });
  return { adopted: stamped ?? live, volumesBackedUp };
}

/**
 * Returns the Backup that a create adopts. Throws if its object shows that it cannot be adopted. `isTaken` means that a
 * killed run has adopted it. It only reads.
 */
export async function backupToAdopt(
  client: KubernetesClient,
  desired: ClusterBackupOutputs,
): Promise<{ live: Backup; isTaken: boolean }> {
  const target = { type: backups, name: desired.adopt ?? "", namespace: desired.location.namespace };
  const { object: live, isOurs } = toTakeOver(client, desired, backups, await client.get<Backup>(target));
  const place = `Backup ${target.namespace}/${target.name} in cluster "${client.label.key}"`;
  if (isOurs && live.metadata.labels?.[requestLabel] === wishOf(desired)) return { live, isTaken: true };
  if (isOurs) {
    throw new Problem({
      code: "TakenOver",
      property: "adopt",
      what: `${place} is this resource's already, and not what is wanted now`,
      todo: "Leave `adopt` out, and another backup is taken.",
    });
  }
  requireInLocation(client, desired, live, live.spec.storageLocation);
  const state = stateOf(live);
  if (state !== "completed" && !(state === "partiallyFailed" && desired.allowPartialFailure)) {
    throw new Problem({
      code: "NotComplete",
      property: "adopt",
      what: `${place} is ${live.status?.phase ?? "New"}`,
      todo: "Only a backup that ended Completed can be taken over, or PartiallyFailed with allowPartialFailure: true.",
    });
  }
  const differing = differences(live.spec, backupSpecOf(desired));
  if (differing.length > 0) {
    throw new Problem({
      code: "Differs",
      property: "adopt",
      what: `${place} has captured something else than what is declared`,
      said: differing.join("; "),
      todo: "Declare what it has captured.",
    });
  }
  return { live, isTaken: false };
}

/**
 * Without these fields, everything is selected. So a field that the backup has and the declaration lacks is a
 * difference.
 */
const EVERYTHING: readonly (keyof BackupSpec)[] = [
  "includedNamespaces",
  "includedResources",
  "includedNamespaceScopedResources",
  "labelSelector",
  "orLabelSelectors",
];
/** Velero's server adds entries to these lists. */
const ADDED_TO: readonly (keyof BackupSpec)[] = [
  "excludedNamespaces",
  "excludedResources",
  "excludedClusterScopedResources",
  "excludedNamespaceScopedResources",
];

/** Returns the differences in words. The content of a resource policy's ConfigMap is not compared. */
function differences(captured: BackupSpec, declared: BackupSpec): string[] {
  const fields = new Set([...(Object.keys(declared) as (keyof BackupSpec)[]), ...EVERYTHING]);
  fields.delete("resourcePolicy");
  return [...fields]
    .filter((field) => !isCaptured(field, captured[field], declared[field]))
    .map((field) => {
      const without = captured[field] === undefined && !EVERYTHING.includes(field);
      const has = without ? "it was captured without" : `${filterInWords(captured[field])} was captured`;
      return `${field}: ${filterInWords(declared[field])} is declared, ${has}`;
    });
}

function isCaptured(field: keyof BackupSpec, captured: unknown, declared: unknown): boolean {
  if (same(orEverything(captured), orEverything(declared))) return true;
  if (Array.isArray(captured) && Array.isArray(declared)) {
    const [has, wants] = [captured as unknown[], declared as unknown[]];
    return (
      wants.every((each) => has.includes(each)) && (ADDED_TO.includes(field) || has.length === wants.length)
    );
  }
  if (typeof captured === "string" && typeof declared === "string") {
    const [has, wants] = [parseDuration(captured), parseDuration(declared)];
    return has !== undefined && has === wants;
  }
  return false;
}

const orEverything = (value: unknown): unknown =>
  value === undefined || same(value, ["*"]) || same(value, []) ? undefined : value;

const filterInWords = (value: unknown): string =>
  value === undefined ? "everything" : JSON.stringify(value);

/**
 * Returns the object that `adopt` names. `isOurs` is true if a killed run has adopted it already. A missing object, or
 * one of another resource, is refused.
 */
export function toTakeOver<T extends KubernetesObject>(
  client: KubernetesClient,
  desired: ClusterBackupOutputs,
  type: ResourceType,
  live: T | undefined,
): { object: T; isOurs: boolean } {
  const place = `${type.kind} ${desired.location.namespace}/${desired.adopt} in cluster "${client.label.key}"`;
  if (!live) {
    throw new Problem({
      code: "NothingToAdopt",
      property: "adopt",
      what: `there is no ${place}`,
      todo: "Mend its name, or leave `adopt` out to have one made.",
    });
  }
  const isOurs = isOwnedBy(live, ownersOf(desired));
  if (isOurs || live.metadata.labels?.[ownerLabel] === undefined) return { object: live, isOurs };
  const { words, remedy } = describeOwnerOf(live, ownersOf(desired));
  throw new Problem({
    code: "OwnedByAnother",
    property: "adopt",
    what: `${place} ${words}`,
    todo: `Nothing of it was changed. ${remedy ?? wayOut(type, desired)}`,
  });
}

/**
 * Describes how to take over an object of another owner. An object that a state has given up still names its owner, and
 * nothing shows whether another state has it.
 */
function wayOut({ kind }: ResourceType, { adopt, location }: ClusterBackupOutputs): string {
  const object = `${kind.toLowerCase()}s.velero.io ${adopt}`;
  return (
    "Move the resource by an alias or `pulumi state move`. Or give it up there (retainOnDelete), take the owner's " +
    `label off (kubectl -n ${location.namespace} label ${object} ${ownerLabel}-), and run again.`
  );
}

/** Refuses an object in another location: its data is in another place. */
export function requireInLocation(
  client: KubernetesClient,
  { adopt, location }: ClusterBackupOutputs,
  { metadata }: KubernetesObject,
  storageLocation: string | undefined,
): void {
  if (storageLocation === location.locationName) return;
  throw new Problem({
    code: "AnotherLocation",
    property: "adopt",
    what:
      `"${adopt}" in namespace ${metadata.namespace} of cluster "${client.label.key}" ` +
      (storageLocation === undefined
        ? "names no location, and so means Velero's default one"
        : `lies in BackupStorageLocation "${storageLocation}"`) +
      `, not in "${location.locationName}"`,
    todo: "Take that location over first (`adopt` of the cluster in a BackupLocation), and name it as `location` here.",
  });
}

/**
 * Adopts an existing Schedule as the first step of the create. The next steps then change it to what is declared. Its
 * earlier backups are not touched: we never delete objects without our label. Returns the parts of its template that
 * are kept.
 */
export async function adoptSchedule(
  client: KubernetesClient,
  desired: ClusterBackupOutputs,
): Promise<Pick<ClusterBackupOutputs, "kept"> | undefined> {
  const found = await scheduleToAdopt(client, desired);
  if (!found) return undefined;
  const kept = found.foreseen.keptSpec;
  if (found.isOurs) return { kept };
  const { name, namespace = "" } = found.object.metadata;
  const { labels, annotations } = stampOf(desired);
  await client.patch<Schedule>({ type: schedules, name, namespace }, { metadata: { labels, annotations } });
  client.session.notices.warn(
    nameOf(desired.owner),
    `takes over Schedule ${namespace}/${name} in cluster "${desired.cluster}". Backups that it has made so far count ` +
      'for its health, and are kept whatever deletionPolicy says: deletionPolicy: "delete" is for those it makes from now on. ' +
      adoptionInWords(found.foreseen) +
      inControl(found.object),
  );
  return { kept };
}

interface AdoptableSchedule {
  object: Schedule;
  /** True if a killed run, or a stack whose state is lost, has adopted it. */
  isOurs: boolean;
  foreseen: AdoptedSchedule;
}

/** Returns the Schedule that a create adopts, and the effects. Returns undefined if it adopts none. It only reads. */
export async function scheduleToAdopt(
  client: KubernetesClient,
  desired: ClusterBackupOutputs,
): Promise<AdoptableSchedule | undefined> {
  if (desired.scheduleName !== undefined) return undefined;
  const { namespace } = desired.location;
  const get = (name: string) => client.get<Schedule>({ type: schedules, name, namespace });
  const declared = desiredSchedule({ ...desired, kept: undefined });
  if (desired.adopt === undefined) {
    // If the state is lost, the Schedule itself still shows that it was adopted.
    const live = desired.adoptLineage === undefined ? undefined : await get(desired.objectName);
    if (!live || !isOwnedBy(live, ownersOf(desired))) return undefined;
    return { object: live, isOurs: true, foreseen: foreseeAdoption(live, declared) };
  }
  const { object, isOurs } = toTakeOver(client, desired, schedules, await get(desired.adopt));
  if (!isOurs) await requireItsLocation(client, desired, object);
  return { object, isOurs, foreseen: foreseeAdoption(object, declared) };
}

async function requireItsLocation(
  client: KubernetesClient,
  desired: ClusterBackupOutputs,
  live: Schedule,
): Promise<void> {
  const named = live.spec.template.storageLocation;
  // An empty name means none.
  if (named) requireInLocation(client, desired, live, named);
  else if ((await defaultLocation(client, desired.location.namespace)) !== desired.location.locationName)
    requireInLocation(client, desired, live, undefined);
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
