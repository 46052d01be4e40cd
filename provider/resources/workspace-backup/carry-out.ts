import { Problem, wordsOf } from "../../errors.ts";
import { isUnreachable } from "../../kubernetes/kubernetes-error.ts";
import { nameOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { PartialFailure } from "../../lifecycle/partial-failure.ts";
import { expectedHealthOf } from "../backup/declaration.ts";
import { establishInCluster } from "../backup/establish-in-cluster.ts";
import type { ClusterBackupOutputs } from "../backup/outputs.ts";
import { removeFromCluster } from "../backup/remove-from-cluster.ts";
import type { Circumstances } from "../backup/take-backup.ts";
import { SKIPPED } from "./aggregate.ts";
import { aimFor, keptOf, makingOf, type Part, partIn, type WorkspaceBackupOutputs } from "./parts.ts";
import { type Act, isSkipped } from "./plan-parts.ts";

/** What became of one cluster: the part that there is now, if any, and why it is not what it should be. */
export interface PartOutcome {
  part?: Part | undefined;
  failure?: unknown;
}

interface How extends Pick<Circumstances, "finish" | "progress"> {
  id: string;
  before: WorkspaceBackupOutputs | undefined;
  /** A backup now is asked for, whatever there is. */
  runPending: boolean;
}

/** Does what is to be done in one cluster. Never throws: the others go on whatever comes of it. */
export async function carryOut(
  act: Act,
  aim: WorkspaceBackupOutputs,
  cluster: string,
  how: How,
): Promise<PartOutcome> {
  const known = how.before?.byCluster[cluster];
  try {
    switch (act) {
      case "keep":
        return { part: known };
      case "make":
        return { part: await make(aim, cluster, how) };
      case "remove":
      case "release":
        if (how.before && !isSkipped(known)) await end(act, partIn(how.before, cluster));
        return {};
      case "forget":
        tell(
          nameOf(aim.owner),
          `lets go of cluster "${cluster}", which is offline: what it has there stays as it is`,
        );
        return {};
    }
  } catch (failure) {
    return failed(failure, aim, cluster, known);
  }
}

async function make(
  aim: WorkspaceBackupOutputs,
  cluster: string,
  { id, before, runPending, finish, progress }: How,
): Promise<Part> {
  const known = before && before.byCluster[cluster] && !isSkipped(before.byCluster[cluster]);
  const wanted = aimFor(aim, cluster, { runPending: runPending || (!known && aim.runNow === true) });
  try {
    const made = await establishInCluster(known ? partIn(before, cluster) : undefined, wanted, {
      id,
      part: cluster,
      lenient: true,
      finish,
      progress,
    });
    return keptOf(made, made.unfinished === undefined ? makingOf(aim, cluster) : undefined);
  } catch (error) {
    const cause = error instanceof PartialFailure ? error.cause : error;
    const hasNone = cause instanceof Problem && cause.code === "NoNamespace";
    if (known || !hasNone || aim.clusters !== "all") throw error;
    tell(nameOf(aim.owner), `leaves out cluster "${cluster}", which has none of the namespaces`);
    return { ...nothingIn(aim, cluster), phase: SKIPPED, made: makingOf(aim, cluster) };
  }
}

/** A cluster that has left by itself does not hold up the rest because it cannot be reached any more. */
async function end(act: "remove" | "release", part: ClusterBackupOutputs): Promise<void> {
  const { cluster, owner } = part;
  if (act === "remove") return removeFromCluster(part, { part: cluster, replaced: false });
  await removeFromCluster({ ...part, deletionPolicy: "retain" }, { part: cluster, replaced: false }).catch(
    (error: unknown) => {
      const cause = error instanceof Problem && error.code === "Unreachable" ? (error.cause ?? error) : error;
      if (!isUnreachable(cause)) throw error;
      tell(
        nameOf(owner),
        `lets go of cluster "${cluster}", which cannot be reached: what it has there stays as it is`,
      );
    },
  );
}

function failed(
  failure: unknown,
  aim: WorkspaceBackupOutputs,
  cluster: string,
  known: Part | undefined,
): PartOutcome {
  const message = wordsOf(failure);
  const reached =
    failure instanceof PartialFailure
      ? keptOf(failure.outputs as unknown as ClusterBackupOutputs, undefined)
      : undefined;
  const part = reached ??
    known ?? { ...nothingIn(aim, cluster), runPending: aim.runNow === true || undefined };
  return { part: { ...part, made: undefined, health: "Unhealthy", message, unfinished: message }, failure };
}

const nothingIn = (aim: WorkspaceBackupOutputs, cluster: string): Part => {
  const { objectName, location } = aimFor(aim, cluster, { runPending: false });
  return { objectName, location, health: expectedHealthOf(aim) };
};
