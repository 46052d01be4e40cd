import { omit, pick, same, shortHash } from "../../lifecycle/canonical.ts";
import type { Owner } from "../../lifecycle/identity.ts";
import type { Health } from "../../lifecycle/check.ts";
import { expectedHealthOf, isScheduled, type LocationReference } from "../backup/declaration.ts";
import type { BackupOutcome, ClusterBackupOutputs, ClusterBackupPhase } from "../backup/outputs.ts";
import { type SelectionInputs, selectionOf, type SentNamespaces } from "../backup/selection.ts";
import { scheduleIn, type WorkspaceBackupInputs } from "./inputs.ts";

/** A cluster that has none of the declared namespaces: nothing is made there, and nothing is wrong. */
export const SKIPPED = "Skipped";

export type WorkspacePhase = "Completed" | "PartiallyFailed" | "Failed" | "Expired" | "Enabled" | "Paused";

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
