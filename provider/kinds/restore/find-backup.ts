import type { Deadline } from "../../core/deadline.ts";
import { Problem, type ProblemParts } from "../../core/errors.ts";
import { nameOf, ownerKind } from "../../core/identity.ts";
import type { Progress } from "../../core/notices.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups, locations } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import {
  type BackupRequest,
  chooseBackup,
  isGood,
  matchesRequest,
} from "../../restore-model/choose-backup.ts";
import { readLatestFirst, readStoredBackup } from "../../rules/stored-backups.ts";
import { whileVeleroWorks } from "../../rules/velero-alive.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { errorWords } from "../../velero/backup-files.ts";
import { beganAt, complaintsOf, newestFirst, stateOf } from "../../velero/phases.ts";
import type { Backup, BackupStorageLocation } from "../../velero/types.ts";
import { veleroFile } from "../../velero/velero-file.ts";
import { type RestoreInCluster, type SourcePlace, backupRequestOf } from "./part.ts";

interface Places {
  client: KubernetesClient;
  /** The location through which the target cluster reads the source's backups. */
  location: { namespace: string; locationName: string };
  /** The source's place in the store, if the program has access to it. */
  store: ObjectStore | undefined;
  storePrefix: string;
  /** The key of the cluster that was backed up. */
  source: string;
}

/**
 * Returns the backup to restore. The store has the newest one. Without access to the store, it is the newest one that
 * the target cluster knows. If a schedule has made none yet, it fails at once, and does not wait for the next run.
 */
export async function findBackup(request: BackupRequest, places: Places): Promise<Backup> {
  const found = places.store
    ? await findInStore(request, places.store, places.storePrefix)
    : await findInCluster(request, places);
  if (found.good) return found.good;
  throw found.other ? await notGood(found.other, request, places) : noBackupFound(request, places);
}

export interface FoundBackup {
  good?: Backup | undefined;
  /** The newest backup that matches the request and cannot be restored. */
  other?: Backup | undefined;
}

/** Searches the backups that Velero stored below a prefix. It reads backwards as long as a newer match is possible. */
export async function findInStore(
  request: BackupRequest,
  store: ObjectStore,
  prefix: string,
): Promise<FoundBackup> {
  if (request.backupName !== undefined) {
    const backup = await readStoredBackup(store, prefix, request.backupName, "backup");
    return backup && isGood(backup, request) ? { good: backup } : { other: backup };
  }
  const wished: Backup[] = [];
  let good: Backup | undefined;
  for (const { latestStart, read } of await readLatestFirst(store, prefix, "backup")) {
    if (good && beganAt(good) > latestStart) break;
    const backup = await read();
    if (!backup || !matchesRequest(backup, request)) continue;
    wished.push(backup);
    good = chooseBackup(wished, request);
  }
  return { good, other: newestFirst(wished)[0] };
}

/** Searches the backups of a location that Velero in the cluster knows. */
export async function findInCluster(
  request: BackupRequest,
  { client, location }: Pick<Places, "client" | "location">,
): Promise<FoundBackup> {
  const { items } = await client.list<Backup>({ type: backups, namespace: location.namespace });
  const theirs = items.filter(
    ({ spec, ...backup }) =>
      spec.storageLocation === location.locationName && matchesRequest({ spec, ...backup }, request),
  );
  return { good: chooseBackup(theirs, request), other: newestFirst(theirs)[0] };
}

