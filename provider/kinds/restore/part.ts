import { type Identity, incarnationLabel, type Owned, type Owner } from "../../core/identity.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isIncarnation } from "../../kubernetes/ensure.ts";
import { configMaps, locations, restores } from "../../kubernetes/resources.ts";
import type { BackupWish } from "../../restore-model/choose-backup.ts";
import type { RestoreOutputs, RestorePart } from "../../schemas/restore-outputs.ts";
import { formerOwnersIn, type RestoreTarget } from "../../schemas/restore.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { storeOf } from "../../store/store-of.ts";
import type { StoreDeclaration } from "../../store/ways.ts";
import type { Session } from "../../session.ts";
import type { BackupStorageLocation, Restore } from "../../velero/types.ts";

/** One cluster's part of a restore: all that it takes to do it. */
export interface Part extends Identity, Owned {
  /** Key of the cluster that was backed up. */
  source: string;
  target: RestoreTarget;
  /** What a Restore's name begins with. */
  objectName: string;
  whole: RestoreOutputs;
  known: RestorePart;
}

export function partOf(whole: RestoreOutputs, source: string): Part {
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

/** Where the source's backups lie: the location's store, or one of its own, to which no `access` of the other one leads. */
export function sourceStore({
  whole: { storage, access },
  target: { source },
}: Part): Partial<StoreDeclaration> {
  if (source.storage === undefined) return { storage, access };
  return { storage: source.storage, access: access === "none" ? access : undefined };
}

/** The location by which the target sees the source's backups. */
export const seenBy = ({ target: { location, sees = "" } }: Part) => ({ ...location, locationName: sees });

/** Once a backup was chosen no other is wished for. */
export function wishOf({ whole, known, target }: Part): BackupWish {
  const { source, allowPartialFailure } = whole;
  if (known.backupName !== undefined) return { backupName: known.backupName, allowPartialFailure };
  const { owner, scheduled, backupName, schedule, workspace, before } = source;
  if (owner !== undefined && scheduled !== true && target.source.latest !== undefined) {
    return { backupName: target.source.latest, allowPartialFailure };
  }
  const owners = owner === undefined ? undefined : sourceOwners(owner, whole);
  return { owners, backupName, schedule, workspace, before, allowPartialFailure };
}

/** The resource that made the backups hangs on the same location as the restore, and so has its lineage. */
const sourceOwners = (owner: string, { source, lineage, adoptLineage }: RestoreOutputs): Owner[] => [
  { owner, lineage },
  ...formerOwnersIn(source, lineage),
  ...(adoptLineage === undefined ? [] : [{ owner, lineage: adoptLineage }]),
];

/** Where the source's backups lie, and by what the target sees them. */
export interface Place {
  location: { namespace: string; locationName: string };
  /** The program's own way there; absent where it has none, or where the target does not see them. */
  store: ObjectStore | undefined;
  storePrefix: string;
}

/** The prefix is the one that Velero in the target reads. */
export async function placeOf(session: Session, client: KubernetesClient, part: Part): Promise<Place> {
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
 * Makes a Restore that a killed run has begun this incarnation's, with its rules, before anything else is done with it:
 * a destroy finds both, whatever becomes of this run.
 */
export async function takeOver(
  client: KubernetesClient,
  { incarnation }: Part,
  restore: Restore,
): Promise<void> {
  if (isIncarnation(restore, incarnation)) return;
  const ours = { metadata: { labels: { [incarnationLabel]: incarnation } } };
  const { name, namespace = "" } = restore.metadata;
  const rules = restore.spec.resourceModifier?.name;
  // Undefined where somebody has tidied up: Velero has read it by then.
  if (rules !== undefined) await client.patch({ type: configMaps, name: rules, namespace }, ours);
  await client.patch({ type: restores, name, namespace }, ours);
}
