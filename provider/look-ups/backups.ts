import type { BackupSummary } from "../../model/backup-summary.ts";
import { Problem } from "../core/errors.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { clusterLabel } from "../kubernetes/connection.ts";
import { backups, locations } from "../kubernetes/resources.ts";
import { ownerAnnotation } from "../core/identity.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { fromOutside, programAccess, worksAnywhere } from "../store/store-access.ts";
import { scheduleNameLabel } from "../velero/manifests.ts";
import { backupPhaseOf, newestFirst } from "../velero/phases.ts";
import type { Backup } from "../velero/types.ts";
import { storePrefixOf } from "../schemas/cluster-location.ts";
import { sourceAccess } from "../rules/store-settings.ts";
import { type BackupRequest, hasEndedBy, matchesRequest } from "../restore-model/choose-backup.ts";
import { findInCluster, findInStore } from "../kinds/restore/find-backup.ts";
import { readStoredBackups } from "../rules/stored-backups.ts";
import type { Session } from "../session.ts";
import type { BackupsRequest, PlaceRequest } from "./request.ts";

/** Returns all requested backups, in every phase. */
export async function findBackups(session: Session, request: BackupsRequest): Promise<BackupSummary[]> {
  const wish = backupRequestOf(request);
  const there = await openPlace(session, request);
  const all =
    "store" in there
      ? await readStoredBackups(there.store, there.prefix)
      : await inLocation(there.client, request);
  const wished = all.filter((backup) => matchesRequest(backup, wish) && hasEndedBy(backup, wish.before));
  return newestFirst(wished).map((backup) => summaryOf(backup, request.cluster));
}

/** Returns the backup that a Restore with the same request would take. */
export async function findLatestBackup(
  session: Session,
  request: BackupsRequest,
): Promise<BackupSummary | undefined> {
  const wish = backupRequestOf(request);
  const there = await openPlace(session, request);
  const { good } =
    "store" in there
      ? await findInStore(wish, there.store, there.prefix)
      : await findInCluster(wish, { client: there.client, location: request.location });
  return good && summaryOf(good, request.cluster);
}

function backupRequestOf({
  schedule,
  workspace,
  before,
  allowPartialFailure,
}: BackupsRequest): BackupRequest {
  const said = { schedule, workspace, before, allowPartialFailure };
  return schedule === undefined && workspace === undefined ? { ...said, any: true } : said;
}

type OpenPlace = { client: KubernetesClient } | { store: ObjectStore; prefix: string };

async function openPlace(session: Session, request: BackupsRequest): Promise<OpenPlace> {
  const { from = isOffline(request) ? "store" : "cluster" } = request;
  return from === "store" ? openStoreOf(session, request) : { client: await openClusterOf(session, request) };
}

/** Returns true if this program, or the stack that owns the location, declares the cluster offline. */
const isOffline = ({ connection, location }: PlaceRequest): boolean =>
  connection.offline === true || location.offline === true;

function openStoreOf(session: Session, request: PlaceRequest): { store: ObjectStore; prefix: string } {
  const { cluster, location, own } = request;
  const store = storeOfPlace(session, request);
  if (!store) {
    throw new Problem({
      code: "NoAccessToStore",
      property: "access",
      what: `this program has no way to the store in which the backups of cluster "${cluster}" are`,
      todo: isOffline(request)
        ? "Give it one: the cluster is declared offline, and is not asked."
        : 'Give it one, or look them up from the cluster (from: "cluster").',
    });
  }
  return { store, prefix: own ? storePrefixOf(own.storage, cluster, own.prefix) : location.storePrefix };
}

/** The cluster's own store is reached with its own credentials, if they work here. */
function storeOfPlace(
  session: Session,
  { cluster, storage, credentials, access, own }: PlaceRequest,
): ObjectStore | undefined {
  if (own && access !== "none" && worksAnywhere(own.storage))
    return session.stores.open(fromOutside(sourceAccess(own.storage, cluster)));
  if (own) return session.stores.open(programAccess({ storage: own.storage, access }));
  return storage && session.stores.open(programAccess({ storage, credentials, access }, cluster));
}

/** Opens the cluster. Fails if the location does not exist there, because an empty list would mean nothing. */
export async function openClusterOf(
  session: Session,
  { cluster, location, connection }: PlaceRequest,
): Promise<KubernetesClient> {
  const { locationName: name, namespace } = location;
  if (connection.offline) {
    throw new Problem({
      code: "ClusterOffline",
      property: "from",
      what: `cluster "${cluster}" is declared offline, and is not asked`,
      todo: 'Leave `from` out, or look in the store (from: "store").',
    });
  }
  const { client } = await session.clusters.open(connection, clusterLabel(cluster), undefined);
  if (await client.get({ type: locations, name, namespace })) return client;
  throw new Problem({
    code: "NoLocation",
    property: "location",
    what: `BackupStorageLocation ${namespace}/${name} in cluster "${cluster}" does not exist`,
    todo: location.offline
      ? 'The stack that owns the location has declared the cluster offline: look in the store (from: "store").'
      : "Run `pulumi refresh` and up: its ClusterLocation makes it again.",
  });
}

async function inLocation(client: KubernetesClient, { location }: PlaceRequest): Promise<Backup[]> {
  const { items } = await client.list<Backup>({ type: backups, namespace: location.namespace });
  return items.filter(({ spec }) => spec.storageLocation === location.locationName);
}

function summaryOf({ metadata, status = {} }: Backup, cluster: string): BackupSummary {
  const owner = metadata.annotations?.[ownerAnnotation];
  const schedule = metadata.labels?.[scheduleNameLabel];
  const { startTimestamp, completionTimestamp, expiration, progress, warnings = 0, errors = 0 } = status;
  return {
    name: metadata.name,
    cluster,
    phase: backupPhaseOf({ status }),
    ...(startTimestamp !== undefined && { startTime: startTimestamp }),
    ...(completionTimestamp !== undefined && { completionTime: completionTimestamp }),
    ...(expiration !== undefined && { expiration }),
    ...(progress?.itemsBackedUp !== undefined && { itemsBackedUp: progress.itemsBackedUp }),
    warnings,
    errors,
    ...(owner !== undefined && { owner }),
    ...(schedule !== undefined && { schedule }),
  };
}
