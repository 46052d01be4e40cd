import { Problem, withCode, wordsOf } from "../../core/errors.ts";
import { PartialFailure } from "../../core/handler.ts";
import { nameOf } from "../../core/identity.ts";
import { same } from "../../core/values.ts";
import { isUnreachable } from "../../kubernetes/kubernetes-error.ts";
import {
  type Act,
  aggregate,
  aimFor,
  interruptedPart,
  isSkipped,
  keptOf,
  makingOf,
  type Part,
  partIn,
  planParts,
  SKIPPED,
  type WorkspaceBackupOutputs,
} from "./parts.ts";
import { followParts } from "../../core/notices.ts";
import { kindMentions, requireKindsSomewhere } from "../../rules/selected-kinds.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { expectedHealthOf, isScheduled } from "../../schemas/backup.ts";
import { membersOf } from "../../schemas/workspace-backup.ts";
import { namesIn } from "../../velero/namespace-selection.ts";
import { establishInCluster } from "../backup/apply-backup.ts";
import { removeFromCluster } from "../backup/remove.ts";
import type { Session } from "../../session.ts";
import type { BackupContext } from "../backup/take-backup.ts";

interface EstablishOptions {
  id: string;
  before: WorkspaceBackupOutputs | undefined;
  runPending: boolean;
}

/**
 * Applies the workspace to its clusters in parallel. Backups are accepted when all of them have ended: if a run is
 * killed before, the next one finds all of them again, including the good ones.
 */
export async function applyWorkspaceBackup(
  session: Session,
  desired: WorkspaceBackupOutputs,
  { id, before, runPending }: EstablishOptions,
): Promise<WorkspaceBackupOutputs> {
  const { default: pMap } = await import("p-map");
  const plan = [...planParts(before, desired)];
  if (plan.some(([, act]) => act === "make") && namesOtherKinds(before, desired))
    await requireKindsSomewhere(session, desired);
  const busy = plan.filter(([, act]) => act !== "keep").length;
  const progress = followParts(session.notices, nameOf(desired.owner), busy);
  const writes = new Map<string, () => Promise<void>>();
  // The results are in the plan's order.
  const outcomes = new Map<string, PartOutcome>(plan.map(([cluster]) => [cluster, {}]));
  try {
    await pMap(
      plan,
      async ([cluster, act]) => {
        const finish = async (write: () => Promise<void>) => void writes.set(cluster, write);
        const how = { id, before, runPending, finish, progress: progress.of(cluster) };
        outcomes.set(cluster, await carryOut(session, act, desired, cluster, how));
        if (act !== "keep") progress.done(cluster);
      },
      { concurrency: desired.parallel ?? Number.POSITIVE_INFINITY },
    );
    await Promise.all(
      [...writes].map(([cluster, write]) =>
        write().catch((failure: unknown) => spoil(outcomes, cluster, failure)),
      ),
    );
  } finally {
    progress.stop();
  }

  const reached = outputsFrom(desired, before, outcomes);
  const failures = [...outcomes].filter(([, { failure }]) => failure !== undefined);
  const complaints = failures.map(([cluster, { failure }]) => withClusterName(cluster, wordsOf(failure)));
  const how = { id, isNew: before === undefined, failed: failures.map(([key]) => key) };
  if (complaints.length > 0) throw workspaceFailure(reached, complaints, how);
  const nowhere = namespacesNowhere(reached);
  if (nowhere) throw workspaceFailure(askedAgain(reached), [wordsOf(nowhere)], how);
  return reached;
}

/** Unchanged kinds are not checked again to repair a cluster, or to release one. */
const namesOtherKinds = (
  before: WorkspaceBackupOutputs | undefined,
  desired: WorkspaceBackupOutputs,
): boolean => before === undefined || !same(kindMentions(before), kindMentions(desired));

function spoil(outcomes: Map<string, PartOutcome>, cluster: string, failure: unknown): void {
  const part = outcomes.get(cluster)?.part;
  const message = wordsOf(failure);
  outcomes.set(cluster, {
    part: part && { ...part, made: undefined, health: "Unhealthy", message, unfinished: message },
    failure,
  });
}

