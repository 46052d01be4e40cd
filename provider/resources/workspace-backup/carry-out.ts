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
import { SKIPPED } from "./parts.ts";
import {
  aimFor,
  interruptedPart,
  keptOf,
  makingOf,
  type Part,
  partIn,
  type WorkspaceBackupOutputs,
} from "./parts.ts";
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
    return failed(failure, aim, cluster, how);
  }
}

/** Maps the code of a complaint to what the cluster has none of, so that nothing of it would be backed up. */
const NOTHING_THERE: Partial<Record<string, string>> = { NoNamespace: "namespaces", WrongKind: "kinds" };

async function make(aim: WorkspaceBackupOutputs, cluster: string, how: How): Promise<Part> {
  const { id, before, finish, progress } = how;
  const known = before && !isSkipped(before.byCluster[cluster]) ? knownIn(before, cluster) : undefined;
  const wanted = wantedIn(aim, cluster, how);
  try {
    const made = await establishInCluster(known, wanted, {
      id,
      part: cluster,
      lenient: true,
      finish,
      progress,
    });
    return made.unfinished === undefined
      ? keptOf(made, makingOf(aim, cluster))
      : interruptedPart(made, wanted);
  } catch (error) {
    const cause = error instanceof PartialFailure ? error.cause : error;
    const missing = cause instanceof Problem ? NOTHING_THERE[cause.code] : undefined;
    if (missing === undefined || aim.clusters !== "all") throw error;
    tell(nameOf(aim.owner), `leaves out cluster "${cluster}", which has none of the ${missing}`);
    if (known?.clusterUid !== undefined) await end("release", known);
    return { ...nothingIn(aim, cluster), phase: SKIPPED, made: makingOf(aim, cluster) };
  }
}

const knownIn = (workspace: WorkspaceBackupOutputs, cluster: string): ClusterBackupOutputs | undefined =>
  workspace.byCluster[cluster] && partIn(workspace, cluster);

/** With the first backup now where the cluster has nothing yet. */
const wantedIn = (aim: WorkspaceBackupOutputs, cluster: string, { before, runPending }: How) => {
  const isNew = before?.byCluster[cluster]?.clusterUid === undefined;
  return aimFor(aim, cluster, { runPending: runPending || (isNew && aim.runNow === true) });
};

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

function failed(failure: unknown, aim: WorkspaceBackupOutputs, cluster: string, how: How): PartOutcome {
  const message = wordsOf(failure);
  const reached =
    failure instanceof PartialFailure
      ? (failure.outputs as unknown as ClusterBackupOutputs)
      : how.before && knownIn(how.before, cluster);
  const part = reached ? interruptedPart(reached, wantedIn(aim, cluster, how)) : nothingIn(aim, cluster);
  return { part: { ...part, made: undefined, health: "Unhealthy", message, unfinished: message }, failure };
}

const nothingIn = (aim: WorkspaceBackupOutputs, cluster: string): Part => {
  const { objectName, location } = aimFor(aim, cluster, { runPending: false });
  return { objectName, location, health: expectedHealthOf(aim) };
};
