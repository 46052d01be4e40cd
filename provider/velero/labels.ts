import { createHash } from "node:crypto";
import type { KubernetesObject } from "../kubernetes/resources.ts";

export const scheduleNameLabel = "velero.io/schedule-name";
/** The name of the location, on a Backup or a BackupRepository. */
export const storageLocationLabel = "velero.io/storage-location";
export const backupNameLabel = "velero.io/backup-name";
/** Velero sets this on every object that a restore creates. */
export const restoreNameLabel = "velero.io/restore-name";
export const backupUidLabel = "velero.io/backup-uid";

/** Velero leaves out an object with the value `"true"`. On a Namespace, it leaves out all objects in it. */
export const excludedLabel = "velero.io/exclude-from-backup";

/**
 * `"true"` marks a namespace that a drill made, and the Restore of a drill. The namespace holds no data that anybody
 * needs.
 */
export const drillLabel = "pulumi-velero.io/drill";

/** `"true"` marks a location whose owner is gone, and that others still use. The last user removes it. */
export const orphanedLabel = "pulumi-velero.io/leaving";
/**
 * The earlier lineages of the owner, separated by commas. An object with one of them does not belong to another stack.
 */
export const formerLineagesAnnotation = "pulumi-velero.io/former-lineages";

export const formerLineagesOf = ({ metadata }: KubernetesObject): string[] =>
  metadata.annotations?.[formerLineagesAnnotation]?.split(",") ?? [];
/** Marks a Backup that was retained when its resource was removed. No resource waits for it any more. */
export const retainedLabel = "pulumi-velero.io/left";

/** `"delete"` on a Schedule means that its stored backups are deleted together with it. */
export const deletionPolicyAnnotation = "pulumi-velero.io/deletion-policy";

/** Returns a name as Velero writes it into a label: cut and hashed if it is too long (velero `pkg/label/label.go`). */
export function labelValue(name: string): string {
  if (name.length <= 63) return name;
  return name.slice(0, 57) + createHash("sha256").update(name).digest("hex").slice(0, 6);
}

/** The result of the `up` that ran it: "true" or "rejected". Without the label it was begun and not finished. */
export const acceptedLabel = "pulumi-velero.io/settled";