/** Explains why the existing backup cannot be restored, in Velero's own words if it failed. */
async function notGood(backup: Backup, request: BackupRequest, places: Places): Promise<Problem> {
  const { name } = backup.metadata;
  const state = stateOf(backup);
  const { phase = "New", completionTimestamp } = backup.status ?? {};
  const place = `Backup ${name} of cluster "${places.source}"`;
  const problem = (parts: Omit<ProblemParts, "code" | "property">) =>
    new Problem({ code: "NotRestorable", property: "backup", ...parts });
  if (state === "completed" || (state === "partiallyFailed" && request.allowPartialFailure === true)) {
    return problem({
      what: `${place} ended ${completionTimestamp}, and only what had ended by ${request.before} is to be restored`,
      todo: "Take an earlier one, or a later `before`.",
    });
  }
  if (state === "partiallyFailed") {
    const at = { ...places.location, client: places.client, store: places.store };
    const results = await veleroFile("results", { ...at, storePrefix: places.storePrefix, name }, "store")
      // Without the file, the message has only the counts.
      .catch(() => undefined);
    return problem({
      what: `${place} is PartiallyFailed`,
      said: (results && errorWords(results)) || complaintsOf(backup),
      todo: "Restore what it holds with allowPartialFailure: true, or take another.",
    });
  }
  const isRunning = state === "running";
  return problem({
    what: `${place} is ${phase}`,
    said: isRunning ? undefined : complaintsOf(backup),
    todo: isRunning
      ? "Run up again when it has ended."
      : "Only a backup that ended Completed is restored, or PartiallyFailed with allowPartialFailure: true. Take another.",
  });
}

function noBackupFound(request: BackupRequest, { source, storePrefix, store }: Places): Problem {
  const place = store ? ` below ${storePrefix}/ in ${store.address}` : "";
  const before = request.before === undefined ? "" : ` that had ended by ${request.before}`;
  const isNamed = request.backupName !== undefined;
  return new Problem({
    code: "NoBackup",
    property: "backup",
    what: isNamed
      ? `there is no Backup ${request.backupName} of cluster "${source}"${place}`
      : `there is no good backup of cluster "${source}"${before}${place}`,
    todo: isNamed
      ? "Mend its name, or take another: it may have ended by its TTL, or been deleted."
      : `${makerOf(request)} makes its first one when it is due; \`runNow: true\` on it takes one at once.`,
  });
}

/** Returns who should have made the backup: `ClusterBackup "nightly"`. */
function makerOf({ owners: [owner] = [], schedule, workspace }: BackupRequest): string {
  if (owner !== undefined) return `${ownerKind(owner.owner) ?? "Resource"} "${nameOf(owner.owner)}"`;
  return workspace === undefined ? `Schedule "${schedule}"` : `WorkspaceBackup "${workspace}"`;
}

interface SyncSource {
  deadline: Deadline;
  progress: Progress;
}

/**
 * Finds the backup. If this program has no access to the store, and the backup belongs to another cluster, Velero in
 * the target may not have synced it yet. After a sync, a backup that Velero does not know does not exist, and the
 * newest one that it knows is the newest.
 */
export async function findBackupInTime(
  client: KubernetesClient,
  part: RestoreInCluster,
  place: SourcePlace,
  how: SyncSource,
): Promise<Backup> {
  const request: BackupRequest = backupRequestOf(part);
  const find = () => findBackup(request, { client, source: part.source, ...place });
  if (place.store || part.source === part.target.cluster) return find();
  if (request.backupName !== undefined) {
    try {
      return await find();
    } catch (error) {
      if (!(error instanceof Problem && error.code === "NoBackup")) throw error;
    }
  }
  await awaitSync(client, place, how);
  return find();
}

/** Waits until Velero has synced the location once more, which it does once a minute. */
function awaitSync(
  client: KubernetesClient,
  { location: { namespace, locationName } }: SourcePlace,
  { deadline, progress }: SyncSource,
): Promise<string> {
  const place = `BackupStorageLocation ${namespace}/${locationName}`;
  const cluster = `cluster "${client.label.key}"`;
  let first: string | undefined;
  return whileVeleroWorks(client, namespace, `${place} was not looked at by it`, (signal) =>
    waitFor<BackupStorageLocation, string>(
      client,
      { type: locations, name: locationName, namespace },
      (live) => {
        const synced = live?.status?.lastSyncedTime ?? "never";
        first ??= synced;
        progress.report(`waiting until ${cluster} has looked at ${place}, which takes a minute or two`);
        return synced === first ? undefined : synced;
      },
      {
        deadline,
        signal,
        what: `${place} in ${cluster} was not looked at by Velero`,
        todo: "See that it is Available there and its lastSyncedTime moves on.",
      },
    ),
  );
}
