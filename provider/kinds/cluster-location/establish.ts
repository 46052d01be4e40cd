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
import { lookAtSource, sourceWay } from "../../rules/source-readable.ts";
import {
  type ClusterLocationOutputs,
  type Sent,
  type Source,
  storePrefixOf,
} from "../../schemas/cluster-location.ts";
import type { Session } from "../../session.ts";
import { addressesOf } from "../../store/coordinates.ts";
import { probe, probeName } from "../../store/probe.ts";
import { programWay, resolveStorage, trialWay, veleroWay } from "../../store/ways.ts";
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
  const velero = veleroWay(declared, declared.cluster);
  // A reference that cannot be resolved is reported before anything is changed.
  resolveStorage(session.secrets, velero.storage, velero.declaredAs);
  const selves = await findFormerSelves(client, declared);
  const aim = withFormerSelves(declared, selves);
  await refuseSecondKey(session, aim, cluster);
  const former = await formerDefaults(session, aim, cluster);
  const adopted = isAdopting(aim) ? await findAdopted(client, aim) : undefined;
  if (adopted) await refuseAnotherStore(session, client, aim);
  if (!before) {
    await requireFreePrefix(session, client, aim);
    await requireFreeName(client, aim);
  }
  await requireRepositoryPassword(client, aim);

  const { accessMode, notice } = await attachment(session, cluster, aim, { before, adopted });
  if (notice) session.notices.warn(nameOf(aim.owner), notice);
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
  const leavingReads = staleReads(aim, before);
  onEffect({ ...reached, leavingReads, unfinished: "not finished" });

  await tryKeys(session, reached);
  await ensureRepositoryPassword(client, aim);
  const store = await ensureVeleroStore(client, aim, velero, aim.locationName);
  await resetDefaults(client, former);
  const isAdopted = adopted !== undefined || aim.adopted === true;
  const parts = { parts: store.parts, accessMode, isAdopted };
  const declaredAlone = ownManifest(aim, ours(aim, aim.locationName), parts);
  const foreseen = adopted && foreseeAdoption(adopted, declaredAlone, aim);
  const kept = foreseen ? foreseen.keptParts : stillKept(aim.kept, declaredAlone);
  const manifest = ownManifest(aim, ours(aim, aim.locationName), { ...parts, kept });
  if (adopted && foreseen) {
    // State has to hold the kept parts before the location is changed.
    onEffect({ ...reached, kept, leavingReads, unfinished: "not finished" });
    if (!isOwnedBy(adopted, ownersOf(aim))) {
      session.notices.warn(nameOf(aim.owner), adoptionNotice(adopted, foreseen, aim.cluster));
    }
    await makeOurs(client, aim, adopted);
  }
  const own = {
    ...(await ensure(client, locations, manifest, {
      owners: ownersOf(aim),
      whole: locationWhole,
      inDesiredWords: inDeclaredDurations,
    })),
    rotated: store.rotated,
    sent: sentOf(session.fingerprinter, manifest, store.credentialFile, aim.incarnation),
  };
  const readers = await ensureReaders(session, client, aim, { before, store });
  await removeStaleReads(client, aim, leavingReads);
  if (store.credentialFile === undefined) await removeSecret(client, aim.locationName, aim);

  const all = [own, ...readers];
  const [available] = await Promise.all(
    all.map(({ object, before, changed, rotated }) =>
      awaitValidated(
        client,
        { type: locations, name: object.metadata.name, namespace: aim.namespace },
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
    serverVersion: (await versionOf(cluster, aim)) ?? aim.serverVersion,
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
  aim: ClusterLocationOutputs,
  {
    before,
    adopted,
  }: { before: ClusterLocationOutputs | undefined; adopted: BackupStorageLocation | undefined },
): Promise<{ accessMode: AccessMode; notice?: string }> {
  if (aim.requestedAccessMode === "ReadOnly") return { accessMode: "ReadOnly" };
  const store = session.stores.open(programWay(aim, aim.cluster));
  const claimed = before?.accessMode === "ReadWrite" ? before : undefined;
  const wasInCluster = claimed?.access === "none";
  const found = await claim(
    aim.storePrefix,
    {
      owners: ownersOf(aim),
      cluster: { key: aim.cluster, uid },
      incarnation: aim.incarnation,
      takeOver: aim.takeOver,
      mustFindClaim: claimed !== undefined && !same(addressesOf(claimed.storage), addressesOf(aim.storage)),
    },
    {
      place: store ? claimInStore(store, aim.storePrefix) : claimInCluster(client, aim),
      store,
      inherited: store && wasInCluster ? await claimInCluster(client, claimed).read() : undefined,
      isWriting: async () => {
        const live = adopted ?? (claimed && (await ourLocation(client, aim)));
        return live !== undefined && live.spec.accessMode !== "ReadOnly" && liesThere(live, aim);
      },
      property: `${clusterLabel(aim.cluster).property}.prefix`,
    },
  );
  if (!store && found.accessMode === "ReadWrite") await labelClaimInCluster(client, aim);
  if (wasInCluster) await removeClaimsInCluster(client, aim, store ? undefined : aim);
  return found;
}

/** Returns our live location. Its claim may have been removed by hand, and it still writes to the prefix. */
async function ourLocation(
  client: KubernetesClient,
  aim: ClusterLocationOutputs,
): Promise<BackupStorageLocation | undefined> {
  const { locationName: name, namespace } = aim;
  const live = await client.get<BackupStorageLocation>({ type: locations, name, namespace });
  return live && isOwnedBy(live, ownersOf(aim)) ? live : undefined;
}

/** Every write by Velero is a conflict. */
const ROUNDS = 10;

/** Stamps the location as ours, in the exact state in which it may be adopted. */
export async function makeOurs(
  client: KubernetesClient,
  aim: ClusterLocationOutputs,
  found: BackupStorageLocation,
): Promise<void> {
  const { locationName: name, namespace } = aim;
  const { labels, annotations } = ours(aim, name);
  let live = found;
  for (let round = 0; round < ROUNDS; round++) {
    const { resourceVersion } = live.metadata;
    const patched = await client
      .patch({ type: locations, name, namespace }, { metadata: { resourceVersion, labels, annotations } })
      .catch((error: unknown) => {
        if (!isConflict(error)) throw error;
      });
    if (patched) return;
    live = await findAdopted(client, aim);
  }
  throw new Problem({
    code: "ConflictingWrites",
    property: `${client.label.property}.adopt`,
    what: `BackupStorageLocation ${namespace}/${name} in cluster "${client.label.key}" keeps changing`,
    todo: "Someone else writes it at the same time; find out who, and run again.",
  });
}

/** Checks this cluster's own credentials before Velero gets them, as the BackupLocation does with the store's. */
async function tryKeys(session: Session, aim: ClusterLocationOutputs): Promise<void> {
  const store =
    aim.credentials && session.stores.open(trialWay(aim, aim.cluster) ?? programWay(aim, aim.cluster));
  if (!store) return;
  if (aim.accessMode === "ReadOnly") await readMarker(store, aim.storePrefix);
  else await probe(store, aim.storePrefix, probeName(aim));
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
  aim: ClusterLocationOutputs,
  { before, store }: { before: ClusterLocationOutputs | undefined; store: VeleroStore },
): Promise<Reader[]> {
  return Promise.all(
    (aim.reads ?? []).map(async (source) => {
      const name = aim.readLocations[source.cluster] ?? "";
      const from = source.storage ? await ownStore(session, client, aim, { source, name, before }) : store;
      const manifest = locationManifest(ours(aim, name), {
        ...from.parts,
        prefix: storePrefixOf(source.storage ?? aim.storage, source.cluster, source.prefix),
        accessMode: "ReadOnly",
        backupSyncPeriod: SYNC_PERIOD,
        validationFrequency: aim.validationFrequency ?? USUAL_FREQUENCY,
      });
      const ensured = await ensure(client, locations, manifest, {
        owners: ownersOf(aim),
        whole: locationWhole,
        inDesiredWords: inDeclaredDurations,
      });
      if (source.storage && from.credentialFile === undefined) await removeSecret(client, name, aim);
      return {
        ...ensured,
        rotated: from.rotated,
        sent: sentOf(client.session.fingerprinter, manifest, from.credentialFile, aim.incarnation),
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
  aim: ClusterLocationOutputs,
  { source, name, before }: { source: Source; name: string; before: ClusterLocationOutputs | undefined },
): Promise<VeleroStore> {
  if (
    !before ||
    before.unfinished !== undefined ||
    !same(sourceKeysOf(before, source), sourceKeysOf(aim, source))
  ) {
    const odd = await lookAtSource(session, source, aim);
    if (odd !== undefined) session.notices.warn(nameOf(aim.owner), odd);
  }
  return ensureVeleroStore(client, aim, sourceWay(source.storage ?? aim.storage, source.cluster), name);
}

/** Returns a source's declared credentials, with the fingerprints of their references. */
const sourceKeysOf = ({ reads = [], fingerprints }: ClusterLocationOutputs, { cluster }: Source) => ({
  storage: reads.find((source) => source.cluster === cluster)?.storage,
  fingerprints: Object.entries(fingerprints).filter(([path]) =>
    path.startsWith(`clusters.${cluster}.storage.`),
  ),
});
