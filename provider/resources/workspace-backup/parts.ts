import { omit, pick, shortHash } from "../../lifecycle/canonical.ts";
import type { Health } from "../../lifecycle/check.ts";
import { expectedHealthOf, type LocationReference } from "../backup/declaration.ts";
import type { BackupOutcome, ClusterBackupOutputs } from "../backup/outputs.ts";
import { selectionOf, type SentNamespaces } from "../backup/selection.ts";
import { scheduleIn, type WorkspaceBackupInputs } from "./inputs.ts";

/** What a workspace has in one cluster, as state keeps it: a ClusterBackup's outputs without what all parts share. */
export interface Part extends BackupOutcome {
  objectName: string;
  location: LocationReference;
  /** Tells what it was made of, to see whether anything has changed; absent where nothing was. */
  made?: string | undefined;
  clusterUid?: string | undefined;
  scheduleName?: string | undefined;
  lastSuccessfulBackup?: string | undefined;
  nextRun?: string | undefined;
  changedAt?: string | undefined;
  resolvedNamespaces?: string[] | undefined;
  sentNamespaces?: SentNamespaces | undefined;
  runPending?: boolean | undefined;
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
  "nextRun",
  "changedAt",
  "resolvedNamespaces",
  "sentNamespaces",
  "runPending",
  "health",
  "message",
  "unfinished",
];

export interface WorkspaceBackupOutputs extends WorkspaceBackupInputs {
  incarnation: string;
  formerOwners?: string[] | undefined;
  /** By key of the cluster. */
  byCluster: Record<string, Part>;
  phase: string;
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
  const part = workspace.byCluster[cluster];
  const shared = omit(workspace, SHARED_ONLY) as Omit<
    ClusterBackupOutputs,
    "cluster" | "connection" | "location" | "objectName"
  >;
  return {
    ...shared,
    ...omit(part ?? {}, ["made"]),
    cluster,
    connection,
    credentials,
    schedule: scheduleIn(workspace, cluster),
    location: part?.location ?? (location as LocationReference),
    objectName: part?.objectName ?? workspace.objectNames[cluster] ?? "",
    health: part?.health ?? expectedHealthOf(workspace),
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
    ...now,
    location: location ?? now.location,
    objectName: workspace.objectNames[cluster] ?? now.objectName,
    health: expectedHealthOf(workspace),
    message: undefined,
    unfinished: undefined,
    runPending: runPending || now.runPending ? true : undefined,
  };
}

/** What state keeps of a part. */
export const keptOf = (part: ClusterBackupOutputs, made: string | undefined): Part => ({
  ...(pick(part, KEPT) as Part),
  made,
});

/** What a part is made of: where it differs from what state knows, there is something to do in that cluster. */
export const makingOf = (workspace: WorkspaceBackupInputs, cluster: string): string =>
  shortHash(
    16,
    workspace.owner,
    workspace.reach[cluster]?.location,
    selectionOf(workspace),
    scheduleIn(workspace, cluster),
    workspace.paused ?? false,
    workspace.triggers ?? [],
    workspace.allowPartialFailure ?? false,
  );
