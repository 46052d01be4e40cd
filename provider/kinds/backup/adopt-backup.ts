import { parseDuration } from "../../core/durations.ts";
import { Problem, wordsOf } from "../../core/errors.ts";
import { describeOwnerOf, nameOf, ownerLabel, ownersOf, stampOf } from "../../core/identity.ts";
import { same } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isOwnedBy } from "../../kubernetes/ensure.ts";
import { backups, type KubernetesObject, type ResourceType } from "../../kubernetes/resources.ts";
import { judgeBackup } from "../../rules/judge-backup.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { backupSpecOf, wishOf } from "../../schemas/selection.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { settledLabel } from "../../velero/labels.ts";
import { stateOf } from "../../velero/phases.ts";
import type { Backup, BackupSpec } from "../../velero/types.ts";
import { wishLabel } from "./our-backups.ts";

/**
 * Adopts an existing Backup. A Backup cannot be changed, so it has to have captured what is declared, and it is judged
 * like a new one. The last write stamps it. A killed run leaves it unchanged.
 */
export async function adoptBackup(
  client: KubernetesClient,
  aim: ClusterBackupOutputs,
  store: ObjectStore | undefined,
): Promise<{ adopted: Backup; volumesBackedUp?: number | undefined }> {
  const { live, isTaken } = await backupToAdopt(client, aim);
  if (isTaken) return { adopted: live };
  const { name, namespace } = live.metadata;
  const target = { type: backups, name, namespace: namespace ?? "" };
  const { problem, volumesBackedUp, notices } = await judgeBackup(live, aim, { client, store });
  for (const words of notices) client.session.notices.warn(nameOf(aim.owner), words);
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
  const { labels, annotations } = stampOf(aim);
  const stamped = await client.patch<Backup>(target, {
    metadata: { labels: { ...labels, [wishLabel]: wishOf(aim), [settledLabel]: "true" }, annotations },
  });
  return { adopted: stamped ?? live, volumesBackedUp };
}

/**
 * Returns the Backup that a create adopts. Throws if its object shows that it cannot be adopted. `isTaken` means that a
 * killed run has adopted it. It only reads.
 */
export async function backupToAdopt(
  client: KubernetesClient,
  aim: ClusterBackupOutputs,
): Promise<{ live: Backup; isTaken: boolean }> {
  const target = { type: backups, name: aim.adopt ?? "", namespace: aim.location.namespace };
  const { object: live, isOurs } = toTakeOver(client, aim, backups, await client.get<Backup>(target));
  const place = `Backup ${target.namespace}/${target.name} in cluster "${client.label.key}"`;
  if (isOurs && live.metadata.labels?.[wishLabel] === wishOf(aim)) return { live, isTaken: true };
  if (isOurs) {
    throw new Problem({
      code: "TakenOver",
      property: "adopt",
      what: `${place} is this resource's already, and not what is wanted now`,
      todo: "Leave `adopt` out, and another backup is taken.",
    });
  }
  requireInLocation(client, aim, live, live.spec.storageLocation);
  const state = stateOf(live);
  if (state !== "completed" && !(state === "partiallyFailed" && aim.allowPartialFailure)) {
    throw new Problem({
      code: "NotComplete",
      property: "adopt",
      what: `${place} is ${live.status?.phase ?? "New"}`,
      todo: "Only a backup that ended Completed can be taken over, or PartiallyFailed with allowPartialFailure: true.",
    });
  }
  const differing = differences(live.spec, backupSpecOf(aim));
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
      const has = without ? "it was captured without" : `${inWords(captured[field])} was captured`;
      return `${field}: ${inWords(declared[field])} is declared, ${has}`;
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

const inWords = (value: unknown): string => (value === undefined ? "everything" : JSON.stringify(value));

/**
 * Returns the object that `adopt` names. `isOurs` is true if a killed run has adopted it already. A missing object, or
 * one of another resource, is refused.
 */
export function toTakeOver<T extends KubernetesObject>(
  client: KubernetesClient,
  aim: ClusterBackupOutputs,
  type: ResourceType,
  live: T | undefined,
): { object: T; isOurs: boolean } {
  const place = `${type.kind} ${aim.location.namespace}/${aim.adopt} in cluster "${client.label.key}"`;
  if (!live) {
    throw new Problem({
      code: "NothingToAdopt",
      property: "adopt",
      what: `there is no ${place}`,
      todo: "Mend its name, or leave `adopt` out to have one made.",
    });
  }
  const isOurs = isOwnedBy(live, ownersOf(aim));
  if (isOurs || live.metadata.labels?.[ownerLabel] === undefined) return { object: live, isOurs };
  const { words, remedy } = describeOwnerOf(live, ownersOf(aim));
  throw new Problem({
    code: "OwnedByAnother",
    property: "adopt",
    what: `${place} ${words}`,
    todo: `Nothing of it was changed. ${remedy ?? wayOut(type, aim)}`,
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
