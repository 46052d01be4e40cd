import type { LocationPhase } from "../../model/phases.ts";
import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { OWN_OPTIONS, RestoreOptions } from "./restore-option-entries.ts";
import type { OWN_PROPERTIES, SelectionInputs } from "./selection-entries.ts";

/**
 * The part of Velero's API (velero.io/v1) that this project uses. We write specs and read statuses. The server writes
 * into both (docs/design/velero-facts.md#fields-that-the-server-writes), so a comparison uses only the fields that were
 * sent.
 */
export interface BackupStorageLocation extends KubernetesObject {
  spec: {
    provider: string;
    objectStorage: { bucket: string; prefix?: string; caCert?: string };
    config?: Record<string, string>;
    credential?: { name: string; key: string };
    default?: boolean;
    accessMode?: AccessMode;
    backupSyncPeriod?: string;
    validationFrequency?: string;
  };
  status?: {
    phase?: LocationPhase;
    message?: string;
    lastValidationTime?: string;
    lastSyncedTime?: string;
  };
}

export type AccessMode = "ReadWrite" | "ReadOnly";

export interface BackupSpec extends Omit<SelectionInputs, (typeof OWN_PROPERTIES)[number]> {
  storageLocation?: string;
  snapshotVolumes?: boolean;
  snapshotMoveData?: boolean;
  defaultVolumesToFsBackup?: boolean;
  /** Kind → `namespace/name,namespace/name`. */
  orderedResources?: Record<string, string>;
  /** A ConfigMap in Velero's namespace, with one key. */
  resourcePolicy?: { kind: string; name: string };
}

export interface BackupStatus {
  phase?: string;
  /** The position in the queue of backups that wait for a slot (Velero 1.18). */
  queuePosition?: number;
  startTimestamp?: string;
  completionTimestamp?: string;
  expiration?: string;
  failureReason?: string;
  validationErrors?: string[];
  warnings?: number;
  errors?: number;
  progress?: { totalItems?: number; itemsBackedUp?: number };
}

export interface Backup extends KubernetesObject {
  spec: BackupSpec;
  status?: BackupStatus;
}

export interface Schedule extends KubernetesObject {
  spec: {
    schedule: string;
    paused?: boolean;
    skipImmediately?: boolean;
    useOwnerReferencesInBackup?: boolean;
    template: BackupSpec;
  };
  status?: {
    phase?: SchedulePhase;
    lastBackup?: string;
    /** When a run was left out by `skipImmediately`. */
    lastSkipped?: string;
    validationErrors?: string[];
  };
}

export type SchedulePhase = "New" | "Enabled" | "FailedValidation";

export interface DeleteBackupRequest extends KubernetesObject {
  spec: { backupName: string };
  status?: { phase?: "New" | "InProgress" | "Processed"; errors?: string[] };
}

export interface DownloadRequest extends KubernetesObject {
  spec: { target: DownloadTarget };
  status?: { phase?: "New" | "Processed"; downloadURL?: string; expiration?: string };
}

/** A file that Velero stores for one of its objects. All of these are gzip. */
export interface DownloadTarget {
  kind:
    | "BackupContents"
    | "BackupItemOperations"
    | "BackupLog"
    | "BackupResourceList"
    | "BackupResults"
    | "BackupVolumeInfos"
    | "RestoreLog"
    | "RestoreResourceList"
    | "RestoreResults"
    | "RestoreVolumeInfo";
  /** The name of the Backup or Restore. */
  name: string;
}

export interface RestoreSpec extends Omit<RestoreOptions, (typeof OWN_OPTIONS)[number]> {
  backupName?: string;
  namespaceMapping?: Record<string, string>;
  resourceModifier?: { kind: string; name: string };
}

export interface Restore extends KubernetesObject {
  spec: RestoreSpec;
  status?: {
    phase?: string;
    validationErrors?: string[];
    failureReason?: string;
    warnings?: number;
    errors?: number;
    startTimestamp?: string;
    completionTimestamp?: string;
    progress?: { totalItems?: number; itemsRestored?: number };
  };
}

/** Restores the file copy of a volume. */
export interface PodVolumeRestore extends KubernetesObject {
  spec: { pod: { name: string; namespace: string }; volume: string };
  status?: { phase?: string; message?: string };
}

/** Restores data that was moved to the store. */
export interface DataDownload extends KubernetesObject {
  spec: { targetVolume: { namespace: string; pvc: string } };
  status?: { phase?: string; message?: string };
}
