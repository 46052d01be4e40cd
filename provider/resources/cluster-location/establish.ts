import { setTimeout as sleep } from "node:timers/promises";
import { locations } from "../../kubernetes/resources.ts";
import type { OpenCluster } from "../../lifecycle/clusters.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { ensure, isOwnedBy } from "../../lifecycle/ensure.ts";
import { isSameOwner, nameOf, ownersOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { resolveStorage } from "../../lifecycle/references.ts";
import { veleroWay } from "../../storage/ways.ts";
import { inDeclaredDurations } from "../../velero/in-declared-durations.ts";
import { locationWhole } from "../../velero/manifests.ts";
import { serverVersion } from "../server-version.ts";
import { findAdopted, isAdopting } from "./adopt.ts";
import { adoptionNotice } from "./adoption-notice.ts";
import { attachment } from "./attachment.ts";
import { awaitAvailable } from "./availability.ts";
import { findFormerSelf, withFormerSelf } from "./find-former-self.ts";
import { formerDefaults, resetDefaults } from "./one-default.ts";
import { foreseeAdoption, stillKept } from "./foresee-adoption.ts";
import { refuseSecondKey } from "./one-key-per-cluster.ts";
import { makeOurs } from "./make-ours.ts";
import { ours } from "./ours.ts";
import { ownManifest } from "./own-manifest.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";
import { ensureReaders } from "./readers.ts";
import { refuseAnotherStore } from "./refuse-another-store.ts";
import { ensureRepositoryPassword, requireRepositoryPassword } from "./repository-password.ts";
import { removeSecret, removeStaleReads, staleReads } from "./remove.ts";
import { requireFreeName, requireFreePrefix } from "./require-free.ts";
import { sentOf } from "./sent.ts";
import { tryKeys } from "./try-keys.ts";
import { ensureVeleroStore } from "./velero-store.ts";

interface Circumstances {
  /** State, where this is an update. */
  before: ClusterLocationOutputs | undefined;
  deadline: Deadline;
  /** Called as soon as something exists, with what is then in effect. */
  onEffect: (outputs: ClusterLocationOutputs) => void;
}

/** A Velero that has just validated a location answers at once. */
const ANSWER_MS = 5_000;

/**
 * Makes everything of this location true in store and cluster, in an order in which a killed run leaves nothing that
 * the next one does not find: the claim in the store, the Secret, the locations, then Velero's own verdict.
 */
export async function establish(
  cluster: OpenCluster,
  declared: ClusterLocationOutputs,
  { before, deadline, onEffect }: Circumstances,
): Promise<ClusterLocationOutputs> {
  const { client, uid } = cluster;
  const velero = veleroWay(declared, declared.cluster);
  // A reference that is missing is told before anything is changed.
  resolveStorage(velero.storage, velero.declaredAs);
  const self = await findFormerSelf(client, declared);
  const aim = withFormerSelf(declared, self);
  await refuseSecondKey(aim, cluster);
  const former = await formerDefaults(aim, cluster);
  const adopted = isAdopting(aim) ? await findAdopted(client, aim) : undefined;
  if (adopted) await refuseAnotherStore(client, aim);
  if (!before) {
    await requireFreePrefix(client, aim);
    await requireFreeName(client, aim);
  }
  await requireRepositoryPassword(client, aim);

  const { accessMode, notice } = await attachment(cluster, aim, { before, adopted });
  if (notice) tell(nameOf(aim.owner), notice);
  const { takenBack = [] } = declared;
  const reached: ClusterLocationOutputs = {
    ...declared,
    // An earlier run may have come no further.
    ...(self && { takenBack: [...takenBack.filter((owner) => !isSameOwner(owner, self)), self] }),
    clusterUid: uid,
    accessMode,
    message: notice,
    notice,
  };
  const leavingReads = staleReads(aim, before);
  onEffect({ ...reached, leavingReads, unfinished: "not finished" });

  await tryKeys(reached);
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
    // State has to know what stays before the location is changed.
    onEffect({ ...reached, kept, leavingReads, unfinished: "not finished" });
    if (!isOwnedBy(adopted, ownersOf(aim))) {
      tell(nameOf(aim.owner), adoptionNotice(adopted, foreseen, aim.cluster));
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
    sent: sentOf(manifest, store.credentialFile, aim.incarnation),
  };
  const readers = await ensureReaders(client, aim, { before, store });
  await removeStaleReads(client, aim, leavingReads);
  if (store.credentialFile === undefined) await removeSecret(client, aim.locationName, aim);

  const all = [own, ...readers];
  const [available] = await Promise.all(
    all.map(({ object, before, changed, rotated }) =>
      awaitAvailable(
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
