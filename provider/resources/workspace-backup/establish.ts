import { withCode } from "../../codes.ts";
import { Problem, wordsOf } from "../../errors.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { PartialFailure } from "../../lifecycle/partial-failure.ts";
import { same } from "../../lifecycle/canonical.ts";
import { isScheduled } from "../backup/declaration.ts";
import { kindMentions } from "../backup/kind-mentions.ts";
import { namesIn } from "../backup/namespaces.ts";
import { aggregate } from "./aggregate.ts";
import { carryOut, type PartOutcome } from "./carry-out.ts";
import { followParts } from "./follow-parts.ts";
import { membersOf } from "./inputs.ts";
import type { Part, WorkspaceBackupOutputs } from "./parts.ts";
import { isSkipped, planParts } from "./plan-parts.ts";
import { requireKindsSomewhere } from "./require-kinds-somewhere.ts";

interface How {
  id: string;
  before: WorkspaceBackupOutputs | undefined;
  runPending: boolean;
}

/**
 * Makes the workspace be as declared, its clusters side by side. Backups are settled when all of them have ended: a
 * run that is killed before leaves them to be found again, also those that were good already.
 */
export async function establish(
  aim: WorkspaceBackupOutputs,
  { id, before, runPending }: How,
): Promise<WorkspaceBackupOutputs> {
  const { default: pMap } = await import("p-map");
  const plan = [...planParts(before, aim)];
  if (plan.some(([, act]) => act === "make") && namesOtherKinds(before, aim))
    await requireKindsSomewhere(aim);
  const busy = plan.filter(([, act]) => act !== "keep").length;
  const progress = followParts(nameOf(aim.owner), busy);
  const writes = new Map<string, () => Promise<void>>();
  // In the plan's order, whichever ends first.
  const outcomes = new Map<string, PartOutcome>(plan.map(([cluster]) => [cluster, {}]));
  try {
    await pMap(
      plan,
      async ([cluster, act]) => {
        const finish = async (write: () => Promise<void>) => void writes.set(cluster, write);
        const how = { id, before, runPending, finish, progress: progress.of(cluster) };
        outcomes.set(cluster, await carryOut(act, aim, cluster, how));
        if (act !== "keep") progress.done(cluster);
      },
      { concurrency: aim.parallel ?? Number.POSITIVE_INFINITY },
    );
    await Promise.all(
      [...writes].map(([cluster, write]) =>
        write().catch((failure: unknown) => spoil(outcomes, cluster, failure)),
      ),
    );
  } finally {
    progress.stop();
  }

  const reached = outputsFrom(aim, before, outcomes);
  const failures = [...outcomes].filter(([, { failure }]) => failure !== undefined);
  const complaints = failures.map(([cluster, { failure }]) => inCluster(cluster, wordsOf(failure)));
  const how = { id, isNew: before === undefined, failed: failures.map(([key]) => key) };
  if (complaints.length > 0) throw failureOf(reached, complaints, how);
  const nowhere = namespacesNowhere(reached);
  if (nowhere) throw failureOf(askedAgain(reached), [wordsOf(nowhere)], how);
  return reached;
}

/** Kinds that were found once need not be found again to repair a cluster, or to let one go. */
const namesOtherKinds = (before: WorkspaceBackupOutputs | undefined, aim: WorkspaceBackupOutputs): boolean =>
  before === undefined || !same(kindMentions(before), kindMentions(aim));

function spoil(outcomes: Map<string, PartOutcome>, cluster: string, failure: unknown): void {
  const part = outcomes.get(cluster)?.part;
  const message = wordsOf(failure);
  outcomes.set(cluster, {
    part: part && { ...part, made: undefined, health: "Unhealthy", message, unfinished: message },
    failure,
  });
}

/** Of a cluster that is leaving and could not be left the way there is kept, too. */
function outputsFrom(
  aim: WorkspaceBackupOutputs,
  before: WorkspaceBackupOutputs | undefined,
  outcomes: Map<string, PartOutcome>,
): WorkspaceBackupOutputs {
  const byCluster = Object.fromEntries(
    [...outcomes].flatMap(([cluster, { part }]): [string, Part][] => (part ? [[cluster, part]] : [])),
  );
  const left = Object.entries(before?.reach ?? {}).filter(([key]) => byCluster[key] && !aim.reach[key]);
  const outputs = { ...aim, byCluster, reach: { ...Object.fromEntries(left), ...aim.reach } };
  const summary = aggregate(outputs);
  // A cluster that was skipped fails no up, and has to be gone on with by the next one.
  const isUnfinished = Object.values(byCluster).some(({ unfinished }) => unfinished !== undefined);
  return { ...outputs, ...summary, unfinished: isUnfinished ? summary.message : undefined };
}

/** A name that no cluster has is misspelt, or comes too early; where not all could be asked nobody can tell. */
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

/** The next up looks for the namespaces anew; but what was captured without them is not taken again by itself. */
function askedAgain(workspace: WorkspaceBackupOutputs): WorkspaceBackupOutputs {
  const parts = Object.entries(workspace.byCluster).map(([key, part]): [string, Part] => [
    key,
    isScheduled(workspace) || isSkipped(part) ? { ...part, made: undefined } : part,
  ]);
  return { ...workspace, byCluster: Object.fromEntries(parts) };
}

const inCluster = (cluster: string, words: string): string =>
  words.includes(`"${cluster}"`) || words.startsWith(`clusters.${cluster}`)
    ? words
    : `cluster "${cluster}": ${words}`;

function failureOf(
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
  // Nothing is anywhere: Pulumi need not know of it.
  if (isNew && Object.values(reached.byCluster).every(({ clusterUid }) => clusterUid === undefined)) {
    return new Error(reasons.join("\n"));
  }
  return new PartialFailure(id, reached, cause, reasons);
}
