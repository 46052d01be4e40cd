import type { WorkspaceBackupPart, WorkspaceBackupResults } from "../../../model/backup-results.ts";
import type { BackupHealth } from "../../../model/health.ts";
import type { WorkspaceBackupPhase } from "../../../model/phases.ts";
import type { Owner } from "../../core/identity.ts";
import { omit, pick, same, shortHash } from "../../core/values.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { expectedHealthOf, isScheduled, type LocationReference } from "../../schemas/backup.ts";
import type { SelectionInputs } from "../../velero/selection-entries.ts";
import { selectionOf } from "../../schemas/selection.ts";
import {
  isOffline,
  membersOf,
  scheduleIn,
  type WorkspaceBackupInputs,
} from "../../schemas/workspace-backup.ts";
import type { SentNamespaces } from "../../velero/namespace-selection.ts";

/** The phase of a cluster that has none of the declared namespaces: it has no objects, and that is no problem. */
export const SKIPPED = "Skipped";

/**
 * A workspace's part in one cluster, as state keeps it: a ClusterBackup's outputs without those that all parts share.
 */
export interface Part extends WorkspaceBackupPart {
  objectName: string;
  location: LocationReference;
  /** A hash of what the part was made of, to find changes. Absent if nothing was made. */
  made?: string | undefined;
  clusterUid?: string | undefined;
  stored?: ClusterBackupOutputs["stored"];
  newestGood?: ClusterBackupOutputs["newestGood"];
  changedAt?: string | undefined;
  sentNamespaces?: SentNamespaces | undefined;
  sentOrder?: Record<string, string[]> | undefined;
  runPending?: boolean | undefined;
  /** The selection in effect, if no `up` has applied the declared one yet. */
  inEffect?: SelectionInputs | undefined;
  unfinished?: string | undefined;
}

const KEPT: readonly (keyof Part)[] = [
  "objectName",
  "location",
  "clusterUid",
  "phase",
  "backupName",
  "scheduleName",
  "startTime",
  "completionTime",
  "expiration",
  "itemsBackedUp",
  "warnings",
  "errors",
  "volumesBackedUp",
  "stored",
  "lastSuccessfulBackup",
  "newestGood",
  "nextRun",
  "changedAt",
  "resolvedNamespaces",
  "sentNamespaces",
  "sentOrder",
  "runPending",
  "health",
  "message",
  "unfinished",
];

export interface WorkspaceBackupOutputs
  extends
    WorkspaceBackupInputs,
    Omit<Partial<WorkspaceBackupResults>, "byCluster" | "phase" | "health" | "cadence"> {
  incarnation: string;
  formerOwners?: Owner[] | undefined;
  /** The parts, by cluster key. */
  byCluster: Record<string, Part>;
  phase: WorkspaceBackupPhase;
  unfinished?: string | undefined;
}

/** The fields of the workspace as a whole. */
const SHARED_ONLY: readonly (keyof WorkspaceBackupOutputs)[] = [
  "clusters",
  "reach",
  "objectNames",
  "parallel",
  "spread",
  "byCluster",
  "phase",
  "itemsBackedUp",
  "warnings",
  "errors",
  "lastSuccessfulBackup",
  "nextRun",
  "message",
  "unfinished",
];

/** Returns one cluster's part in the form of a ClusterBackup's outputs. */
export function partIn(workspace: WorkspaceBackupOutputs, cluster: string): ClusterBackupOutputs {
  const { connection = {}, credentials, location } = workspace.reach[cluster] ?? {};
  const { made: _made, inEffect, phase, ...part }: Partial<Part> = workspace.byCluster[cluster] ?? {};
  const shared = omit(workspace, SHARED_ONLY) as Omit<
    ClusterBackupOutputs,
    "cluster" | "connection" | "location" | "objectName"
  >;
  return {
    ...withSelection(shared, inEffect ?? selectionOf(workspace)),
    ...part,
    phase: phase === SKIPPED ? undefined : phase,
    cluster,
    connection,
    credentials,
    schedule: scheduleIn(workspace, cluster),
    location: part.location ?? (location as LocationReference),
    objectName: part.objectName ?? workspace.objectNames[cluster] ?? "",
    health: part.health ?? expectedHealthOf(workspace),
  };
}

