import { nameOf, ownersOf } from "../../core/identity.ts";
import { same } from "../../core/values.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { ensure, type Ensured } from "../../kubernetes/ensure.ts";
import { locations } from "../../kubernetes/resources.ts";
import { ours } from "../../rules/one-key-per-cluster.ts";
import { lookAtSource, sourceWay } from "../../rules/source-readable.ts";
import {
  type ClusterLocationOutputs,
  type Sent,
  type Source,
  storePrefixOf,
} from "../../schemas/cluster-location.ts";
import { locationManifest, locationWhole } from "../../velero/manifests.ts";
import { inDeclaredDurations } from "../../velero/reads-alike.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import { USUAL_FREQUENCY } from "../../velero/validation-frequency.ts";
import { ensureVeleroStore, sentOf, type VeleroStore } from "./manifest.ts";
import type { Session } from "../../session.ts";
import { removeSecret } from "./remove.ts";

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
  if (!before || before.unfinished !== undefined || !same(keysOf(before, source), keysOf(aim, source))) {
    const odd = await lookAtSource(session, source, aim);
    if (odd !== undefined) session.notices.warn(nameOf(aim.owner), odd);
  }
  return ensureVeleroStore(client, aim, sourceWay(source.storage ?? aim.storage, source.cluster), name);
}

/** Returns a source's declared credentials, with the fingerprints of their references. */
const keysOf = ({ reads = [], fingerprints }: ClusterLocationOutputs, { cluster }: Source) => ({
  storage: reads.find((source) => source.cluster === cluster)?.storage,
  fingerprints: Object.entries(fingerprints).filter(([path]) =>
    path.startsWith(`clusters.${cluster}.storage.`),
  ),
});
