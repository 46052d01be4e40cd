import { type Identity, incarnationLabel, type Owned, type Owner } from "../../core/identity.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isIncarnation } from "../../kubernetes/ensure.ts";
import { configMaps, locations, restores } from "../../kubernetes/resources.ts";
import type { BackupRequest } from "../../restore-model/choose-backup.ts";
import {
  formerOwnersIn,
  type RestoreOutputs,
  type RestorePartOutputs,
  type RestoreTarget,
} from "../../schemas/restore.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { storeOf } from "../../store/stores.ts";
import type { StoreDeclaration } from "../../store/store-access.ts";
import type { Session } from "../../session.ts";
import type { BackupStorageLocation, Restore } from "../../velero/types.ts";

/** One cluster's part of a restore, with everything that is needed to do it. */
export interface RestoreInCluster extends Identity, Owned {
  /** The key of the cluster that was backed up. */
  source: string;
  target: RestoreTarget;
  /** The prefix of the Restore's name. */
  objectName: string;
  whole: RestoreOutputs;
  known: RestorePartOutputs;
}

export function partOf(whole: RestoreOutputs, source: string): RestoreInCluster {
  const target = whole.targets[source];
  if (!target) throw new Error(`no target for ${source}`);
  return {
    owner: whole.owner,
    lineage: whole.lineage,
    incarnation: whole.incarnation,
    formerOwners: whole.formerOwners,
    adoptLineage: whole.adoptLineage,
    source,
    target,
    objectName: whole.objectNames[source] ?? "",
    whole,
    known: whole.byCluster[source] ?? { health: "Healthy" },
  };
}

/**
 * Returns the store of the source's backups: the location's, or the source's own. `access` of the location does not
 * apply to the latter.
 */
export function sourceStore({
  whole: { storage, access },
  target: { source },
}: RestoreInCluster): Partial<StoreDeclaration> {
  if (source.storage === undefined) return { storage, access };
  return { storage: source.storage, access: access === "none" ? access : undefined };
}

/** Returns the location through which the target reads the source's backups. */
export const seenBy = ({ target: { location, sees = "" } }: RestoreInCluster) => ({
  ...location,
  locationName: sees,
});

/** Returns the request for a backup. Once a backup is chosen, only that one is requested. */
export function backupRequestOf({ whole, known, target }: RestoreInCluster): BackupRequest {
  const { source, allowPartialFailure } = whole;
  if (known.backupName !== undefined) return { backupName: known.backupName, allowPartialFailure };
  const { owner, scheduled, backupName, schedule, workspace, before } = source;
  if (owner !== undefined && scheduled !== true && target.source.latest !== undefined) {
    return { backupName: target.source.latest, allowPartialFailure };
  }
  const owners = owner === undefined ? undefined : sourceOwners(owner, whole);
  return { owners, backupName, schedule, workspace, before, allowPartialFailure };
}

/** The resource that made the backups uses the same location as the restore, so it has the same lineage. */
const sourceOwners = (owner: string, { source, lineage, adoptLineage }: RestoreOutputs): Owner[] => [
  { owner, lineage },
  ...formerOwnersIn(source, lineage),
  ...(adoptLineage === undefined ? [] : [{ owner, lineage: adoptLineage }]),
];

/** The place of the source's backups, and the location through which the target reads them. */
export interface SourcePlace {
  location: { namespace: string; locationName: string };
  /** The program's own access. Undefined if it has none, or if the target does not have that location. */
  store: ObjectStore | undefined;
  storePrefix: string;
}

/** The prefix is the one that Velero in the target reads. */
export async function sourcePlaceOf(
  session: Session,
  client: KubernetesClient,
  part: RestoreInCluster,
): Promise<SourcePlace> {
  const location = seenBy(part);
  const live = await client.get<BackupStorageLocation>({
    type: locations,
    name: location.locationName,
    namespace: location.namespace,
  });
  const { prefix = "" } = live?.spec.objectStorage ?? {};
  return {
    location,
    store: live && storeOf(session, { ...sourceStore(part), cluster: part.source }),
    storePrefix: prefix.replace(/^\/+|\/+$/g, ""),
  };
}

/**
 * Moves a Restore that a killed run has begun to this incarnation, with its modifier rules, before anything else is
 * done with it. So a destroy finds both, whatever happens to this run.
 */
export async function takeOver(
  client: KubernetesClient,
  { incarnation }: RestoreInCluster,
  restore: Restore,
): Promise<void> {
  if (isIncarnation(restore, incarnation)) return;
  const ours = { metadata: { labels: { [incarnationLabel]: incarnation } } };
  const { name, namespace = "" } = restore.metadata;
  const rules = restore.spec.resourceModifier?.name;
  // The ConfigMap may have been deleted. Velero has read it before.
  if (rules !== undefined) await client.patch({ type: configMaps, name: rules, namespace }, ours);
  await client.patch({ type: restores, name, namespace }, ours);
}