/** Returns the desired part of one cluster, based on its current one. */
export function aimFor(
  workspace: WorkspaceBackupOutputs,
  cluster: string,
  { runPending }: { runPending: boolean },
): ClusterBackupOutputs {
  const { location } = workspace.reach[cluster] ?? {};
  const now = partIn(workspace, cluster);
  return {
    ...withSelection(now, selectionOf(workspace)),
    location: location ?? now.location,
    objectName: workspace.objectNames[cluster] ?? now.objectName,
    health: expectedHealthOf(workspace),
    message: undefined,
    unfinished: undefined,
    runPending: runPending || now.runPending ? true : undefined,
  };
}

const withSelection = <State extends SelectionInputs>(state: State, selection: SelectionInputs): State =>
  ({ ...omit(state, Object.keys(selectionOf(state))), ...selection }) as State;

/** Returns the fields of a part that state keeps. */
export const keptOf = (part: ClusterBackupOutputs, made: string | undefined): Part => ({
  ...(pick(part, KEPT) as Part),
  made,
});

/**
 * Returns the state of a part that an `up` did not finish: the selection in effect, and a backup that was requested
 * now, which the workspace itself will not request again.
 */
export function interruptedPart(reached: ClusterBackupOutputs, wanted: ClusterBackupOutputs): Part {
  const selection = selectionOf(reached);
  return {
    ...keptOf(reached, undefined),
    runPending: wanted.runPending,
    inEffect:
      reached.clusterUid === undefined || same(selection, selectionOf(wanted)) ? undefined : selection,
  };
}

/** These inputs were added after the first states were written. If they are omitted, the hash stays the same. */
const LATER: readonly (keyof WorkspaceBackupInputs)[] = [
  "useOwnerReferencesInBackup",
  "labels",
  "annotations",
];

/** Returns the hash of what a part is made of. If it differs from state, there is something to do in that cluster. */
export const makingOf = (workspace: WorkspaceBackupInputs, cluster: string): string =>
  shortHash(
    16,
    workspace.owner,
    workspace.lineage,
    workspace.reach[cluster]?.location,
    selectionOf(workspace),
    scheduleIn(workspace, cluster),
    workspace.paused ?? false,
    workspace.triggers ?? [],
    workspace.allowPartialFailure ?? false,
    ...Object.entries(pick(workspace, LATER)),
    // A Schedule records the policy. A single backup does not.
    ...(isScheduled(workspace) && workspace.deletionPolicy === "delete" ? ["delete"] : []),
  );

/**
 * The action of an `up` in one cluster:
 * - `make`: the desired part is applied or continued;
 * - `keep`: everything is as declared, and the cluster is not contacted;
 * - `remove`: the cluster was removed from the list, and `deletionPolicy` applies;
 * - `release`: the cluster left `"all"`; its schedule is removed, and stored data stays;
 * - `forget`: the cluster went offline; nothing there is touched.
 */
export type Act = "make" | "keep" | "remove" | "release" | "forget";

/** Returns the actions by cluster key. It is a pure function of state and inputs. */
export function planParts(
  before: WorkspaceBackupOutputs | undefined,
  news: WorkspaceBackupInputs,
): Map<string, Act> {
  const members = membersOf(news);
  const known = before?.byCluster ?? {};
  const plan = new Map<string, Act>();
  for (const key of members) plan.set(key, actForMember(known[key], news, key));
  for (const key of Object.keys(known)) if (!members.includes(key)) plan.set(key, actForLeaver(news, key));
  return plan;
}

function actForMember(part: Part | undefined, news: WorkspaceBackupInputs, key: string): Act {
  // If the cluster is listed and offline, its objects stay unchanged.
  if (part && news.reach[key]?.connection.offline) return "keep";
  const isGood = part?.unfinished === undefined && part?.health === expectedHealthOf(news);
  return isGood && part.made === makingOf(news, key) ? "keep" : "make";
}

function actForLeaver(news: WorkspaceBackupInputs, key: string): Act {
  if (isOffline(news.reach[key])) return "forget";
  return news.clusters === "all" ? "release" : "remove";
}

