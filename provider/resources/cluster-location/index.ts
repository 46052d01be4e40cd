import { clusterLabel } from "../../kubernetes/connection.ts";
import { checkInputs, inputsIn, withInputs } from "../../lifecycle/check.ts";
import { locations } from "../../kubernetes/resources.ts";
import { openCluster, unlessUnreachable } from "../../lifecycle/clusters.ts";
import { deadlineOf } from "../../lifecycle/deadline.ts";
import { diffBy } from "../../lifecycle/diff.ts";
import type { Handler } from "../../lifecycle/handler.ts";
import { formerOwnersOf, nameOf, newIncarnation } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { lookAtCluster } from "../preflight/look-at-cluster.ts";
import { lookAtLifecycle } from "../preflight/look-at-lifecycle.ts";
import type { Use } from "../preflight/needed-rights.ts";
import { lookAtTwins } from "../preflight/look-at-twins.ts";
import { lookAtDefault } from "../preflight/look-at-default.ts";
import { lookAtOwnStorage } from "../preflight/look-at-own-storage.ts";
import { notice, nothingWrong, type Verdict, withPreflight } from "../preflight/verdict.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { programWay } from "../../storage/ways.ts";
import { countStored, describeStored } from "../count-stored.ts";
import { PartialFailure } from "../../lifecycle/partial-failure.ts";
import { freshest, isDeclared, rememberAccess } from "../../lifecycle/process-memory.ts";
import { refuseAfterSkip, unlessUnhealthy } from "../skip-unhealthy.ts";
import { sweep } from "../sweep.ts";
import { establish } from "./establish.ts";
import { checkDefault } from "./one-default.ts";
import { clusterLocationInputs, type ClusterLocationInputs, replacedBy } from "./inputs.ts";
import { lookAtNew } from "./look-at-new.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";
import { readHealth } from "./read-health.ts";
import { remove } from "./remove.ts";

const idOf = ({ cluster, locationName }: ClusterLocationInputs): string => `${cluster}/${locationName}`;

/** A location as one cluster sees it: the credentials Secret, the BackupStorageLocation and those of `reads`. */
export const clusterLocation: Handler<ClusterLocationInputs, ClusterLocationOutputs> = {
  check(news, olds, how) {
    const result = checkInputs(clusterLocationInputs, news, olds, how);
    if (result.failures.length === 0) {
      rememberAccess(result.inputs, result.inputs);
      result.failures.push(...checkDefault(result.inputs, olds?.owner));
    }
    return withPreflight(result, how, (inputs) => [
      lookAtCluster(inputs.connection, inputs.cluster, inputs.namespace, usesOf(inputs)),
      lookAtTwins(inputs),
      lookAtDefault(inputs),
      // An object that state knows is ours, and may well be missing.
      ...(inputs.locationName === olds?.locationName ? [] : [lookAtNew(inputs)]),
      lookAtOwnStorage(inputs),
      ...(writes(inputs) ? [lookAtLifecycle(inputs, inputs.storePrefix)] : []),
      ...(olds?.deletionPolicy === inputs.deletionPolicy ? [] : [lookAtDeletionPolicy(inputs)]),
    ]);
  },

  diff: (outputs, news) => diffBy(outputs, news, replacedBy),

  async create(inputs) {
    const outputs: ClusterLocationOutputs = {
      ...inputs,
      incarnation: newIncarnation(),
    };
    const id = idOf(inputs);
    if (inputs.connection.offline) return { id, outputs };
    const settled = unlessUnhealthy(inputs, { inEffect: outputs }, () =>
      settle(id, outputs, inputs, outputs, "create"),
    );
    return { id, outputs: await settled };
  },

  async update(id, outputs, news) {
    const formerOwners = formerOwnersOf(outputs, news);
    const next: ClusterLocationOutputs = {
      ...withInputs(clusterLocationInputs, outputs, news),
      formerOwners,
      unfinished: undefined,
    };
    // What we have declared for a cluster that went offline stays there as it is.
    if (news.connection.offline) return next;
    return unlessUnhealthy(news, { inEffect: outputs }, () => settle(id, outputs, news, next, "update"));
  },

  async read(_id, outputs) {
    const found = await readHealth(outputs);
    return {
      outputs: { ...outputs, ...found },
      inputs: inputsIn(clusterLocationInputs, outputs, found.health),
    };
  },

  async delete(_id, outputs) {
    const access = freshest(outputs, outputs);
    // It may have gone offline in the very up that replaces it.
    if (outputs.connection.offline || access.connection.offline) return;
    const label = clusterLabel(outputs.cluster);
    const state = { ...outputs, ...access, storage: access.storage ?? outputs.storage };
    const how = { deadline: deadlineOf("delete", outputs.timeouts), replaced: isDeclared(outputs.owner) };
    const place = `BackupStorageLocation ${outputs.namespace}/${outputs.locationName}`;
    refuseAfterSkip(outputs.owner, `${place} in cluster "${outputs.cluster}"`);
    if (outputs.clusterUid === undefined) {
      await sweep(
        outputs,
        access.connection,
        { type: locations, name: outputs.locationName },
        (cluster, left) =>
          remove(
            cluster,
            // Nothing is stored in a location that no up has completed.
            {
              ...state,
              ...left,
              clusterUid: cluster.uid,
              accessMode: "ReadWrite",
              deletionPolicy: undefined,
            },
            how,
          ),
      );
      return;
    }
    await unlessUnreachable(label, async () => {
      await remove(await openCluster(access.connection, label, outputs.clusterUid), state, how);
    });
  },
};

