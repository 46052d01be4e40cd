import type { Health } from "../../core/check.ts";
import type { Owner } from "../../core/identity.ts";
import { omit, pick, same, shortHash } from "../../core/values.ts";
import type {
  BackupOutcome,
  ClusterBackupOutputs,
  ClusterBackupPhase,
} from "../../schemas/backup-outputs.ts";
import { expectedHealthOf, isScheduled, type LocationReference } from "../../schemas/backup.ts";
import { type SelectionInputs, selectionOf } from "../../schemas/selection.ts";
import {
  isOffline,
  membersOf,
  scheduleIn,
  type WorkspaceBackupInputs,
} from "../../schemas/workspace-backup.ts";
import type { SentNamespaces } from "../../velero/namespace-selection.ts";

/** A cluster that has none of the declared namespaces: nothing is made there, and nothing is wrong. */
export const SKIPPED = "Skipped";

type WorkspacePhase = "Completed" | "PartiallyFailed" | "Failed" | "Expired" | "Enabled" | "Paused";

/** What a workspace has in one cluster, as state keeps it: a ClusterBackup's outputs without what all parts share. */
export interface Part extends Omit<BackupOutcome, "phase"> {
  phase?: ClusterBackupPhase | typeof SKIPPED | undefined;
  objectName: string;
  location: LocationReference;
  /** Tells what it was made of, to see whether anything has changed; absent where nothing was. */
  made?: string | undefined;
  clusterUid?: string | undefined;
  scheduleName?: string | undefined;
  lastSuccessfulBackup?: string | undefined;
  newestGood?: ClusterBackupOutputs["newestGood"];
  nextRun?: string | undefined;
  changedAt?: string | undefined;
  resolvedNamespaces?: string[] | undefined;
  sentNamespaces?: SentNamespaces | undefined;
  sentOrder?: Record<string, string[]> | undefined;
  runPending?: boolean | undefined;
  /** What is captured there, where no up has got through with what is declared by now. */
  inEffect?: SelectionInputs | undefined;
  health: Health;
  message?: string | undefined;
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

export interface WorkspaceBackupOutputs extends WorkspaceBackupInputs {
  incarnation: string;
  formerOwners?: Owner[] | undefined;
  /** By key of the cluster. */
  byCluster: Record<string, Part>;
  phase: WorkspacePhase;
  itemsBackedUp?: number | undefined;
  warnings?: number | undefined;
  errors?: number | undefined;
  lastSuccessfulBackup?: string | undefined;
  nextRun?: string | undefined;
  message?: string | undefined;
  unfinished?: string | undefined;
}

/** What belongs to the workspace as a whole. */
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

/** One cluster's part as a ClusterBackup of its own would have it in state. */
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

/** What is wanted of one cluster, going on from what there is. */
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

/** What state keeps of a part. */
export const keptOf = (part: ClusterBackupOutputs, made: string | undefined): Part => ({
  ...(pick(part, KEPT) as Part),
  made,
});

/**
 * What state keeps of a part with which an up did not get through: what is in effect there, and the backup that was
 * asked for now, which the workspace itself will not ask for again.
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

/** What came after states were written without it: left out, it changes nothing of what they know. */
const LATER: readonly (keyof WorkspaceBackupInputs)[] = [
  "useOwnerReferencesInBackup",
  "labels",
  "annotations",
];

/** What a part is made of: where it differs from what state knows, there is something to do in that cluster. */
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
    // A Schedule notes it. What is taken once does not.
    ...(isScheduled(workspace) && workspace.deletionPolicy === "delete" ? ["delete"] : []),
  );

/**
 * What an up does in one cluster:
 * - `make`: what is wanted is made there, or gone on with;
 * - `keep`: all is as it should be, and the cluster is not even asked;
 * - `remove`: it was taken out of the list, and goes by `deletionPolicy`;
 * - `release`: it has left `"all"`; its schedule goes, and what is stored stays;
 * - `forget`: it went offline; nothing there is touched.
 */
export type Act = "make" | "keep" | "remove" | "release" | "forget";

/** What there is to do in which cluster, by key. Pure: what state knows against what is declared. */
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
  // Named, and declared offline: what is there stays as it is.
  if (part && news.reach[key]?.connection.offline) return "keep";
  const isGood = part?.unfinished === undefined && part?.health === expectedHealthOf(news);
  return isGood && part.made === makingOf(news, key) ? "keep" : "make";
}

function actForLeaver(news: WorkspaceBackupInputs, key: string): Act {
  if (isOffline(news.reach[key])) return "forget";
  return news.clusters === "all" ? "release" : "remove";
}

export const isSkipped = (part: Part | undefined): boolean => part?.phase === SKIPPED;

/** Worst first: what is lost, what fails, what may be lost, what is late, what was changed, what cannot be told. */
const SEVERITY: readonly Health[] = [
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

const SHOWN = 5;

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

/** What the parts come to, by the rule that WorkspaceBackup's documentation gives. */
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
    message: wordsOf(byCluster),
  };
}

function phaseOfBackups(parts: readonly Part[]): WorkspacePhase {
  const phases = parts.map(({ phase, unfinished }) => (unfinished === undefined ? phase : undefined));
  if (phases.length > 0 && phases.every((phase) => phase === "Expired")) return "Expired";
  if (phases.length > 0 && phases.every((phase) => phase === "Completed" || phase === "Expired"))
    return "Completed";
  const hasSome = phases.some((phase) => ["Completed", "Expired", "PartiallyFailed"].includes(phase ?? ""));
  return hasSome ? "PartiallyFailed" : "Failed";
}

function phaseOfSchedules(parts: readonly Part[], paused: boolean): WorkspacePhase {
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

/** Undefined where any Schedule's next run is not known: it may be the first. */
function firstRun(parts: readonly Part[]): string | undefined {
  const known = parts.filter(
    ({ scheduleName, nextRun }) => scheduleName !== undefined || nextRun !== undefined,
  );
  return known.every(({ nextRun }) => nextRun !== undefined)
    ? earliest(known.map(({ nextRun }) => nextRun))
    : undefined;
}

function wordsOf(byCluster: Record<string, Part>): string | undefined {
  const said = Object.entries(byCluster).flatMap(([key, { message }]) =>
    message === undefined ? [] : [`${key}: ${message}`],
  );
  if (said.length === 0) return undefined;
  return (
    said.slice(0, SHOWN).join("; ") +
    (said.length > SHOWN ? `; and ${said.length - SHOWN} more clusters` : "")
  );
}
