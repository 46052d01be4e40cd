import { clusterLabel } from "../../kubernetes/connection.ts";
import { checkInputs, inputsIn, withInputs } from "../../lifecycle/check.ts";
import { locations, secrets } from "../../kubernetes/resources.ts";
import { openCluster, unlessUnreachable } from "../../lifecycle/clusters.ts";
import { deadlineOf } from "../../lifecycle/deadline.ts";
import { diffBy } from "../../lifecycle/diff.ts";
import type { Handler } from "../../lifecycle/handler.ts";
import { formerOwnersOf, nameOf, newIncarnation, type Owned } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { lookAtCluster } from "../preflight/look-at-cluster.ts";
import { lookAtLifecycle } from "../preflight/look-at-lifecycle.ts";
import type { Use } from "../preflight/needed-rights.ts";
import { lookAtTwins } from "../preflight/look-at-twins.ts";
import { lookAtDefault } from "../preflight/look-at-default.ts";
import { lookAtOwner } from "../preflight/look-at-owner.ts";
import { lookAtOwnStorage } from "../preflight/look-at-own-storage.ts";
import { type Verdict, withPreflight } from "../preflight/verdict.ts";
import { PartialFailure } from "../../lifecycle/partial-failure.ts";
import { freshest, rememberAccess } from "../../lifecycle/process-memory.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { refuseAfterSkip, unlessUnhealthy } from "../skip-unhealthy.ts";
import { sweep } from "../sweep.ts";
import { establish } from "./establish.ts";
import { checkDefault } from "./one-default.ts";
import { clusterLocationInputs, type ClusterLocationInputs, replacedBy } from "./inputs.ts";
import { isAdopting } from "./adopt.ts";
import { findFormerSelf, withFormerSelf } from "./find-former-self.ts";
import { lookAtAdopted } from "./look-at-adopted.ts";
import { lookAtPrefix } from "./look-at-prefix.ts";
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
      // What state knows is ours, and may well be missing.
      ...(inputs.locationName === olds?.locationName ? [] : [lookAtNew(inputs)]),
      lookAtOwnStorage(inputs),
      ...(writes(inputs) ? [lookAtLifecycle(inputs, inputs.storePrefix)] : []),
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
    const deadline = deadlineOf("delete", outputs.timeouts);
    const place = `BackupStorageLocation ${outputs.namespace}/${outputs.locationName}`;
    refuseAfterSkip(outputs.owner, `${place} in cluster "${outputs.cluster}"`);
    if (outputs.clusterUid === undefined) {
      await sweep(
        outputs,
        access.connection,
        { type: locations, name: outputs.locationName },
        (cluster, left) =>
          remove(cluster, { ...state, ...left, clusterUid: cluster.uid, accessMode: "ReadWrite" }, deadline),
      );
      return;
    }
    await unlessUnreachable(label, async () => {
      await remove(await openCluster(access.connection, label, outputs.clusterUid), state, deadline);
    });
  },
};

/** Whether backups go there: what becomes of them concerns who writes. */
const writes = ({ requestedAccessMode, connection }: ClusterLocationInputs): boolean =>
  requestedAccessMode !== "ReadOnly" && connection.offline !== true;

/** The prefix and the names that a new location takes may be somebody else's; one refusal says enough. */
async function lookAtNew(declared: ClusterLocationInputs): Promise<Verdict> {
  const inputs = await asItWas(declared);
  const prefix = await lookAtPrefix(inputs);
  if (prefix.failures.length > 0) return prefix;
  if (isAdopting(inputs)) return lookAtAdopted(inputs);
  const object = await lookAtOwner(inputs, { type: locations, name: inputs.locationName }, inputs);
  return object.failures.length > 0
    ? object
    : lookAtOwner(inputs, { type: secrets, name: inputs.locationName }, inputs);
}

async function asItWas(inputs: ClusterLocationInputs): Promise<ClusterLocationInputs & Owned> {
  const { connection, cluster, locationName, namespace, owner } = inputs;
  if (connection.offline || hasUnknown([connection, locationName, namespace, owner])) return inputs;
  try {
    const { client } = await openCluster(connection, clusterLabel(cluster), undefined);
    return withFormerSelf<ClusterLocationInputs & Owned>(inputs, await findFormerSelf(client, inputs));
  } catch {
    // The look at the cluster tells that it cannot be asked.
    return inputs;
  }
}

const usesOf = ({ access, repositoryPassword }: ClusterLocationInputs): Use[] => [
  "location",
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
