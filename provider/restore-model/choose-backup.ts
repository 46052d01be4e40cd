import { isOwnedBy } from "../kubernetes/ensure.ts";
import { nameOf, type Owner, ownerAnnotation } from "../core/identity.ts";
import { labelValue, scheduleNameLabel } from "../velero/manifests.ts";
import { newestFirst, stateOf } from "../velero/phases.ts";
import type { Backup } from "../velero/types.ts";

/** Names the backup of a cluster that a restore asks for. Exactly one of the first five fields is set. */
export interface BackupRequest {
  /** Takes the backup of this name. */
  backupName?: string | undefined;
  /** Takes the newest good backup that one of these resources made. */
  owners?: readonly Owner[] | undefined;
  /** Takes the newest good backup of a schedule: the Schedule's name, or the name of the ClusterBackup that made it. */
  schedule?: string | undefined;
  /** Takes the newest good backup of a workspace: the WorkspaceBackup's name. */
  workspace?: string | undefined;
  /**
   * Takes the newest good backup of the cluster, whoever made it. It has to be set: an empty request asks for nothing.
   */
  any?: true | undefined;
  /** Accepts only backups that were complete by this time. */
  before?: string | undefined;
  allowPartialFailure?: boolean | undefined;
}

/** Returns true if the request asks for this backup. The phase of the backup does not matter. */
export function matchesRequest(backup: Backup, request: BackupRequest): boolean {
  const { name, labels = {}, annotations = {} } = backup.metadata;
  const owner = annotations[ownerAnnotation];
  if (request.backupName !== undefined) return name === request.backupName;
  if (request.owners) return isOwnedBy(backup, request.owners);
  if (request.schedule !== undefined) {
    const isItsOwn = labels[scheduleNameLabel] === labelValue(request.schedule);
    return isItsOwn || isMadeBy(owner, "ClusterBackup", request.schedule);
  }
  if (request.workspace !== undefined) return isMadeBy(owner, "WorkspaceBackup", request.workspace);
  return request.any === true;
}

const isMadeBy = (owner: string | undefined, kind: string, name: string): boolean =>
  owner !== undefined && nameOf(owner) === name && owner.includes(`/velero:${kind}::`);

/** Returns true if the backup can be restored and was complete by `before`. */
export function isGood(
  { status, ...backup }: Backup,
  { before, allowPartialFailure }: BackupRequest,
): boolean {
  const state = stateOf({ ...backup, ...(status && { status }) });
  if (state !== "completed" && !(state === "partiallyFailed" && allowPartialFailure === true)) return false;
  return hasEndedBy({ ...backup, ...(status && { status }) }, before);
}

/** Returns true if the backup ended by `before`, in whatever phase. */
export const hasEndedBy = ({ status }: Backup, before: string | undefined): boolean =>
  before === undefined || Date.parse(status?.completionTimestamp ?? "") <= Date.parse(before);

/** Returns the newest good backup that the request asks for. */
export const chooseBackup = (backups: readonly Backup[], request: BackupRequest): Backup | undefined =>
  newestFirst(backups.filter((backup) => matchesRequest(backup, request) && isGood(backup, request)))[0];
