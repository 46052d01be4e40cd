import { setTimeout as sleep } from "node:timers/promises";
import type { Deadline } from "../../core/deadline.ts";
import { Problem } from "../../core/errors.ts";
import { isSameOwner, nameOf, type Owner, ownersOf } from "../../core/identity.ts";
import { same } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { OpenCluster } from "../../kubernetes/clusters.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { ensure, type Ensured, isOwnedBy } from "../../kubernetes/ensure.ts";
import { isConflict } from "../../kubernetes/kubernetes-error.ts";
import { locations } from "../../kubernetes/resources.ts";
import { adoptionNotice } from "../../rules/adoption.ts";
import { readMarker } from "../../rules/attach.ts";
import {
  claim,
  claimInCluster,
  claimInStore,
  labelClaimInCluster,
  removeClaimsInCluster,
} from "../../rules/claim.ts";
import { formerDefaults, resetDefaults } from "../../rules/default-location.ts";
import { awaitValidated } from "../../rules/location-available.ts";
import { ours, refuseSecondKey } from "../../rules/one-key-per-cluster.ts";
import { warningOfSource, sourceAccess } from "../../rules/store-settings.ts";
import {
  type ClusterLocationOutputs,
  type Sent,
  type Source,
  storePrefixOf,
} from "../../schemas/cluster-location.ts";
import type { Session } from "../../session.ts";
import { addressesOf } from "../../store/coordinates.ts";
import { probe, probeName } from "../../store/probe.ts";
import { programAccess, resolveStorage, trialAccess, veleroAccess } from "../../store/store-access.ts";
import { locationManifest, locationWhole, USUAL_FREQUENCY } from "../../velero/manifests.ts";
import { inDeclaredDurations } from "../../velero/reads-alike.ts";
import { serverVersion } from "../../velero/server.ts";
import type { AccessMode, BackupStorageLocation } from "../../velero/types.ts";
import {
  findAdopted,
  findFormerSelves,
  isAdopting,
  liesThere,
  refuseAnotherStore,
  requireFreeName,
  requireFreePrefix,
  withFormerSelves,
} from "./adopt.ts";
import { foreseeAdoption, stillKept } from "./foresee-adoption.ts";
import { ensureVeleroStore, ownManifest, sentOf, type VeleroStore } from "./manifest.ts";
import { removeSecret, removeStaleReads, staleReads } from "./remove.ts";
import { ensureRepositoryPassword, requireRepositoryPassword } from "./repository-password.ts";

interface LocationContext {
  /** The state, if this is an update. */
  before: ClusterLocationOutputs | undefined;
  deadline: Deadline;
  /** Is called as soon as something exists, with the outputs that are then in effect. */
  onEffect: (outputs: ClusterLocationOutputs) => void;
}

/** A Velero that has just validated a location answers at once. */
const ANSWER_MS = 5_000;

/**
 * Applies the location to store and cluster. The order makes sure that the next run finds everything that a killed run
 * left: the claim in the store, the Secret, the locations, then Velero's validation.
 */
