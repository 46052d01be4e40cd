import { Problem } from "../../errors.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { checkInputs, inputsIn, withInputs } from "../../lifecycle/check.ts";
import { schedules } from "../../kubernetes/resources.ts";
import { type OpenCluster, openCluster, unlessUnreachable } from "../../lifecycle/clusters.ts";
import { deadlineOf } from "../../lifecycle/deadline.ts";
import { diffBy } from "../../lifecycle/diff.ts";
import type { Handler } from "../../lifecycle/handler.ts";
import { formerOwnersOf, nameOf, newIncarnation } from "../../lifecycle/identity.ts";
import { same } from "../../lifecycle/canonical.ts";
import { lookAtCluster, lookAtNamespaces } from "../preflight/look-at-cluster.ts";
import { withPreflight } from "../preflight/verdict.ts";
import { PartialFailure } from "../../lifecycle/partial-failure.ts";
import { freshest, isDeclared, rememberAccess } from "../../lifecycle/process-memory.ts";
import { openWay } from "../../lifecycle/open-way.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import { programWay, type StoreDeclaration } from "../../storage/ways.ts";
import { clusterBackupInputs, type ClusterBackupInputs, isScheduled, replacedBy } from "./inputs.ts";
import { establishBackup } from "./on-demand.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";
import { isElsewhere, part } from "./part.ts";
import { readHealth } from "./read-health.ts";
import { remove } from "./remove.ts";
import { requireLocation } from "./require-location.ts";
import { requireNamespaces } from "../require-namespaces.ts";
import { refuseAfterSkip, unlessUnhealthy } from "../skip-unhealthy.ts";
import { sweep } from "../sweep.ts";
import { establishSchedule } from "./scheduled.ts";

const idOf = ({ cluster, objectName }: ClusterBackupInputs): string => `${cluster}/${objectName}`;

/** Backups of one cluster: by a Velero Schedule, or a single one that is taken now. */
export const clusterBackup: Handler<ClusterBackupInputs, ClusterBackupOutputs> = {
  check(news, olds, how) {
    const result = checkInputs(clusterBackupInputs, news, olds, how);
    if (result.failures.length === 0) rememberAccess(result.inputs.location.owner, result.inputs);
    return withPreflight(result, how, (inputs) => [
      lookAtCluster(inputs.connection, inputs.cluster, inputs.location.namespace),
      lookAtNamespaces(inputs.connection, inputs.cluster, inputs.includedNamespaces),
    ]);
  },

  diff: (outputs, news) => diffBy(outputs, news, replacedBy),

  async create(inputs) {
    if (inputs.connection.offline) throw offline(inputs.cluster);
    const id = idOf(inputs);
    const aim: ClusterBackupOutputs = {
      ...inputs,
      incarnation: newIncarnation(),
      ...(inputs.runNow ? { runPending: true } : {}),
    };
    const settled = unlessUnhealthy(inputs, { inEffect: aim, location: inputs.location.owner }, async () => {
      const cluster = await openCluster(inputs.connection, clusterLabel(inputs.cluster), undefined);
      return settle(id, cluster, undefined, aim, "create");
    });
    return { id, outputs: await settled };
  },

  async update(id, outputs, news) {
    const wanted = isScheduled(news) && !same(outputs.triggers ?? [], news.triggers ?? []);
    const aim: ClusterBackupOutputs = {
      ...withInputs(clusterBackupInputs, outputs, news),
      formerOwners: formerOwnersOf(outputs, news.owner),
      ...(wanted ? { runPending: true } : {}),
      unfinished: undefined,
      message: undefined,
    };
    // What was declared for a cluster that went offline stays there as it is.
    if (news.connection.offline) return aim;
    return unlessUnhealthy(news, { inEffect: outputs, location: news.location.owner }, async () => {
      const cluster = await openCluster(news.connection, clusterLabel(news.cluster), outputs.clusterUid);
      const settled = await settle(id, cluster, outputs, aim, "update");
      if (isElsewhere(outputs, settled)) {
        await part(cluster, outputs, {
          store: storeOf({ ...freshest(outputs.location.owner, outputs), cluster: outputs.cluster }),
          deadline: deadlineOf("update", aim.timeouts),
        });
      }
      return settled;
    });
  },

  async read(_id, outputs) {
    const found = await readHealth(outputs);
    return {
      outputs: { ...outputs, ...found },
      inputs: inputsIn(clusterBackupInputs, outputs, found.health),
    };
  },

  async delete(_id, outputs) {
    const access = freshest(outputs.location.owner, outputs);
    // It may have gone offline in the very up that drops this.
    if (outputs.connection.offline || access.connection.offline) return;
    const label = clusterLabel(outputs.cluster);
    const how = () => ({
      store: storeOf({ ...access, cluster: outputs.cluster }),
      deadline: deadlineOf("delete", outputs.timeouts),
      replaced: isDeclared(outputs.owner),
    });
    refuseAfterSkip(outputs.owner, `what ${nameOf(outputs.owner)} has in cluster "${outputs.cluster}"`);
    if (outputs.clusterUid === undefined) {
      const { cluster, owner, formerOwners, objectName, location } = outputs;
      await sweep(
        { cluster, owner, formerOwners, namespace: location.namespace },
        access.connection,
        { type: schedules, name: objectName },
        (open, left) => remove(open, { ...outputs, ...left, scheduleName: objectName }, how()),
      );
      return;
    }
    await unlessUnreachable(label, async () => {
      const cluster = await openCluster(access.connection, label, outputs.clusterUid);
      await remove(cluster, outputs, how());
    });
  },
};

/** `before` is what a failure leaves in state while nothing has been changed. */
async function settle(
  id: string,
  { client, uid }: OpenCluster,
  before: ClusterBackupOutputs | undefined,
  wanted: ClusterBackupOutputs,
  operation: "create" | "update",
): Promise<ClusterBackupOutputs> {
  let reached = before;
  const aim: ClusterBackupOutputs = { ...wanted, clusterUid: uid };
  // Of one that was skipped by every up so far nothing is there yet.
  const made = before?.clusterUid === undefined ? undefined : before;
  const deadline = deadlineOf(operation, aim.timeouts);
  try {
    // A schedule can be paused or mended while its store is down.
    if (!same(made?.location, aim.location)) await requireLocation(client, aim.location, deadline);
    if (!same(made?.includedNamespaces, aim.includedNamespaces)) {
      await requireNamespaces(client, aim.includedNamespaces);
    }
    const establish = isScheduled(aim) ? establishSchedule : establishBackup;
    return await establish(aim, {
      client,
      store: storeOf(aim),
      deadline,
      now: () => new Date(),
      onEffect: (outputs) => {
        reached = outputs;
      },
    });
  } catch (error) {
    if (reached === undefined) throw error;
    throw new PartialFailure(id, reached, error);
  }
}

const offline = (cluster: string) =>
  new Problem({
    code: "Offline",
    property: `clusters.${cluster}.offline`,
    what: `cluster "${cluster}" is declared offline, so no backup can be taken of it`,
    todo: "Its earlier backups can be restored elsewhere. Give it a connection, or drop this resource.",
  });

const storeOf = ({
  storage,
  credentials,
  access,
  cluster,
}: Partial<StoreDeclaration> & { cluster: string }): ObjectStore | undefined =>
  storage && openWay(programWay({ storage, credentials, access }, cluster));
