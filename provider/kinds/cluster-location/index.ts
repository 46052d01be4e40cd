import { checkInputs, diffBy, inputsIn, withInputs } from "../../core/check.ts";
import { deadlineOf } from "../../core/deadline.ts";
import { type Handler, PartialFailure } from "../../core/handler.ts";
import { formerOwnersOf, nameOf, newIncarnation, type Owned, ownersOf } from "../../core/identity.ts";
import { hasUnknown } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { unlessUnreachable } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { isOwnedBy } from "../../kubernetes/ensure.ts";
import { locations } from "../../kubernetes/resources.ts";
import { adoptionNotice } from "../../rules/adoption.ts";
import { checkDefault, defaultFree } from "../../rules/default-location.ts";
import { clusterUsable } from "../../rules/permissions.ts";
import { fact, type Finding, findingIn, findingsOf, refuse, warning } from "../../rules/finding.ts";
import { oneKeyPerCluster } from "../../rules/one-key-per-cluster.ts";
import { type ClusterRule, previewCluster, withPreflight } from "../../rules/preflight.ts";
import { refuseAfterSkip, sweep, unlessUnhealthy } from "../../rules/skip-unhealthy.ts";
import { lifecycleKeepsBackups, offlineBackupsReadable } from "../../rules/store-settings.ts";
import { countStored, describeStored } from "../../rules/stored-backups.ts";
import type { Use } from "../../../model/rights.ts";
import {
  clusterLocationInputs,
  type ClusterLocationInputs,
  type ClusterLocationOutputs,
  locationReplacedBy,
} from "../../schemas/cluster-location.ts";
import { programAccess, veleroAccess } from "../../store/store-access.ts";
import {
  findAdopted,
  findFormerSelves,
  isAdopting,
  refuseAnotherStore,
  requireFreeName,
  requireFreePrefix,
  withFormerSelves,
} from "./adopt.ts";
import { applyLocation } from "./apply-location.ts";
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
      ...previewCluster(session, inputs, [
        clusterUsable(inputs, inputs.namespace, usesOf(inputs)),
        oneKeyPerCluster(inputs),
        ...(inputs.default === true ? [defaultFree(inputs)] : []),
        // An object in state is ours, and may be missing.
        ...(inputs.locationName === olds?.locationName ? [] : [newPlaceFree(inputs)]),
      ]),
      offlineBackupsReadable(session, inputs),
      ...(writes(inputs) ? [lifecycleKeepsBackups(session, inputs, inputs.storePrefix)] : []),
      ...(olds?.deletionPolicy === inputs.deletionPolicy ? [] : [dataDeletedWithLocation(session, inputs)]),
    ]);
  },

  diff: (outputs, news) => diffBy(session, outputs, news, locationReplacedBy),

  async create(inputs) {
    const outputs: ClusterLocationOutputs = {
      ...inputs,
      incarnation: newIncarnation(),
    };
    const id = idOf(inputs);
    if (inputs.connection.offline) return { id, outputs };
    const settled = unlessUnhealthy(session, inputs, { inEffect: outputs }, () =>
      acceptLocation(session, id, outputs, inputs, outputs, "create"),
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
      acceptLocation(session, id, outputs, news, next, "update"),
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
async function dataDeletedWithLocation(session: Session, inputs: ClusterLocationInputs): Promise<Finding[]> {
  const { deletionPolicy, storage, credentials, access, storePrefix, cluster } = inputs;
  if (deletionPolicy !== "delete" || !writes(inputs)) return [];
  if (hasUnknown([storage, credentials, access, storePrefix])) return [];
  const way = programAccess(inputs, cluster);
  const stored = describeStored(await countStored(session, way, storePrefix), storePrefix, way !== undefined);
  return [warning(`deletionPolicy: with a destroy of the location in cluster "${cluster}" ${stored}`)];
}

const usesOf = ({ access, repositoryPassword, deletionPolicy }: ClusterLocationInputs): Use[] => [
  "location",
  ...(deletionPolicy === "delete" ? (["deletion", "erasure"] as const) : []),
  ...(access === "none" ? (["claimInCluster"] as const) : []),
  ...(repositoryPassword === undefined ? [] : (["repositoryPassword"] as const)),
];

/** `inEffect` is the state to keep if the operation fails before anything is changed. `next` is the desired state. */
async function acceptLocation(
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
    const established = await applyLocation(session, cluster, next, {
      before: reached,
      deadline: deadlineOf(operation, news.timeouts),
      onEffect: (outputs) => {
        reached = outputs;
      },
    });
    if (writes(news))
      refuse(await lifecycleKeepsBackups(session, news, news.storePrefix), (words) =>
        session.notices.warn(nameOf(news.owner), words),
      );
    return established;
  } catch (error) {
    if (reached === undefined) throw error;
    throw new PartialFailure(id, reached, error);
  }
}

/**
 * No other owner has the prefix or the name of a new location. A lineage that is not known yet belongs to no existing
 * object: the location that creates the lineage is in state before anything else is created. Shows how an adoption
 * changes the location.
 */
const newPlaceFree = (inputs: ClusterLocationInputs): ClusterRule => {
  const { storage, credentials, access, storePrefix, locationName, namespace, owner } = inputs;
  return {
    inputs: [storage, credentials, access, storePrefix, locationName, namespace, owner],
    async find({ client }, session) {
      const desired = withFormerSelves<ClusterLocationInputs & Owned>(
        inputs,
        await findFormerSelves(client, inputs),
      );
      const findings = await Promise.all([
        findingsOf(requireFreePrefix(session, client, desired), { refusals: REFUSALS }),
        findingsOf(requireFreeName(client, desired), { refusals: REFUSALS }),
        isAdopting(desired) ? foreseenAdoption(session, client, desired) : [],
      ]);
      return findings.flat();
    },
  };
};

const REFUSALS = ["PrefixTaken", "BadMarker", "OwnedByAnother"];

/** A missing location is open: the same `up` may create it. */
const DEFINITE = ["AdoptedElsewhere", "AdoptedTaken", "NotTheSameStore"];

async function foreseenAdoption(
  session: Session,
  client: KubernetesClient,
  inputs: ClusterLocationInputs & Owned,
): Promise<Finding[]> {
  const { cluster, namespace, adopt } = inputs;
  if (hasUnknown(adopt)) return [];
  try {
    const live = await findAdopted(client, inputs);
    await refuseAnotherStore(session, client, inputs);
    if (isOwnedBy(live, ownersOf(inputs))) return [];
    const { parts } = await veleroStore(client, inputs, veleroAccess(inputs, cluster), inputs.locationName);
    const declared = ownManifest(
      inputs,
      { name: inputs.locationName, namespace, labels: {}, annotations: {} },
      { parts, accessMode: inputs.requestedAccessMode ?? "ReadWrite", isAdopted: true },
    );
    const words = adoptionNotice(live, foreseeAdoption(live, declared, inputs), cluster);
    return [fact(`${clusterLabel(cluster).property}.adopt: ${words}`)];
  } catch (error) {
    return findingIn(error, { refusals: DEFINITE, open: "all" });
  }
}
