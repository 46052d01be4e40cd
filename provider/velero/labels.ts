import { createHash } from "node:crypto";

export const scheduleNameLabel = "velero.io/schedule-name";
/** On a Backup, and on a BackupRepository: the name of its location. */
export const storageLocationLabel = "velero.io/storage-location";
export const backupNameLabel = "velero.io/backup-name";
/** On what a restore has made. */
export const restoreNameLabel = "velero.io/restore-name";
export const backupUidLabel = "velero.io/backup-uid";

/** Velero leaves out what has it with `"true"`: an object, or a namespace with all that is in it. */
export const excludedLabel = "velero.io/exclude-from-backup";

/** `"true"` on a namespace that a drill has made, which holds nobody's data, and on the Restore of a drill. */
export const drillLabel = "pulumi-velero.io/drill";

/** On a location whose owner is gone, and that others still use: `"true"`. The last of them removes it. */
export const leavingLabel = "pulumi-velero.io/leaving";
/** Beside it: the lineages that the owner had before, separated by commas. What bears one of them is no other stack's. */
export const formerLineagesAnnotation = "pulumi-velero.io/former-lineages";
/** On a Backup that was kept when the resource that took it went: nobody waits for it any more. */
export const leftLabel = "pulumi-velero.io/left";

/** On a Schedule: `"delete"` where its stored backups go with it. */
export const deletionPolicyAnnotation = "pulumi-velero.io/deletion-policy";

/** A name as Velero writes it into a label: cut and hashed where it is too long (velero `pkg/label/label.go`). */
export function labelValue(name: string): string {
  if (name.length <= 63) return name;
  return name.slice(0, 57) + createHash("sha256").update(name).digest("hex").slice(0, 6);
}

/** What an `up` made of it: "true" or "rejected"; without it, it was begun and not finished with. */
export const settledLabel = "pulumi-velero.io/settled";
