import type { BackupHealth } from "../../model/health.ts";
import { parseDuration } from "../core/deadline.ts";
import { same } from "../core/values.ts";
import { metadataEdits } from "../kubernetes/ensure.ts";
import { type ClusterBackupOutputs, outcomeOf, type StoredFile } from "../schemas/cluster-backup.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { backupMetadataKey, backupsFolder, tarballKey } from "../velero/backup-files.ts";
import { complaintsOf, isExpired, stateOf } from "../velero/phases.ts";
import type { Session } from "../session.ts";
import type { Backup, DeleteBackupRequest } from "../velero/types.ts";

export type BackupFindings = Partial<ClusterBackupOutputs> & { health: BackupHealth };

/** The facts about a single backup. */
export interface SingleFindings {
  live: Backup | undefined;
  /** Undefined if the store was not asked, or did not answer. */
  files: StoredFiles | undefined;
  requests: readonly DeleteBackupRequest[];
  now: Date;
}

const ENDED: BackupFindings = { health: "Healthy", phase: "Expired", message: undefined };

/**
 * Judges a single backup. A backup that expired by its TTL, or that Velero deletes for that reason, is no drift. A
 * backup that is gone earlier is drift.
 */
export function judgeSingle(
  state: ClusterBackupOutputs,
  { live, files, requests, now }: SingleFindings,
): BackupFindings {
  // The backup was refused before anything was stored.
  if (state.backupName === undefined) return { health: "Unhealthy", message: state.unfinished };
  const name = `Backup ${state.location.namespace}/${state.backupName}`;
  const expired = isExpired(state.expiration, now) ? ENDED : undefined;
  if (!live && expired) return expired;
  if (!live) return { health: "Missing", message: `${name} is gone before its time; up takes another` };
  const seen = outcomeOf(live);
  const phase = live.status?.phase ?? "New";
  const good = (): BackupFindings => {
    const found = judgeData(state, name, { files, expired });
    const isFine = found.health === "Healthy" && found.phase === undefined;
    return { ...seen, ...((isFine ? judgeTags(live, state, name) : undefined) ?? found) };
  };
  switch (stateOf(live)) {
    case "completed":
      return good();
    case "partiallyFailed":
      return state.allowPartialFailure
        ? good()
        : { ...seen, health: "Failing", message: `${name}: ${complaintsOf(live)}; up takes another` };
    case "deleting": {
      const refused = deletionErrors(live, requests);
      if (refused === undefined && expired) return expired;
      return refused === undefined
        ? {
            ...seen,
            health: "Missing",
            message: `${name} is being deleted before its time; up takes another`,
          }
        : { ...seen, health: "Stuck", message: `${name} was to be deleted and could not be: ${refused}` };
    }
    case "running":
      return isStuck(live, now)
        ? {
            ...seen,
            health: "Stuck",
            message: `${name} has been ${phase} since ${seen.startTime ?? live.metadata.creationTimestamp}`,
          }
        : { ...seen, health: "Unhealthy", message: `${name} is ${phase}; up waits for it` };
    default:
      return {
        ...seen,
        health: "Failing",
        message: `${name} is ${phase}: ${complaintsOf(live)}; up takes another`,
      };
  }
}

/**
 * Finds labels and annotations that differ. A Backup that Velero restored from the store has those of the time when it
 * was made.
 */
function judgeTags(live: Backup, state: ClusterBackupOutputs, name: string): BackupFindings | undefined {
  const edits = metadataEdits(live, state);
  return edits === undefined
    ? undefined
    : { health: "Drifted", message: `${edits} of ${name} is not what is declared; up sets it right` };
}

/** Checks that the stored data is unchanged. Velero does not check that (docs/design/velero-facts.md#lost-files). */
function judgeData(
  { location: { storePrefix }, backupName = "", stored }: ClusterBackupOutputs,
  name: string,
  { files, expired }: { files: StoredFiles | undefined; expired: BackupFindings | undefined },
): BackupFindings {
  if (!files) return { health: "Healthy", message: undefined };
  const tarball = tarballIn(files, storePrefix, backupName);
  if (!tarball && expired) return expired;
  if (!tarball) {
    return {
      health: "Missing",
      message: `the data of ${name} is gone from the store (${storePrefix}/backups/${backupName}/); up takes another`,
    };
  }
  if (stored && !same(stored, tarball)) {
    return {
      health: "Suspect",
      message:
        `the tarball of ${name} is not the one that Velero stored: it has ${tarball.size} bytes, and had ${stored.size}. ` +
        "See who has written it; change `triggers` to take another backup",
    };
  }
  return { health: "Healthy", message: undefined };
}

/** The files of backups below a prefix, by their keys. */
export type StoredFiles = ReadonlyMap<string, StoredFile>;

/** A listing may be shared for this long, as those of the cluster. */
const LIST_FRESH_MS = 5_000;

/** When a listing was begun, and what it gives. */
export interface SharedListing {
  at: number;
  files: Promise<StoredFiles>;
}

/**
 * Returns one listing for all backups of a prefix that are read at the same time (docs/design/rules.md#shared-reads). A
 * listing that began before `since` is not reused: files that were stored later would appear to be missing.
 */
export function sharedFiles(
  session: Session,
  store: ObjectStore,
  prefix: string,
  since: Date,
): Promise<StoredFiles> {
  const key = `${store.address} ${prefix}`;
  const known = session.listings.get(key);
  if (known && Date.now() - known.at < LIST_FRESH_MS && known.at > since.getTime()) return known.files;
  const files = list(store, backupsFolder(prefix));
  session.listings.set(key, { at: Date.now(), files });
  files.catch(() => session.listings.delete(key));
  return files;
}

/** Returns the tarball of one backup. Returns undefined if the tarball or the backup's metadata is missing. */
export async function tarballOf(
  store: ObjectStore,
  prefix: string,
  backup: string,
): Promise<StoredFile | undefined> {
  return tarballIn(await list(store, `${backupsFolder(prefix)}${backup}/`), prefix, backup);
}

/** Does the same in a listing of all backups. */
export const tarballIn = (files: StoredFiles, prefix: string, backup: string): StoredFile | undefined =>
  files.has(backupMetadataKey(prefix, backup)) ? files.get(tarballKey(prefix, backup)) : undefined;

async function list(store: ObjectStore, folder: string): Promise<StoredFiles> {
  const files = new Map<string, StoredFile>();
  for await (const { key, size, etag } of store.list(folder)) files.set(key, { size, etag });
  return files;
}

/**
 * Velero's default for asynchronous operations, and its `--fs-backup-timeout`. A backup may use one after the other.
 */
const ITEM_OPERATIONS_MS = 4 * 3_600_000;
const FILE_COPIES_MS = 4 * 3_600_000;

/** Returns true if a backup has been in progress for longer than Velero's own limits allow. */
export function isStuck({ metadata, spec, status }: Backup, now: Date): boolean {
  const begun = Date.parse(status?.startTimestamp ?? metadata.creationTimestamp ?? "");
  const limit = (parseDuration(spec.itemOperationTimeout ?? "") ?? ITEM_OPERATIONS_MS) + FILE_COPIES_MS;
  return now.getTime() - begun > limit;
}

/** Returns Velero's errors for the deletion of a backup. Returns undefined as long as the deletion may succeed. */
export function deletionErrors(
  { metadata }: Backup,
  requests: readonly DeleteBackupRequest[],
): string | undefined {
  const errors = requests
    .filter(({ spec }) => spec.backupName === metadata.name)
    .flatMap(({ status }) => status?.errors ?? []);
  return errors.length > 0 ? errors.join("; ") : undefined;
}
