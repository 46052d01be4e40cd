import { same } from "../../lifecycle/canonical.ts";
import { userMetadataOf } from "../../lifecycle/user-metadata.ts";
import { checkInputs, inputsIn, withInputs } from "../../lifecycle/check.ts";
import { diffBy } from "../../lifecycle/diff.ts";
import type { Handler } from "../../lifecycle/handler.ts";
import { formerOwnersOf, nameOf, newIncarnation } from "../../lifecycle/identity.ts";
import { rememberAccess } from "../../lifecycle/process-memory.ts";
import { hasUnknown } from "../../lifecycle/unknown.ts";
import { lookAtCluster } from "../preflight/look-at-cluster.ts";
import { lookAtRestoredKinds } from "../preflight/look-at-kinds.ts";
import { withPreflight } from "../preflight/verdict.ts";
import { establish } from "./establish.ts";
import {
  pinSource,
  replacedBy,
  type RestoreInputs,
  restoreInputs,
  restoresAgain,
  targetsOf,
} from "./inputs.ts";
import { labelRestores } from "./label-restores.ts";
import { lookAtNamesake } from "./look-at-namesake.ts";
import { isDrill } from "./options.ts";
import type { RestoreOutputs } from "./outputs.ts";
import { partOf } from "./part.ts";
import { planAhead } from "./plan-ahead.ts";
import { remove } from "./remove.ts";

/** A backup brought back, once: never again by itself (docs/design/rules.md#restores-run-once). */
export const restore: Handler<RestoreInputs, RestoreOutputs> = {
  async check(news, olds, how) {
    const result = checkInputs(restoreInputs, pinSource(news as RestoreInputs, olds), olds, how);
    if (result.failures.length === 0) rememberWays(result.inputs);
    const isNew = (inputs: RestoreInputs) => olds === undefined || restoresAgain(inputs, olds);
    const checked = await withPreflight(result, how, (inputs) =>
      targetsOf(inputs.targets).flatMap(([key, { connection, cluster, location }]) => [
        lookAtCluster(
          connection,
          cluster,
          location.namespace,
          isDrill(inputs) ? ["restore", "drill"] : ["restore"],
        ),
        ...(isNew(inputs) ? [lookAtNamesake(inputs, key)] : []),
        lookAtRestoredKinds(cluster, connection, inputs),
      ]),
    );
    const isAhead =
      how.dryRun &&
      checked.failures.length === 0 &&
      checked.inputs.preflight !== "off" &&
      isNew(checked.inputs);
    return isAhead ? planAhead(checked) : checked;
  },

  diff: (outputs, news) => diffBy(outputs, news, replacedBy),

  async create(inputs) {
    const id = nameOf(inputs.owner);
    const aim: RestoreOutputs = { ...inputs, incarnation: newIncarnation(), byCluster: {}, phase: "New" };
    return { id, outputs: await establish(aim, { id, operation: "create" }) };
  },

  async update(id, outputs, news) {
    const aim: RestoreOutputs = {
      ...withInputs(restoreInputs, outputs, news),
      formerOwners: formerOwnersOf(outputs, news),
    };
    if (!same(userMetadataOf(outputs), userMetadataOf(news))) await labelRestores(aim);
    return establish(aim, { id, operation: "update" });
  },

  // Whether its object is still there, and what became of the backup, is no matter any more: nothing is asked.
  read(_id, outputs) {
    const health = outputs.unfinished === undefined ? "Healthy" : "Unhealthy";
    return Promise.resolve({
      outputs: { ...outputs, health },
      inputs: inputsIn(restoreInputs, outputs, health),
    });
  },

  async delete(_id, outputs) {
    await Promise.all(Object.keys(outputs.byCluster).map((key) => remove(partOf(outputs, key))));
  },
};

function rememberWays({ targets, storage, access }: RestoreInputs): void {
  for (const [, { location, connection, credentials }] of targetsOf(targets)) {
    if (!hasUnknown(location)) rememberAccess(location, { connection, storage, credentials, access });
  }
}
