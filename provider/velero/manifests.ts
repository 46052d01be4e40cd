import type { KubernetesObject } from "../kubernetes/resources.ts";
import { deletionPolicyAnnotation, formerLineagesAnnotation, leavingLabel } from "./labels.ts";
import type { AccessMode, Backup, BackupSpec, BackupStorageLocation, Schedule } from "./types.ts";

/** What makes an object ours. */
interface Ours {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** What Velero's plugin wants to know of a store; the shape is the store's own business. */
export interface Plugin {
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
  /** Absent where Velero uses an identity of its own. */
  credential?: { name: string; key: string } | undefined;
  accessMode: AccessMode;
  isDefault?: boolean | undefined;
  backupSyncPeriod?: string | undefined;
  validationFrequency?: string | undefined;
  /** What stays of a location that was taken over, beside what is declared. */
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
 * Parts of a location that are ours as a whole: a key that should go is sent as null. One that is declared is not
 * leaving, or not any more.
 */
export const locationWhole = [
  "spec.config",
  "spec.objectStorage",
  "spec.credential",
  `metadata.labels.${leavingLabel}`,
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
 * Velero writes only `skipImmediately` into a Schedule; its template stays as sent
 * (docs/design/velero-facts.md#fields-that-the-server-writes). Owner references that nobody declared are switched
 * off: backups that the Schedule owns go from the cluster with it.
 */
export const scheduleWhole = [
  "spec.template",
  "spec.useOwnerReferencesInBackup",
  `metadata.annotations.${deletionPolicyAnnotation}`,
];
