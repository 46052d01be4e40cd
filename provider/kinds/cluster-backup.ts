import { checkInputs, diffBy, inputsIn, withInputs } from "../core/check.ts";
import type { Handler } from "../core/handler.ts";
import { formerOwnersOf, newIncarnation } from "../core/identity.ts";
import { same } from "../core/values.ts";
import { fileCopiesPossible } from "../rules/file-copies.ts";
import { clusterUsable } from "../rules/permissions.ts";
import { namespacesExist } from "../rules/namespaces.ts";
import { type ClusterRule, previewCluster, withPreflight } from "../rules/preflight.ts";
import { policyReadable } from "../rules/resource-policy.ts";
import { kindsServed } from "../rules/selected-kinds.ts";
import { volumesSaved } from "../rules/volumes.ts";
import { isScheduled, usesOf } from "../schemas/backup.ts";
import {
  clusterBackupInputs,
  type ClusterBackupInputs,
  type ClusterBackupOutputs,
  isMadeAnew,
  backupReplacedBy,
} from "../schemas/cluster-backup.ts";
import { establishInCluster } from "./backup/apply-backup.ts";
import { canBeAdopted, droppedTiersDeleted, newNamesFree } from "./backup/preview-rules.ts";
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
      ...previewCluster(session, inputs, rulesOf(inputs, olds)),
      kindsServed(session, { [inputs.cluster]: inputs }, inputs),
    ]);
  },

  diff: (outputs, news) => diffBy(session, outputs, news, backupReplacedBy),

  async create(inputs) {
    const id = idOf(inputs);
    const desired: ClusterBackupOutputs = {
      ...inputs,
      incarnation: newIncarnation(),
      ...(inputs.runNow ? { runPending: true } : {}),
    };
    return { id, outputs: await establishInCluster(session, undefined, desired, { id }) };
  },

  async update(id, outputs, news) {
    const wanted = isScheduled(news) && !same(outputs.triggers ?? [], news.triggers ?? []);
    const desired: ClusterBackupOutputs = {
      ...withInputs(clusterBackupInputs, outputs, news),
      formerOwners: formerOwnersOf(outputs, news),
      ...(wanted ? { runPending: true } : {}),
      unfinished: undefined,
      message: undefined,
    };
    // If the cluster went offline, its objects stay unchanged.
    if (news.connection.offline) return desired;
    return establishInCluster(session, outputs, desired, { id });
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

/** The rules that a preview applies to a backup in its cluster. */
function rulesOf(inputs: ClusterBackupInputs, olds: ClusterBackupInputs | undefined): ClusterRule[] {
  const { namespace } = inputs.location;
  return [
    clusterUsable(inputs, namespace, usesOf(inputs)),
    namespacesExist(inputs, inputs),
    policyReadable(namespace, inputs),
    fileCopiesPossible(inputs, namespace, inputs),
    volumesSaved(inputs, namespace, inputs),
    ...(inputs.objectName === olds?.objectName
      ? []
      : newNamesFree({ name: inputs.objectName, namespace }, inputs)),
    ...(isMadeAnew(inputs, olds) ? [canBeAdopted(inputs)] : []),
    ...(olds ? [droppedTiersDeleted(inputs, olds)] : []),
  ];
}
