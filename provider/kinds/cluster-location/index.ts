import { checkInputs, diffBy, inputsIn, withInputs } from "../../core/check.ts";
import { deadlineOf } from "../../core/deadline.ts";
import { Problem } from "../../core/errors.ts";
import { type Handler, PartialFailure } from "../../core/handler.ts";
import { formerOwnersOf, nameOf, newIncarnation, type Owned, ownersOf } from "../../core/identity.ts";
import { hasUnknown } from "../../core/values.ts";
import { unlessUnreachable } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { isOwnedBy } from "../../kubernetes/ensure.ts";
import { locations } from "../../kubernetes/resources.ts";
import { adoptionNotice } from "../../rules/adoption.ts";
import { checkDefault, lookAtDefault } from "../../rules/default-location.ts";
import { lookAtCluster } from "../../rules/look-at-cluster.ts";
import { lookAtTwins } from "../../rules/one-key-per-cluster.ts";
import {
  combine,
  nothingWrong,
  notice,
  refusal,
  type Verdict,
  verdictOn,
  withPreflight,
} from "../../rules/preflight.ts";
import { refuseAfterSkip, sweep, unlessUnhealthy } from "../../rules/skip-unhealthy.ts";
import { lookAtLifecycle, lookAtOwnStorage } from "../../rules/store-settings.ts";
import { countStored, describeStored } from "../../rules/stored-backups.ts";
import type { Use } from "../../schemas/backup.ts";
import {
  clusterLocationInputs,
  type ClusterLocationInputs,
  type ClusterLocationOutputs,
  replacedBy,
} from "../../schemas/cluster-location.ts";
import { programWay, veleroWay } from "../../store/ways.ts";
import {
  findAdopted,
  findFormerSelves,
  isAdopting,
  refuseAnotherStore,
  requireFreeName,
  requireFreePrefix,
  withFormerSelves,
} from "./adopt.ts";
import { establish } from "./establish.ts";
import { foreseeAdoption } from "./foresee-adoption.ts";
import { ownManifest, veleroStore } from "./manifest.ts";
import { readHealth } from "./read-health.ts";
import { remove } from "./remove.ts";
import type { Session } from "../../session.ts";

const idOf = ({ cluster, locationName }: ClusterLocationInputs): string => `${cluster}/${locationName}`;