export const isSkipped = (part: Part | undefined): boolean => part?.phase === SKIPPED;

/**
 * Sorts the health values, worst first: data that is lost, failures, data that may be lost, delays, changes, unknown.
 */
const SEVERITY: readonly BackupHealth[] = [
  "Missing",
  "Failing",
  "Stuck",
  "Suspect",
  "Stale",
  "Expiring",
  "Drifted",
  "Unhealthy",
  "Unknown",
];

const CLUSTERS_SHOWN = 5;

type Summary = Pick<
  WorkspaceBackupOutputs,
  | "phase"
  | "itemsBackedUp"
  | "warnings"
  | "errors"
  | "lastSuccessfulBackup"
  | "nextRun"
  | "health"
  | "message"
>;

/** Returns the summary of the parts, by the rule in WorkspaceBackup's documentation. */
export function aggregate(workspace: WorkspaceBackupOutputs): Summary {
  const { byCluster } = workspace;
  const parts = Object.values(byCluster).filter(({ phase }) => phase !== SKIPPED);
  const found = Object.values(byCluster).map(({ health }) => health);
  return {
    phase: isScheduled(workspace)
      ? phaseOfSchedules(parts, workspace.paused === true)
      : phaseOfBackups(parts),
    itemsBackedUp: sumOf(parts.map(({ itemsBackedUp }) => itemsBackedUp)),
    warnings: sumOf(parts.map(({ warnings }) => warnings)),
    errors: sumOf(parts.map(({ errors }) => errors)),
    lastSuccessfulBackup: earliest(parts.map(({ lastSuccessfulBackup }) => lastSuccessfulBackup)),
    nextRun: firstRun(parts),
    health: SEVERITY.find((health) => found.includes(health)) ?? expectedHealthOf(workspace),
    message: unhealthyInWords(byCluster),
  };
}

function phaseOfBackups(parts: readonly Part[]): WorkspaceBackupPhase {
  const phases = parts.map(({ phase, unfinished }) => (unfinished === undefined ? phase : undefined));
  if (phases.length > 0 && phases.every((phase) => phase === "Expired")) return "Expired";
  if (phases.length > 0 && phases.every((phase) => phase === "Completed" || phase === "Expired"))
    return "Completed";
  const hasSome = phases.some((phase) => ["Completed", "Expired", "PartiallyFailed"].includes(phase ?? ""));
  return hasSome ? "PartiallyFailed" : "Failed";
}

function phaseOfSchedules(parts: readonly Part[], paused: boolean): WorkspaceBackupPhase {
  const isInPlace = ({ scheduleName, phase, unfinished }: Part) =>
    scheduleName !== undefined && unfinished === undefined && (paused || phase === "Enabled");
  if (parts.length > 0 && parts.every(isInPlace)) return paused ? "Paused" : "Enabled";
  return parts.some(isInPlace) ? "PartiallyFailed" : "Failed";
}

const defined = <T>(values: readonly (T | undefined)[]): T[] =>
  values.filter((value): value is T => value !== undefined);

function sumOf(numbers: readonly (number | undefined)[]): number | undefined {
  const known = defined(numbers);
  return known.length === 0 ? undefined : known.reduce((sum, number) => sum + number, 0);
}

const earliest = (times: readonly (string | undefined)[]): string | undefined => defined(times).toSorted()[0];

/** Returns undefined if the next run of any Schedule is not known: it may be the first. */
function firstRun(parts: readonly Part[]): string | undefined {
  const known = parts.filter(
    ({ scheduleName, nextRun }) => scheduleName !== undefined || nextRun !== undefined,
  );
  return known.every(({ nextRun }) => nextRun !== undefined)
    ? earliest(known.map(({ nextRun }) => nextRun))
    : undefined;
}

function unhealthyInWords(byCluster: Record<string, Part>): string | undefined {
  const said = Object.entries(byCluster).flatMap(([key, { message }]) =>
    message === undefined ? [] : [`${key}: ${message}`],
  );
  if (said.length === 0) return undefined;
  return (
    said.slice(0, CLUSTERS_SHOWN).join("; ") +
    (said.length > CLUSTERS_SHOWN ? `; and ${said.length - CLUSTERS_SHOWN} more clusters` : "")
  );
}
