import { Problem, wordsOf } from "../../errors.ts";
import { pick, same } from "../../lifecycle/canonical.ts";
import { checkInputs, inputsIn, withInputs } from "../../lifecycle/check.ts";
import { diffBy } from "../../lifecycle/diff.ts";
import type { Handler } from "../../lifecycle/handler.ts";
import { formerOwnersOf, nameOf, newIncarnation } from "../../lifecycle/identity.ts";
import { rememberAccess } from "../../lifecycle/process-memory.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { isScheduled, usesOf } from "../backup/declaration.ts";
import { lookAtNewObjects } from "../backup/look-at-new-objects.ts";
import { removeFromCluster } from "../backup/remove-from-cluster.ts";
import { lookAtCluster } from "../preflight/look-at-cluster.ts";
import { lookAtFileCopies } from "../preflight/look-at-file-copies.ts";
import { lookAtKinds } from "../preflight/look-at-kinds.ts";
import { lookAtPolicy } from "../preflight/look-at-policy.ts";
import { lookAtNamespacesOfAll } from "../preflight/look-at-namespaces-of-all.ts";
import { lookAtVolumes } from "../preflight/look-at-volumes.ts";
import { withPreflight } from "../preflight/verdict.ts";
import { aggregate } from "./aggregate.ts";
import { establish } from "./establish.ts";
import {
  commonKeys,
  membersOf,
  reachesOf,
  replacedBy,
  type WorkspaceBackupInputs,
  workspaceBackupInputs,
} from "./inputs.ts";
import { lookAtLeavers } from "./look-at-leavers.ts";
import { partIn, type WorkspaceBackupOutputs } from "./parts.ts";
import { isSkipped } from "./plan-parts.ts";
import { readParts } from "./read-parts.ts";

/** One logical backup over many clusters; what it has in each of them is a ClusterBackup in all but its resource. */
export const workspaceBackup: Handler<WorkspaceBackupInputs, WorkspaceBackupOutputs> = {
  check(news, olds, how) {
    const result = checkInputs(workspaceBackupInputs, news, olds, how);
    if (result.failures.length === 0) rememberWays(result.inputs);
    return withPreflight(result, how, (inputs) => [
      ...membersOf(inputs).flatMap((key) => {
        const { connection, location } = inputs.reach[key] ?? {};
        const objectName = inputs.objectNames[key];
        if (!connection || !location || objectName === undefined) return [];
        const isNew = objectName !== olds?.objectNames[key];
        return [
          ...(isNew ? lookAtNewObjects({ cluster: key, connection, location, objectName }, inputs) : []),
          lookAtCluster(connection, key, location.namespace, usesOf(inputs)),
          lookAtPolicy(connection, { ...location, cluster: key }, inputs),
          lookAtFileCopies(connection, { ...location, cluster: key }, inputs),
          lookAtVolumes(connection, { ...location, cluster: key }, inputs),
        ];
      }),
      lookAtNamespacesOfAll(pick(inputs.reach, membersOf(inputs)), inputs),
      ...(olds ? [lookAtLeavers(inputs, olds)] : []),
      lookAtKinds(pick(inputs.reach, membersOf(inputs)), inputs),
    ]);
  },

  diff(outputs, news) {
    const common = commonKeys(outputs, news);
    return diffBy(outputs, news, (inputs) => replacedBy(inputs, common));
  },

  async create(inputs) {
    const id = nameOf(inputs.owner);
    const aim: WorkspaceBackupOutputs = {
      ...inputs,
      incarnation: newIncarnation(),
      byCluster: {},
      phase: "Failed",
    };
    return { id, outputs: await establish(aim, { id, before: undefined, runPending: false }) };
  },

  update(id, outputs, news) {
    const aim: WorkspaceBackupOutputs = {
      ...withInputs(workspaceBackupInputs, outputs, news),
      formerOwners: formerOwnersOf(outputs, news),
      unfinished: undefined,
      message: undefined,
    };
    const runPending = isScheduled(news) && !same(outputs.triggers ?? [], news.triggers ?? []);
    return establish(aim, { id, before: outputs, runPending });
  },

  async read(_id, outputs) {
    const found = { ...outputs, byCluster: await readParts(outputs) };
    const summary = aggregate(found);
    return {
      outputs: { ...found, ...summary },
      inputs: inputsIn(workspaceBackupInputs, outputs, summary.health),
    };
  },

  async delete(_id, outputs) {
    const { default: pMap } = await import("p-map");
    const problems: unknown[] = [];
    await pMap(
      Object.keys(outputs.byCluster).filter((cluster) => !isSkipped(outputs.byCluster[cluster])),
      (cluster) =>
        removeFromCluster(partIn(outputs, cluster), { part: cluster }).catch((error: unknown) => {
          problems.push(error);
        }),
      { concurrency: outputs.parallel ?? Number.POSITIVE_INFINITY },
    );
    if (problems.length === 1) throw problems[0];
    if (problems.length > 1) {
      throw new Problem({
        code: "SomeStay",
        what: `what is in ${problems.length} of ${Object.keys(outputs.byCluster).length} clusters could not be removed`,
        said: problems.map(wordsOf).join(" — "),
        todo: "What could be is gone; run again for these.",
      });
    }
  },
};

function rememberWays({ reach, storage, access }: WorkspaceBackupInputs): void {
  for (const [, each] of reachesOf(reach).filter(([, known]) => !hasUnknown(known))) {
    const { location, connection, credentials } = each;
    rememberAccess(location, { connection, storage, credentials, access });
  }
}
