import { parseDuration } from "../core/deadline.ts";
import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { AccessMode, Backup, BackupSpec, BackupStorageLocation, Schedule } from "./types.ts";
import { createHash } from "node:crypto";

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
export const orphanedLabel = "pulumi-velero.io/orphaned";
/**
 * The earlier lineages of the owner, separated by commas. An object with one of them does not belong to another stack.
 */
export const formerLineagesAnnotation = "pulumi-velero.io/former-lineages";

export const formerLineagesOf = ({ metadata }: KubernetesObject): string[] =>
  metadata.annotations?.[formerLineagesAnnotation]?.split(",") ?? [];
/** Marks a Backup that was retained when its resource was removed. No resource waits for it any more. */
export const retainedLabel = "pulumi-velero.io/retained";

/** `"delete"` on a Schedule means that its stored backups are deleted together with it. */
export const deletionPolicyAnnotation = "pulumi-velero.io/deletion-policy";

/** Returns a name as Velero writes it into a label: cut and hashed if it is too long (velero `pkg/label/label.go`). */
export function labelValue(name: string): string {
  if (name.length <= 63) return name;
  return name.slice(0, 57) + createHash("sha256").update(name).digest("hex").slice(0, 6);
}

/** The result of the `up` that ran it: "true" or "rejected". Without the label it was begun and not finished. */
export const acceptedLabel = "pulumi-velero.io/accepted";

/** The metadata that marks an object as ours. */
interface Ours {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** The settings of a store that Velero's plugin needs. Each kind of store defines its own. */
interface Plugin {
  provider: string;
  bucket: string;
  config: Record<string, string>;
  caCert?: string | undefined;
}

/** The key of the Secret that holds a location's credential file. */
export const CREDENTIAL_KEY = "cloud";

export interface LocationParts {
  plugin: Plugin;
  prefix: string;
  /** Absent if Velero uses an identity of its own. */
  credential?: { name: string; key: string } | undefined;
  accessMode: AccessMode;
  isDefault?: boolean | undefined;
  backupSyncPeriod?: string | undefined;
  validationFrequency?: string | undefined;
  /** The parts of an adopted location that are kept beside the declared ones. */
  kept?: { config?: Record<string, string> | undefined; objectStorage?: object | undefined } | undefined;
}

export function locationManifest(ours: Ours, parts: LocationParts): BackupStorageLocation {
  const { plugin } = parts;
  return {
    metadata: ours,
    spec: {
      provider: plugin.provider,
      objectStorage: {
        ...parts.kept?.objectStorage,
        bucket: plugin.bucket,
        ...(parts.prefix ? { prefix: parts.prefix } : {}),
        ...(plugin.caCert ? { caCert: Buffer.from(plugin.caCert).toString("base64") } : {}),
      },
      config: { ...parts.kept?.config, ...plugin.config },
      ...(parts.credential ? { credential: parts.credential } : {}),
      accessMode: parts.accessMode,
      ...(parts.isDefault === undefined ? {} : { default: parts.isDefault }),
      ...(parts.backupSyncPeriod ? { backupSyncPeriod: parts.backupSyncPeriod } : {}),
      ...(parts.validationFrequency ? { validationFrequency: parts.validationFrequency } : {}),
    },
  };
}

/**
 * Parts of a location that are completely ours. A patch sends null for a key that has to go. A declared location is not
 * marked as orphaned (any more).
 */
export const locationWhole = [
  "spec.config",
  "spec.objectStorage",
  "spec.credential",
  `metadata.labels.${orphanedLabel}`,
  `metadata.annotations.${formerLineagesAnnotation}`,
];

export interface Secret extends KubernetesObject {
  type?: string;
  data: Record<string, string>;
}

export const credentialManifest = (ours: Ours, credentialFile: string): Secret => ({
  metadata: ours,
  type: "Opaque",
  data: { [CREDENTIAL_KEY]: Buffer.from(credentialFile).toString("base64") },
});

export const backupManifest = (ours: Ours, spec: BackupSpec): Backup => ({ metadata: ours, spec });

export const scheduleManifest = (ours: Ours, spec: Schedule["spec"]): Schedule => ({ metadata: ours, spec });

/**
 * Velero writes only `skipImmediately` into a Schedule. Its template stays as it was sent
 * (docs/design/velero-facts.md#fields-that-the-server-writes). Owner references that are not declared are turned off:
 * Kubernetes deletes backups that a Schedule owns together with the Schedule.
 */
export const scheduleWhole = [
  "spec.template",
  "spec.useOwnerReferencesInBackup",
  `metadata.annotations.${deletionPolicyAnnotation}`,
];

/** The default of Velero's server. Each location sets it explicitly, so that the server's flag has no effect. */
export const USUAL_FREQUENCY = "1m";

/**
 * Velero validates a location at once whenever its `spec` changes, whatever its frequency and the server's are
 * (v1.18.3, pkg/controller/backup_storage_location_controller.go). So each frequency has a twin that means the same to
 * Velero, and a request for validation replaces one by the other. A twin may stay: restoring the declared value would
 * cause another validation, at the time when backups begin.
 */
const STEP_MS = 10;
/** Velero never reaches this time. Go's durations can be three times as long. */
const TWIN_OF_NEVER = "876000h1ms";
/**
 * A negative value means the server's own frequency, as an absent one does (v1.18.3,
 * internal/storage/storagelocation.go).
 */
const TWIN_OF_NONE = "-1ms";

/**
 * Returns how often Velero validates a location, in milliseconds, without the step of a twin. 0 means never. Undefined
 * means the server's own setting (`--store-validation-frequency`), which is not known here.
 */
export function frequencyOf(written: string | undefined): number | undefined {
  const length = lengthOf(written);
  if (length === undefined) return undefined;
  if (length === 0 || length === lengthOf(TWIN_OF_NEVER)) return 0;
  // Velero compares the times every ten seconds.
  return Math.max(STEP_MS, length - (length % STEP_MS));
}

/** Returns the twin of a frequency, or the frequency of a twin. Null means that the field is removed. */
export function frequencyTwin(written: string | undefined): string | null {
  const frequency = frequencyOf(written);
  if (frequency === undefined) return written === TWIN_OF_NONE ? null : TWIN_OF_NONE;
  if (frequency === 0) return lengthOf(written) === 0 ? TWIN_OF_NEVER : "0s";
  return `${lengthOf(written) === frequency ? frequency + 1 : frequency}ms`;
}

const lengthOf = (written: string | undefined): number | undefined => {
  const length = parseDuration(written ?? "");
  return length === undefined ? undefined : Math.round(length);
};
