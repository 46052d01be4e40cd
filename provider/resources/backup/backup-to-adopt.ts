import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups } from "../../kubernetes/resources.ts";
import { same } from "../../lifecycle/canonical.ts";
import { parseDuration } from "../../lifecycle/go-duration.ts";
import { stateOf } from "../../velero/phases.ts";
import type { Backup, BackupSpec } from "../../velero/types.ts";
import { wishLabel } from "./our-backups.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { backupSpecOf, wishOf } from "./selection.ts";
import { requireInLocation, toTakeOver } from "./to-take-over.ts";

/**
 * The Backup that a create takes over; a Problem where it cannot be taken over, as far as the object alone tells.
 * `isTaken`: a run that was killed has done so. Reads alone.
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

/** Left out, these mean everything: what a backup left out of it is then a difference, too. */
const EVERYTHING: readonly (keyof BackupSpec)[] = [
  "includedNamespaces",
  "includedResources",
  "includedNamespaceScopedResources",
  "labelSelector",
  "orLabelSelectors",
];
/** To these Velero's server adds. */
const ADDED_TO: readonly (keyof BackupSpec)[] = [
  "excludedNamespaces",
  "excludedResources",
  "excludedClusterScopedResources",
  "excludedNamespaceScopedResources",
];

/** Each in words. A ConfigMap of policies tells nothing by its name, and is taken on trust. */
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