/** If a cluster that is removed could not be cleaned up, its connection is kept as well. */
function outputsFrom(
  desired: WorkspaceBackupOutputs,
  before: WorkspaceBackupOutputs | undefined,
  outcomes: Map<string, PartOutcome>,
): WorkspaceBackupOutputs {
  const byCluster = Object.fromEntries(
    [...outcomes].flatMap(([cluster, { part }]): [string, Part][] => (part ? [[cluster, part]] : [])),
  );
  const left = Object.entries(before?.reach ?? {}).filter(([key]) => byCluster[key] && !desired.reach[key]);
  const outputs = { ...desired, byCluster, reach: { ...Object.fromEntries(left), ...desired.reach } };
  const summary = aggregate(outputs);
  // A skipped cluster does not fail the `up`, but the next one has to continue with it.
  const isUnfinished = Object.values(byCluster).some(({ unfinished }) => unfinished !== undefined);
  return { ...outputs, ...summary, unfinished: isUnfinished ? summary.message : undefined };
}

/**
 * Returns a problem for a name that no cluster has: it is misspelt, or does not exist yet. If not all clusters could be
 * asked, the result is not known.
 */
function namespacesNowhere(workspace: WorkspaceBackupOutputs): Problem | undefined {
  const parts = membersOf(workspace).map((key) => workspace.byCluster[key]);
  if (parts.every(isSkipped)) {
    return new Problem({
      code: "NoNamespace",
      property: "includedNamespaces",
      what: "no cluster has any of the namespaces that are declared",
      todo: "Mend them, or make this resource depend on what creates them.",
    });
  }
  const names = namesIn(workspace);
  if (parts.some((part) => !part?.resolvedNamespaces && !isSkipped(part))) return undefined;
  const found = new Set(parts.flatMap((part) => part?.resolvedNamespaces ?? []));
  const excluded = new Set(workspace.excludedNamespaces);
  const nowhere = names.filter((name) => !found.has(name) && !excluded.has(name));
  if (nowhere.length === 0) return undefined;
  const once = isScheduled(workspace) ? "" : ", and change `triggers` once it is there";
  return new Problem({
    code: "NoNamespace",
    property: "includedNamespaces",
    what: `no cluster has a namespace ${nowhere.map((name) => `"${name}"`).join(", ")}`,
    todo: `Mend the name, or make this resource depend on what creates it${once}. What the clusters have of the others is backed up.`,
  });
}

/** Lets the next `up` check the namespaces again. A backup that was taken without them is not taken again by itself. */
function askedAgain(workspace: WorkspaceBackupOutputs): WorkspaceBackupOutputs {
  const parts = Object.entries(workspace.byCluster).map(([key, part]): [string, Part] => [
    key,
    isScheduled(workspace) || isSkipped(part) ? { ...part, made: undefined } : part,
  ]);
  return { ...workspace, byCluster: Object.fromEntries(parts) };
}

const withClusterName = (cluster: string, words: string): string =>
  words.includes(`"${cluster}"`) || words.startsWith(`clusters.${cluster}`)
    ? words
    : `cluster "${cluster}": ${words}`;

function workspaceFailure(
  reached: WorkspaceBackupOutputs,
  complaints: readonly string[],
  { id, isNew, failed }: { id: string; isNew: boolean; failed: readonly string[] },
): Error {
  const all = Object.keys(reached.byCluster).length;
  const summary =
    failed.length > 0 && all > 1
      ? [
          withCode(
            `${failed.length} of ${all} clusters failed (${failed.join(", ")}); what the others have stays, and the next up goes on with these.`,
            "SomeFailed",
          ),
        ]
      : [];
  const reasons = [...summary, ...complaints];
  const cause = new Error(complaints.join("\n"));
  // Nothing was created anywhere, so Pulumi need not record the resource.
  if (isNew && Object.values(reached.byCluster).every(({ clusterUid }) => clusterUid === undefined)) {
    return new Error(reasons.join("\n"));
  }
  return new PartialFailure(id, reached, cause, reasons);
}

/** The result in one cluster: its part, if there is one, and the failure. */
interface PartOutcome {
  part?: Part | undefined;
  failure?: unknown;
}

interface PartOptions extends Pick<BackupContext, "finish" | "progress"> {
  id: string;
  before: WorkspaceBackupOutputs | undefined;
  /** True if a backup is requested now, in any case. */
  runPending: boolean;
}