export async function applyLocation(
  session: Session,
  cluster: OpenCluster,
  declared: ClusterLocationOutputs,
  { before, deadline, onEffect }: LocationContext,
): Promise<ClusterLocationOutputs> {
  const { client, uid } = cluster;
  const velero = veleroAccess(declared, declared.cluster);
  // A reference that cannot be resolved is reported before anything is changed.
  resolveStorage(session.secrets, velero.storage, velero.declaredAs);
  const selves = await findFormerSelves(client, declared);
  const desired = withFormerSelves(declared, selves);
  await refuseSecondKey(session, desired, cluster);
  const former = await formerDefaults(session, desired, cluster);
  const adopted = isAdopting(desired) ? await findAdopted(client, desired) : undefined;
  if (adopted) await refuseAnotherStore(session, client, desired);
  if (!before) {
    await requireFreePrefix(session, client, desired);
    await requireFreeName(client, desired);
  }
  await requireRepositoryPassword(client, desired);

  const { accessMode, notice } = await attachment(session, cluster, desired, { before, adopted });
  if (notice) session.notices.warn(nameOf(desired.owner), notice);
  const { takenBack = [] } = declared;
  const isNoSelf = (owner: Owner) => !selves.some((self) => isSameOwner(owner, self));
  const reached: ClusterLocationOutputs = {
    ...declared,
    // An earlier run may have ended here.
    ...(selves.length > 0 && { takenBack: [...takenBack.filter(isNoSelf), ...selves] }),
    clusterUid: uid,
    accessMode,
    message: notice,
    notice,
  };
  const leavingReads = staleReads(desired, before);
  onEffect({ ...reached, leavingReads, unfinished: "not finished" });

  await tryKeys(session, reached);
  await ensureRepositoryPassword(client, desired);
  const store = await ensureVeleroStore(client, desired, velero, desired.locationName);
  await resetDefaults(client, former);
  const isAdopted = adopted !== undefined || desired.adopted === true;
  const parts = { parts: store.parts, accessMode, isAdopted };
  const declaredAlone = ownManifest(desired, ours(desired, desired.locationName), parts);
  const foreseen = adopted && foreseeAdoption(adopted, declaredAlone, desired);
  const kept = foreseen ? foreseen.keptParts : stillKept(desired.kept, declaredAlone);
  const manifest = ownManifest(desired, ours(desired, desired.locationName), { ...parts, kept });
  if (adopted && foreseen) {
    // State has to hold the kept parts before the location is changed.
    onEffect({ ...reached, kept, leavingReads, unfinished: "not finished" });
    if (!isOwnedBy(adopted, ownersOf(desired))) {
      session.notices.warn(nameOf(desired.owner), adoptionNotice(adopted, foreseen, desired.cluster));
    }
    await makeOurs(client, desired, adopted);
  }
  const own = {
    ...(await ensure(client, locations, manifest, {
      owners: ownersOf(desired),
      whole: locationWhole,
      inDesiredWords: inDeclaredDurations,
    })),
    rotated: store.rotated,
    sent: sentOf(session.fingerprinter, manifest, store.credentialFile, desired.incarnation),
  };
  const readers = await ensureReaders(session, client, desired, { before, store });
  await removeStaleReads(client, desired, leavingReads);
  if (store.credentialFile === undefined) await removeSecret(client, desired.locationName, desired);

  const all = [own, ...readers];
  const [available] = await Promise.all(
    all.map(({ object, before, changed, rotated }) =>
      awaitValidated(
        client,
        { type: locations, name: object.metadata.name, namespace: desired.namespace },
        {
          before: changed ? before?.status?.lastValidationTime : undefined,
          nudgeFirst: rotated && !changed,
          deadline,
        },
      ),
    ),
  );
  return {
    ...reached,
    kept,
    leavingReads: undefined,
    ...(adopted && { adopted: true }),
    phase: available?.status?.phase,
    lastValidated: available?.status?.lastValidationTime,
    lastSynced: available?.status?.lastSyncedTime,
    serverVersion: (await versionOf(cluster, desired)) ?? desired.serverVersion,
    sent: Object.fromEntries(all.map(({ object, sent }) => [object.metadata.name, sent])),
  };
}

const versionOf = (
  { client }: OpenCluster,
  { namespace }: ClusterLocationOutputs,
): Promise<string | undefined> =>
  Promise.race([serverVersion(client, namespace), sleep(ANSWER_MS, undefined, { ref: false })]);

/**
 * Claims the location's prefix if it may be written to. The claim is in the store, or without access to the store in
 * the cluster.
 */
async function attachment(
  session: Session,
  { client, uid }: OpenCluster,
  desired: ClusterLocationOutputs,
  {
    before,
    adopted,
  }: { before: ClusterLocationOutputs | undefined; adopted: BackupStorageLocation | undefined },
): Promise<{ accessMode: AccessMode; notice?: string }> {
  if (desired.requestedAccessMode === "ReadOnly") return { accessMode: "ReadOnly" };
  const store = session.stores.open(programAccess(desired, desired.cluster));
  const claimed = before?.accessMode === "ReadWrite" ? before : undefined;
  const wasInCluster = claimed?.access === "none";
  const found = await claim(
    desired.storePrefix,
    {
      owners: ownersOf(desired),
      cluster: { key: desired.cluster, uid },
      incarnation: desired.incarnation,
      takeOver: desired.takeOver,
      mustFindClaim:
        claimed !== undefined && !same(addressesOf(claimed.storage), addressesOf(desired.storage)),
    },
    {
      place: store ? claimInStore(store, desired.storePrefix) : claimInCluster(client, desired),
      store,
      inherited: store && wasInCluster ? await claimInCluster(client, claimed).read() : undefined,
      isWriting: async () => {
        const live = adopted ?? (claimed && (await ourLocation(client, desired)));
        return live !== undefined && live.spec.accessMode !== "ReadOnly" && liesThere(live, desired);
      },
      property: `${clusterLabel(desired.cluster).property}.prefix`,
    },
  );
  if (!store && found.accessMode === "ReadWrite") await labelClaimInCluster(client, desired);
  if (wasInCluster) await removeClaimsInCluster(client, desired, store ? undefined : desired);
  return found;
}

