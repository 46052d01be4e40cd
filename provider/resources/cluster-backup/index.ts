import { same } from "../../lifecycle/canonical.ts";
import { checkInputs, inputsIn, withInputs } from "../../lifecycle/check.ts";
import { diffBy } from "../../lifecycle/diff.ts";
import type { Handler } from "../../lifecycle/handler.ts";
import { formerOwnersOf, newIncarnation } from "../../lifecycle/identity.ts";
import { rememberAccess } from "../../lifecycle/process-memory.ts";
import { isScheduled, usesOf } from "../backup/declaration.ts";
import { establishInCluster } from "../backup/establish-in-cluster.ts";
import { lookAtAdopted } from "../backup/look-at-adopted.ts";
import { lookAtDroppedTiers } from "../backup/look-at-dropped-tiers.ts";
import { lookAtNewObjects } from "../backup/look-at-new-objects.ts";
import type { ClusterBackupOutputs } from "../backup/outputs.ts";
import { readHealth } from "../backup/read-health.ts";
import { removeFromCluster } from "../backup/remove-from-cluster.ts";
import { lookAtCluster, lookAtNamespaces } from "../preflight/look-at-cluster.ts";
import { lookAtFileCopies } from "../preflight/look-at-file-copies.ts";
import { lookAtKinds } from "../preflight/look-at-kinds.ts";
import { lookAtPolicy } from "../preflight/look-at-policy.ts";
import { lookAtVolumes } from "../preflight/look-at-volumes.ts";
import { withPreflight } from "../preflight/verdict.ts";
import { clusterBackupInputs, type ClusterBackupInputs, isMadeAnew, replacedBy } from "./inputs.ts";

const idOf = ({ cluster, objectName }: ClusterBackupInputs): string => `${cluster}/${objectName}`;

/** Backups of one cluster: by a Velero Schedule, or a single one that is taken now. */
export const clusterBackup: Handler<ClusterBackupInputs, ClusterBackupOutputs> = {
  check(news, olds, how) {
    const result = checkInputs(clusterBackupInputs, news, olds, how);
    if (result.failures.length === 0) rememberAccess(result.inputs.location, result.inputs);
    return withPreflight(result, how, (inputs) => [
      lookAtCluster(inputs.connection, inputs.cluster, inputs.location.namespace, usesOf(inputs)),
      lookAtNamespaces(inputs.connection, inputs.cluster, inputs),
      lookAtKinds({ [inputs.cluster]: inputs }, inputs),
      lookAtPolicy(inputs.connection, { ...inputs.location, cluster: inputs.cluster }, inputs),
      lookAtFileCopies(inputs.connection, { ...inputs.location, cluster: inputs.cluster }, inputs),
      lookAtVolumes(inputs.connection, { ...inputs.location, cluster: inputs.cluster }, inputs),
      ...(inputs.objectName === olds?.objectName ? [] : lookAtNewObjects(inputs, inputs)),
      ...(isMadeAnew(inputs, olds) ? [lookAtAdopted(inputs)] : []),
      ...(olds ? [lookAtDroppedTiers(inputs, olds)] : []),
    ]);
  },

  diff: (outputs, news) => diffBy(outputs, news, replacedBy),

  async create(inputs) {
    const id = idOf(inputs);
    const aim: ClusterBackupOutputs = {
      ...inputs,
      incarnation: newIncarnation(),
      ...(inputs.runNow ? { runPending: true } : {}),
    };
    return { id, outputs: await establishInCluster(undefined, aim, { id }) };
  },

  async update(id, outputs, news) {
    const wanted = isScheduled(news) && !same(outputs.triggers ?? [], news.triggers ?? []);
    const aim: ClusterBackupOutputs = {
      ...withInputs(clusterBackupInputs, outputs, news),
      formerOwners: formerOwnersOf(outputs, news),
      ...(wanted ? { runPending: true } : {}),
      unfinished: undefined,
      message: undefined,
    };
    // What was declared for a cluster that went offline stays there as it is.
    if (news.connection.offline) return aim;
    return establishInCluster(outputs, aim, { id });
  },

  async read(_id, outputs) {
    const found = await readHealth(outputs);
    return {
      outputs: { ...outputs, ...found },
      inputs: inputsIn(clusterBackupInputs, outputs, found.health),
    };
  },

  delete: (_id, outputs) => removeFromCluster(outputs),
};