/** Performs the planned action in one cluster. It never throws, because the other clusters have to continue. */
async function carryOut(
  session: Session,
  act: Act,
  desired: WorkspaceBackupOutputs,
  cluster: string,
  how: PartOptions,
): Promise<PartOutcome> {
  const known = how.before?.byCluster[cluster];
  try {
    switch (act) {
      case "keep":
        return { part: known };
      case "make":
        return { part: await make(session, desired, cluster, how) };
      case "remove":
      case "release":
        if (how.before && !isSkipped(known)) await end(session, act, partIn(how.before, cluster));
        return {};
      case "forget":
        session.notices.warn(
          nameOf(desired.owner),
          `lets go of cluster "${cluster}", which is offline: what it has there stays as it is`,
        );
        return {};
    }
  } catch (failure) {
    return failedIn(failure, desired, cluster, how);
  }
}

/** Maps the code of a failure to what the cluster lacks, so that its backup would be empty. */
const NOTHING_THERE: Partial<Record<string, string>> = { NoNamespace: "namespaces", WrongKind: "kinds" };

async function make(
  session: Session,
  desired: WorkspaceBackupOutputs,
  cluster: string,
  how: PartOptions,
): Promise<Part> {
  const { id, before, finish, progress } = how;
  const known = before && !isSkipped(before.byCluster[cluster]) ? knownIn(before, cluster) : undefined;
  const wanted = wantedIn(desired, cluster, how);
  try {
    const made = await establishInCluster(session, known, wanted, {
      id,
      part: cluster,
      lenient: true,
      finish,
      progress,
    });
    return made.unfinished === undefined
      ? keptOf(made, makingOf(desired, cluster))
      : interruptedPart(made, wanted);
  } catch (error) {
    const cause = error instanceof PartialFailure ? error.cause : error;
    const missing = cause instanceof Problem ? NOTHING_THERE[cause.code] : undefined;
    if (missing === undefined || desired.clusters !== "all") throw error;
    session.notices.warn(
      nameOf(desired.owner),
      `leaves out cluster "${cluster}", which has none of the ${missing}`,
    );
    if (known?.clusterUid !== undefined) await end(session, "release", known);
    return { ...nothingIn(desired, cluster), phase: SKIPPED, made: makingOf(desired, cluster) };
  }
}

const knownIn = (workspace: WorkspaceBackupOutputs, cluster: string): ClusterBackupOutputs | undefined =>
  workspace.byCluster[cluster] && partIn(workspace, cluster);

/** Includes the first backup now if the cluster has nothing yet. */
const wantedIn = (desired: WorkspaceBackupOutputs, cluster: string, { before, runPending }: PartOptions) => {
  const isNew = before?.byCluster[cluster]?.clusterUid === undefined;
  return aimFor(desired, cluster, { runPending: runPending || (isNew && desired.runNow === true) });
};

/** A cluster that left `"all"` and cannot be reached any more does not block the others. */
async function end(session: Session, act: "remove" | "release", part: ClusterBackupOutputs): Promise<void> {
  const { cluster, owner } = part;
  if (act === "remove") return removeFromCluster(session, part, { part: cluster, replaced: false });
  await removeFromCluster(
    session,
    { ...part, deletionPolicy: "retain" },
    { part: cluster, replaced: false },
  ).catch((error: unknown) => {
    const cause = error instanceof Problem && error.code === "Unreachable" ? (error.cause ?? error) : error;
    if (!isUnreachable(cause)) throw error;
    session.notices.warn(
      nameOf(owner),
      `lets go of cluster "${cluster}", which cannot be reached: what it has there stays as it is`,
    );
  });
}

function failedIn(
  failure: unknown,
  desired: WorkspaceBackupOutputs,
  cluster: string,
  how: PartOptions,
): PartOutcome {
  const message = wordsOf(failure);
  const reached =
    failure instanceof PartialFailure
      ? (failure.outputs as unknown as ClusterBackupOutputs)
      : how.before && knownIn(how.before, cluster);
  const part = reached
    ? interruptedPart(reached, wantedIn(desired, cluster, how))
    : nothingIn(desired, cluster);
  return { part: { ...part, made: undefined, health: "Unhealthy", message, unfinished: message }, failure };
}

const nothingIn = (desired: WorkspaceBackupOutputs, cluster: string): Part => {
  const { objectName, location } = aimFor(desired, cluster, { runPending: false });
  return { objectName, location, health: expectedHealthOf(desired) };
};
