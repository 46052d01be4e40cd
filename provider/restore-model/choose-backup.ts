import { isOwnedBy } from "../kubernetes/ensure.ts";
import { nameOf, type Owner, ownerAnnotation } from "../core/identity.ts";
import { labelValue, scheduleNameLabel } from "../velero/labels.ts";
import { newestFirst, stateOf } from "../velero/phases.ts";
import type { Backup } from "../velero/types.ts";

/** Which backup of a cluster is wanted: one of these ways to say it. */
export interface BackupWish {
  /** By its own name. */
  backupName?: string | undefined;
  /** The newest good one that any of these resources has made. */
  owners?: readonly Owner[] | undefined;
  /** The newest good one of a schedule: the Schedule's name, or that of the ClusterBackup which made it. */
  schedule?: string | undefined;
  /** The newest good one of a workspace: the WorkspaceBackup's name. */
  workspace?: string | undefined;
  /** The newest good one of the cluster, whoever has made it. Said on purpose: saying nothing is no wish. */
  any?: true | undefined;
  /** Only what was complete by then. */
  before?: string | undefined;
  allowPartialFailure?: boolean | undefined;
}

/** Whether a backup is one of those that are wished for, however it ended. */
export function isWished(backup: Backup, wish: BackupWish): boolean {
  const { name, labels = {}, annotations = {} } = backup.metadata;
  const owner = annotations[ownerAnnotation];
  if (wish.backupName !== undefined) return name === wish.backupName;
  if (wish.owners) return isOwnedBy(backup, wish.owners);
  if (wish.schedule !== undefined) {
    const isItsOwn = labels[scheduleNameLabel] === labelValue(wish.schedule);
    return isItsOwn || isMadeBy(owner, "ClusterBackup", wish.schedule);
  }
  if (wish.workspace !== undefined) return isMadeBy(owner, "WorkspaceBackup", wish.workspace);
  return wish.any === true;
}

const isMadeBy = (owner: string | undefined, kind: string, name: string): boolean =>
  owner !== undefined && nameOf(owner) === name && owner.includes(`/velero:${kind}::`);

/** Whether it can be restored, and is old enough. One that is named is taken as it is named. */
export function isGood({ status, ...backup }: Backup, { before, allowPartialFailure }: BackupWish): boolean {
  const state = stateOf({ ...backup, ...(status && { status }) });
  if (state !== "completed" && !(state === "partiallyFailed" && allowPartialFailure === true)) return false;
  return hasEndedBy({ ...backup, ...(status && { status }) }, before);
}

/** However it ended. */
export const hasEndedBy = ({ status }: Backup, before: string | undefined): boolean =>
  before === undefined || Date.parse(status?.completionTimestamp ?? "") <= Date.parse(before);

/** The newest of those that are wished for and good. */
export const chooseBackup = (backups: readonly Backup[], wish: BackupWish): Backup | undefined =>
  newestFirst(backups.filter((backup) => isWished(backup, wish) && isGood(backup, wish)))[0];
