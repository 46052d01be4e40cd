import { checkInputs, diffBy, inputsIn, withInputs } from "../../core/check.ts";
import type { Handler } from "../../core/handler.ts";
import { formerOwnersOf, nameOf, newIncarnation, ownersOf, userMetadataOf } from "../../core/identity.ts";
import { hasUnknown, same } from "../../core/values.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { isOwnedBy, metadataPatch } from "../../kubernetes/ensure.ts";
import { configMaps, restores } from "../../kubernetes/resources.ts";
import { establish } from "./establish.ts";
import { findRestore } from "./run-restore.ts";
import {
  pinSource,
  replacedBy,
  type RestoreInputs,
  restoreInputs,
  type RestoreOutputs,
  restoresAgain,
  targetsOf,
} from "../../schemas/restore.ts";
import { partOf } from "./part.ts";
import { planAhead } from "./plan-ahead.ts";
import { remove } from "./remove.ts";
import { clusterUsable } from "../../rules/cluster-usable.ts";
import { findingsOf } from "../../rules/finding.ts";
import { type ClusterRule, previewCluster, withPreflight } from "../../rules/preflight.ts";
import { restoredKindsServed } from "../../rules/selected-kinds.ts";
import { isDrill, restoredBy } from "../../schemas/restore-options.ts";
import type { Session } from "../../session.ts";

/** A restore of a backup. It runs once, and never again by itself (docs/design/rules.md#restores-run-once). */
export const restore = (session: Session): Handler<RestoreInputs, RestoreOutputs> => ({
  async check(news, olds, how) {
    const result = checkInputs(session, restoreInputs, pinSource(news as RestoreInputs, olds), olds, how);
    if (result.failures.length === 0) rememberWays(session, result.inputs);
    const isNew = (inputs: RestoreInputs) => olds === undefined || restoresAgain(inputs, olds);
    const checked = await withPreflight(session, result, how, (inputs) =>
      targetsOf(inputs.targets).flatMap(([key, target]) =>
        previewCluster(session, target, [
          clusterUsable(
            target,
            target.location.namespace,
            isDrill(inputs) ? ["restore", "drill"] : ["restore"],
          ),
          ...(isNew(inputs) ? [notRestoredByNamesake(inputs, key)] : []),
          restoredKindsServed(target.cluster, inputs),
        ]),
      ),
    );
    const isAhead =
      how.dryRun &&
      checked.failures.length === 0 &&
      checked.inputs.preflight !== "off" &&
      isNew(checked.inputs);
    return isAhead ? planAhead(session, checked) : checked;
  },

  diff: (outputs, news) => diffBy(session, outputs, news, replacedBy),

  async create(inputs) {
    const id = nameOf(inputs.owner);
    const aim: RestoreOutputs = { ...inputs, incarnation: newIncarnation(), byCluster: {}, phase: "New" };
    return { id, outputs: await establish(session, aim, { id, operation: "create" }) };
  },

  async update(id, outputs, news) {
    const aim: RestoreOutputs = {
      ...withInputs(restoreInputs, outputs, news),
      formerOwners: formerOwnersOf(outputs, news),
    };
    if (!same(userMetadataOf(outputs), userMetadataOf(news))) await labelRestores(session, aim);
    return establish(session, aim, { id, operation: "update" });
  },

  // The Restore object and the backup do not matter any more, so nothing is read.
  read(_id, outputs) {
    const health = outputs.unfinished === undefined ? "Healthy" : "Unhealthy";
    return Promise.resolve({
      outputs: { ...outputs, health },
      inputs: inputsIn(restoreInputs, outputs, health),
    });
  },

  async delete(_id, outputs) {
    await Promise.all(Object.keys(outputs.byCluster).map((key) => remove(session, partOf(outputs, key))));
  },
});

function rememberWays(session: Session, { targets, storage, access }: RestoreInputs): void {
  for (const [, { location, connection, credentials }] of targetsOf(targets)) {
    if (!hasUnknown(location))
      session.newestAccess.remember(location, { connection, storage, credentials, access });
  }
}

/** No stack of the same name has done the restore: it may be this one, with a lost state. */
function notRestoredByNamesake(inputs: RestoreInputs, key: string): ClusterRule {
  const part = partOf({ ...inputs, incarnation: "", byCluster: {}, phase: "New" }, key);
  const { formerOwners: _former, aliases: _aliases, ...source } = inputs.source;
  return {
    inputs: [part.target.location.namespace, source, restoredBy(inputs), inputs.triggers],
    find: ({ client }) => findingsOf(findRestore(client, part), { refusals: ["OwnedByAnother"] }),
  };
}

/**
 * Updates the labels and annotations of the existing Restore objects and their ConfigMaps. Nothing is restored for
 * that.
 */
async function labelRestores(session: Session, aim: RestoreOutputs): Promise<void> {
  const made = Object.keys(aim.byCluster).filter((key) => aim.targets[key] !== undefined);
  await Promise.all(
    made.map(async (key) => {
      const part = partOf(aim, key);
      const { restoreName, modifiersName, clusterUid } = part.known;
      const { cluster, connection, location } = part.target;
      const objects = [
        ...(restoreName === undefined ? [] : [{ type: restores, name: restoreName }]),
        ...(modifiersName === undefined ? [] : [{ type: configMaps, name: modifiersName }]),
      ];
      if (objects.length === 0) return;
      const { client } = await session.clusters.open(connection, clusterLabel(cluster), clusterUid);
      for (const object of objects) {
        const target = { ...object, namespace: location.namespace };
        const live = await client.get(target);
        const change = live && isOwnedBy(live, ownersOf(part)) ? metadataPatch(live, aim) : undefined;
        if (change) await client.patch(target, change);
      }
    }),
  );
}
