import { checkInputs, diffBy, inputsIn, withInputs } from "../core/check.ts";
import type { Handler } from "../core/handler.ts";
import { formerOwnersOf, newIncarnation } from "../core/identity.ts";
import { same } from "../core/values.ts";
import { lookAtFileCopies } from "../rules/file-copies.ts";
import { lookAtCluster, lookAtNamespaces } from "../rules/look-at-cluster.ts";
import { withPreflight } from "../rules/preflight.ts";
import { lookAtPolicy } from "../rules/resource-policy.ts";
import { lookAtKinds } from "../rules/selected-kinds.ts";
import { lookAtVolumes } from "../rules/volumes.ts";
import {
  clusterBackupInputs,
  type ClusterBackupInputs,
  type ClusterBackupOutputs,
  isMadeAnew,
  replacedBy,
} from "../schemas/cluster-backup.ts";
import { isScheduled, usesOf } from "../schemas/backup.ts";
import { establishInCluster } from "./backup/establish.ts";
import { lookAtAdopted, lookAtDroppedTiers, lookAtNewObjects } from "./backup/look-at-existing.ts";
import { readHealth } from "./backup/read-health.ts";
import { removeFromCluster } from "./backup/remove.ts";
import type { Session } from "../session.ts";

const idOf = ({ cluster, objectName }: ClusterBackupInputs): string => `${cluster}/${objectName}`;

/** Backups of one cluster: a Velero Schedule, or a single backup that is taken now. */
export const clusterBackup = (session: Session): Handler<ClusterBackupInputs, ClusterBackupOutputs> => ({
  check(news, olds, how) {
    const result = checkInputs(session, clusterBackupInputs, news, olds, how);
    if (result.failures.length === 0) session.newestAccess.remember(result.inputs.location, result.inputs);
    return withPreflight(session, result, how, (inputs) => [
      lookAtCluster(session, inputs.connection, inputs.cluster, inputs.location.namespace, usesOf(inputs)),
      lookAtNamespaces(session, inputs.connection, inputs.cluster, inputs),
      lookAtKinds(session, { [inputs.cluster]: inputs }, inputs),
      lookAtPolicy(session, inputs.connection, { ...inputs.location, cluster: inputs.cluster }, inputs),
      lookAtFileCopies(session, inputs.connection, { ...inputs.location, cluster: inputs.cluster }, inputs),
      lookAtVolumes(session, inputs.connection, { ...inputs.location, cluster: inputs.cluster }, inputs),
      ...(inputs.objectName === olds?.objectName ? [] : lookAtNewObjects(session, inputs, inputs)),
      ...(isMadeAnew(inputs, olds) ? [lookAtAdopted(session, inputs)] : []),
      ...(olds ? [lookAtDroppedTiers(session, inputs, olds)] : []),
    ]);
  },

  diff: (outputs, news) => diffBy(session, outputs, news, replacedBy),

  async create(inputs) {
    const id = idOf(inputs);
    const aim: ClusterBackupOutputs = {
      ...inputs,
      incarnation: newIncarnation(),
      ...(inputs.runNow ? { runPending: true } : {}),
    };
    return { id, outputs: await establishInCluster(session, undefined, aim, { id }) };
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
    // If the cluster went offline, its objects stay unchanged.
    if (news.connection.offline) return aim;
    return establishInCluster(session, outputs, aim, { id });
  },

  async read(_id, outputs) {
    const found = await readHealth(session, outputs);
    return {
      outputs: { ...outputs, ...found },
      inputs: inputsIn(clusterBackupInputs, outputs, found.health),
    };
  },

  delete: (_id, outputs) => removeFromCluster(session, outputs),
});