/** Whether backups go there: what becomes of them concerns who writes. */
const writes = ({ requestedAccessMode, connection }: ClusterLocationInputs): boolean =>
  requestedAccessMode !== "ReadOnly" && connection.offline !== true;

/** A destroy asks nobody: that it deletes is told when it is declared. */
async function lookAtDeletionPolicy(inputs: ClusterLocationInputs): Promise<Verdict> {
  const { deletionPolicy, storage, credentials, access, storePrefix, cluster } = inputs;
  if (deletionPolicy !== "delete" || !writes(inputs)) return nothingWrong;
  if (hasUnknown([storage, credentials, access, storePrefix])) return nothingWrong;
  const way = programWay(inputs, cluster);
  const stored = describeStored(await countStored(way, storePrefix), storePrefix, way !== undefined);
  return notice(`deletionPolicy: with a destroy of the location in cluster "${cluster}" ${stored}`);
}

const usesOf = ({ access, repositoryPassword, deletionPolicy }: ClusterLocationInputs): Use[] => [
  "location",
  ...(deletionPolicy === "delete" ? (["deletion", "erasure"] as const) : []),
  ...(access === "none" ? (["claimInCluster"] as const) : []),
  ...(repositoryPassword === undefined ? [] : (["repositoryPassword"] as const)),
];

async function tellOfRules(inputs: ClusterLocationInputs): Promise<void> {
  const { notices } = await lookAtLifecycle(inputs, inputs.storePrefix);
  for (const notice of notices) tell(nameOf(inputs.owner), notice);
}

/** `inEffect` is what a failure leaves in state before anything was changed; `next` is what is aimed at. */
async function settle(
  id: string,
  inEffect: ClusterLocationOutputs,
  news: ClusterLocationInputs,
  next: ClusterLocationOutputs,
  operation: "create" | "update",
): Promise<ClusterLocationOutputs> {
  const label = clusterLabel(news.cluster);
  const cluster = await openCluster(news.connection, label, inEffect.clusterUid);
  let reached = operation === "create" ? undefined : inEffect;
  try {
    const established = await establish(cluster, next, {
      before: reached,
      deadline: deadlineOf(operation, news.timeouts),
      onEffect: (outputs) => {
        reached = outputs;
      },
    });
    if (writes(news)) await tellOfRules(news);
    return established;
  } catch (error) {
    if (reached === undefined) throw error;
    throw new PartialFailure(id, reached, error);
  }
}