/** Returns our live location. Its claim may have been removed by hand, and it still writes to the prefix. */
async function ourLocation(
  client: KubernetesClient,
  desired: ClusterLocationOutputs,
): Promise<BackupStorageLocation | undefined> {
  const { locationName: name, namespace } = desired;
  const live = await client.get<BackupStorageLocation>({ type: locations, name, namespace });
  return live && isOwnedBy(live, ownersOf(desired)) ? live : undefined;
}

/** Every write by Velero is a conflict. */
const ROUNDS = 10;

/** Stamps the location as ours, in the exact state in which it may be adopted. */
export async function makeOurs(
  client: KubernetesClient,
  desired: ClusterLocationOutputs,
  found: BackupStorageLocation,
): Promise<void> {
  const { locationName: name, namespace } = desired;
  const { labels, annotations } = ours(desired, name);
  let live = found;
  for (let round = 0; round < ROUNDS; round++) {
    const { resourceVersion } = live.metadata;
    const patched = await client
      .patch({ type: locations, name, namespace }, { metadata: { resourceVersion, labels, annotations } })
      .catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
    if (patched) return;
    live = await findAdopted(client, desired);
  }
  throw new Problem({
    code: "ConflictingWrites",
    property: `${client.label.property}.adopt`,
    what: `BackupStorageLocation ${namespace}/${name} in cluster "${client.label.key}" keeps changing`,
    todo: "Someone else writes it at the same time; find out who, and run again.",
  });
}

/** Checks this cluster's own credentials before Velero gets them, as the BackupLocation does with the store's. */
async function tryKeys(session: Session, desired: ClusterLocationOutputs): Promise<void> {
  const store =
    desired.credentials &&
    session.stores.open(trialAccess(desired, desired.cluster) ?? programAccess(desired, desired.cluster));
  if (!store) return;
  if (desired.accessMode === "ReadOnly") await readMarker(store, desired.storePrefix);
  else await probe(store, desired.storePrefix, probeName(desired));
}

/**
 * With this value, Velero synchronizes read-only locations each minute
 * (docs/design/velero-facts.md#backup-synchronization).
 */
const SYNC_PERIOD = "30s";

interface Reader extends Ensured<BackupStorageLocation> {
  /** True if its credentials were changed now. */
  rotated: boolean;
  sent: Sent;
}

/**
 * Applies a read-only location for each cluster of `reads`, in the reader's cluster. A source in another store has its
 * own credentials.
 */
export function ensureReaders(
  session: Session,
  client: KubernetesClient,
  desired: ClusterLocationOutputs,
  { before, store }: { before: ClusterLocationOutputs | undefined; store: VeleroStore },
): Promise<Reader[]> {
  return Promise.all(
    (desired.reads ?? []).map(async (source) => {
      const name = desired.readLocations[source.cluster] ?? "";
      const from = source.storage
        ? await ownStore(session, client, desired, { source, name, before })
        : store;
      const manifest = locationManifest(ours(desired, name), {
        ...from.parts,
        prefix: storePrefixOf(source.storage ?? desired.storage, source.cluster, source.prefix),
        accessMode: "ReadOnly",
        backupSyncPeriod: SYNC_PERIOD,
        validationFrequency: desired.validationFrequency ?? USUAL_FREQUENCY,
      });
      const ensured = await ensure(client, locations, manifest, {
        owners: ownersOf(desired),
        whole: locationWhole,
        inDesiredWords: inDeclaredDurations,
      });
      if (source.storage && from.credentialFile === undefined) await removeSecret(client, name, desired);
      return {
        ...ensured,
        rotated: from.rotated,
        sent: sentOf(client.session.fingerprinter, manifest, from.credentialFile, desired.incarnation),
      };
    }),
  );
}

/**
 * New credentials are checked before they replace working ones. Credentials that are already in use are not checked.
 */
async function ownStore(
  session: Session,
  client: KubernetesClient,
  desired: ClusterLocationOutputs,
  { source, name, before }: { source: Source; name: string; before: ClusterLocationOutputs | undefined },
): Promise<VeleroStore> {
  if (
    !before ||
    before.unfinished !== undefined ||
    !same(sourceKeysOf(before, source), sourceKeysOf(desired, source))
  ) {
    const odd = await warningOfSource(session, source, desired);
    if (odd !== undefined) session.notices.warn(nameOf(desired.owner), odd);
  }
  return ensureVeleroStore(
    client,
    desired,
    sourceAccess(source.storage ?? desired.storage, source.cluster),
    name,
  );
}

/** Returns a source's declared credentials, with the fingerprints of their references. */
const sourceKeysOf = ({ reads = [], fingerprints }: ClusterLocationOutputs, { cluster }: Source) => ({
  storage: reads.find((source) => source.cluster === cluster)?.storage,
  fingerprints: Object.entries(fingerprints).filter(([path]) =>
    path.startsWith(`clusters.${cluster}.storage.`),
  ),
});