/** A location in one cluster: the credentials Secret, the BackupStorageLocation and those of `reads`. */
export const clusterLocation = (
  session: Session,
): Handler<ClusterLocationInputs, ClusterLocationOutputs> => ({
  check(news, olds, how) {
    const result = checkInputs(session, clusterLocationInputs, news, olds, how);
    if (result.failures.length === 0) {
      session.newestAccess.remember(result.inputs, result.inputs);
      result.failures.push(...checkDefault(session, result.inputs, olds?.owner));
    }
    return withPreflight(session, result, how, (inputs) => [
      lookAtCluster(session, inputs.connection, inputs.cluster, inputs.namespace, usesOf(inputs)),
      lookAtTwins(session, inputs),
      lookAtDefault(session, inputs),
      // An object in state is ours, and may be missing.
      ...(inputs.locationName === olds?.locationName ? [] : [lookAtNew(session, inputs)]),
      lookAtOwnStorage(session, inputs),
      ...(writes(inputs) ? [lookAtLifecycle(session, inputs, inputs.storePrefix)] : []),
      ...(olds?.deletionPolicy === inputs.deletionPolicy ? [] : [lookAtDeletionPolicy(session, inputs)]),
    ]);
  },

  diff: (outputs, news) => diffBy(session, outputs, news, replacedBy),

  async create(inputs) {
    const outputs: ClusterLocationOutputs = {
      ...inputs,
      incarnation: newIncarnation(),
    };
    const id = idOf(inputs);
    if (inputs.connection.offline) return { id, outputs };
    const settled = unlessUnhealthy(session, inputs, { inEffect: outputs }, () =>
      settle(session, id, outputs, inputs, outputs, "create"),
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
    // If the cluster went offline, its objects stay unchanged.
    if (news.connection.offline) return next;
    return unlessUnhealthy(session, news, { inEffect: outputs }, () =>
      settle(session, id, outputs, news, next, "update"),
    );
  },

  async read(_id, outputs) {
    const found = await readHealth(session, outputs);
    return {
      outputs: { ...outputs, ...found },
      inputs: inputsIn(clusterLocationInputs, outputs, found.health),
    };
  },

  async delete(_id, outputs) {
    const access = session.newestAccess.of(outputs, outputs);
    // The same `up` may have declared the cluster offline.
    if (outputs.connection.offline || access.connection.offline) return;
    const label = clusterLabel(outputs.cluster);
    const state = { ...outputs, ...access, storage: access.storage ?? outputs.storage };
    const how = {
      deadline: deadlineOf("delete", outputs.timeouts),
      replaced: session.checked.has(outputs.owner),
    };
    const place = `BackupStorageLocation ${outputs.namespace}/${outputs.locationName}`;
    refuseAfterSkip(session, outputs.owner, `${place} in cluster "${outputs.cluster}"`);
    if (outputs.clusterUid === undefined) {
      await sweep(
        session,
        outputs,
        access.connection,
        { type: locations, name: outputs.locationName },
        (cluster, left) =>
          remove(
            session,
            cluster,
            // If no `up` has completed, the location has no stored data.
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
    await unlessUnreachable(session, label, async () => {
      await remove(
        session,
        await session.clusters.open(access.connection, label, outputs.clusterUid),
        state,
        how,
      );
    });
  },
});

/** Returns true if backups are stored there. The rules of the bucket matter only then. */
const writes = ({ requestedAccessMode, connection }: ClusterLocationInputs): boolean =>
  requestedAccessMode !== "ReadOnly" && connection.offline !== true;

/** Warns when `deletionPolicy: "delete"` is declared, because a destroy does not run checks. */
async function lookAtDeletionPolicy(session: Session, inputs: ClusterLocationInputs): Promise<Verdict> {
  const { deletionPolicy, storage, credentials, access, storePrefix, cluster } = inputs;
  if (deletionPolicy !== "delete" || !writes(inputs)) return nothingWrong;
  if (hasUnknown([storage, credentials, access, storePrefix])) return nothingWrong;
  const way = programWay(inputs, cluster);
  const stored = describeStored(await countStored(session, way, storePrefix), storePrefix, way !== undefined);
  return notice(`deletionPolicy: with a destroy of the location in cluster "${cluster}" ${stored}`);
}

const usesOf = ({ access, repositoryPassword, deletionPolicy }: ClusterLocationInputs): Use[] => [
  "location",
  ...(deletionPolicy === "delete" ? (["deletion", "erasure"] as const) : []),
  ...(access === "none" ? (["claimInCluster"] as const) : []),
  ...(repositoryPassword === undefined ? [] : (["repositoryPassword"] as const)),
];

async function tellOfRules(session: Session, inputs: ClusterLocationInputs): Promise<void> {
  const { notices } = await lookAtLifecycle(session, inputs, inputs.storePrefix);
  for (const notice of notices) session.notices.warn(nameOf(inputs.owner), notice);
}

/** `inEffect` is the state to keep if the operation fails before anything is changed. `next` is the desired state. */
async function settle(
  session: Session,
  id: string,
  inEffect: ClusterLocationOutputs,
  news: ClusterLocationInputs,
  next: ClusterLocationOutputs,
  operation: "create" | "update",
): Promise<ClusterLocationOutputs> {
  const label = clusterLabel(news.cluster);
  const cluster = await session.clusters.open(news.connection, label, inEffect.clusterUid);
  let reached = operation === "create" ? undefined : inEffect;
  try {
    const established = await establish(session, cluster, next, {
      before: reached,
      deadline: deadlineOf(operation, news.timeouts),
      onEffect: (outputs) => {
        reached = outputs;
      },
    });
    if (writes(news)) await tellOfRules(session, news);
    return established;
  } catch (error) {
    if (reached === undefined) throw error;
    throw new PartialFailure(id, reached, error);
  }
}

/**
 * Refuses a new location whose prefix or name belongs to another owner. A lineage that is not known yet belongs to no
 * existing object: the location that creates the lineage is in state before anything else is created.
 */
async function lookAtNew(session: Session, inputs: ClusterLocationInputs): Promise<Verdict> {
  const { connection, cluster, storage, credentials, access, storePrefix, locationName, namespace } = inputs;
  const coordinates = [connection, storage, credentials, access, storePrefix, locationName, namespace];
  if (connection.offline || hasUnknown([...coordinates, inputs.owner])) return nothingWrong;
  let aim: ClusterLocationInputs & Owned = inputs;
  try {
    const { client } = await session.clusters.open(connection, clusterLabel(cluster), undefined);
    aim = withFormerSelves(aim, await findFormerSelves(client, inputs));
    return combine(
      await Promise.all([
        refusedBy(requireFreePrefix(session, client, aim)),
        refusedBy(requireFreeName(client, aim)),
        isAdopting(aim) ? lookAtAdopted(session, aim) : nothingWrong,
      ]),
    );
  } catch {
    return nothingWrong;
  }
}

/** Other checks report a store or a cluster that cannot be reached. */
const refusedBy = (requirement: Promise<void>): Promise<Verdict> =>
  requirement.then(
    () => nothingWrong,
    (error: unknown) =>
      error instanceof Problem && REFUSALS.includes(error.code) ? refusal(error) : nothingWrong,
  );

const REFUSALS: readonly string[] = ["PrefixTaken", "BadMarker", "OwnedByAnother"];

/** A missing location is not definite: the same `up` may create it. */
const DEFINITE = ["AdoptedElsewhere", "AdoptedTaken", "NotTheSameStore"];

/** Checks in a preview whether the location can be adopted, and shows the effects. */
async function lookAtAdopted(session: Session, inputs: ClusterLocationInputs & Owned): Promise<Verdict> {
  const { connection, cluster, namespace, storage, credentials, access, storePrefix, adopt } = inputs;
  if (connection.offline) return nothingWrong;
  if (hasUnknown([connection, namespace, storage, credentials, access, storePrefix, adopt]))
    return nothingWrong;
  const open = await session.clusters
    .open(connection, clusterLabel(cluster), undefined)
    .catch(() => undefined);
  // Another check reports a cluster that cannot be reached.
  if (!open) return nothingWrong;
  try {
    const live = await findAdopted(open.client, inputs);
    await refuseAnotherStore(session, open.client, inputs);
    if (isOwnedBy(live, ownersOf(inputs))) return nothingWrong;
    const { parts } = await veleroStore(open.client, inputs, veleroWay(inputs, cluster), inputs.locationName);
    const declared = ownManifest(
      inputs,
      { name: inputs.locationName, namespace, labels: {}, annotations: {} },
      { parts, accessMode: inputs.requestedAccessMode ?? "ReadWrite", isAdopted: true },
    );
    const words = adoptionNotice(live, foreseeAdoption(live, declared, inputs), cluster);
    return { ...nothingWrong, facts: [`${clusterLabel(cluster).property}.adopt: ${words}`] };
  } catch (error) {
    return verdictOn(error, DEFINITE);
  }
}
