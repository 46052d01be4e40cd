import type { KubernetesObject } from "../kubernetes/resources.ts";

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

export type LocationPhase = "Available" | "Unavailable";

export type AccessMode = "ReadWrite" | "ReadOnly";

export interface BackupSpec {
  storageLocation?: string;
  ttl?: string;
  includedNamespaces?: string[];
  excludedNamespaces?: string[];
  includedResources?: string[];
  excludedResources?: string[];
  includedClusterScopedResources?: string[];
  excludedClusterScopedResources?: string[];
  includedNamespaceScopedResources?: string[];
  excludedNamespaceScopedResources?: string[];
  includeClusterResources?: boolean;
  labelSelector?: LabelSelector;
  orLabelSelectors?: LabelSelector[];
  snapshotVolumes?: boolean;
  snapshotMoveData?: boolean;
  defaultVolumesToFsBackup?: boolean;
  volumeSnapshotLocations?: string[];
  datamover?: string;
  volumeGroupSnapshotLabelKey?: string;
  /** Kind → `namespace/name,namespace/name`. */
  orderedResources?: Record<string, string>;
  hooks?: BackupHooks;
  /** A ConfigMap in Velero's namespace, with one key. */
  resourcePolicy?: { kind: string; name: string };
  csiSnapshotTimeout?: string;
  itemOperationTimeout?: string;
  uploaderConfig?: { parallelFilesUpload?: number };
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

export interface BackupHooks {
  resources: {
    name: string;
    includedNamespaces?: string[];
    excludedNamespaces?: string[];
    includedResources?: string[];
    excludedResources?: string[];
    labelSelector?: LabelSelector;
    pre?: ExecHook[];
    post?: ExecHook[];
  }[];
}

interface ExecHook {
  exec: { container?: string; command: string[]; onError?: "Continue" | "Fail"; timeout?: string };
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

export interface RestoreSpec {
  backupName?: string;
  includedNamespaces?: string[];
  excludedNamespaces?: string[];
  includedResources?: string[];
  excludedResources?: string[];
  includeClusterResources?: boolean;
  labelSelector?: LabelSelector;
  orLabelSelectors?: LabelSelector[];
  namespaceMapping?: Record<string, string>;
  restorePVs?: boolean;
  preserveNodePorts?: boolean;
  existingResourcePolicy?: "none" | "update";
  restoreStatus?: { includedResources?: string[]; excludedResources?: string[] };
  hooks?: object;
  itemOperationTimeout?: string;
  uploaderConfig?: { writeSparseFiles?: boolean; parallelFilesDownload?: number };
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

/** An entry of `resourcePolicy.volumePolicies`. */
export interface VolumePolicy {
  conditions?: {
    capacity?: string;
    storageClass?: string[];
    nfs?: { server?: string; path?: string };
    csi?: { driver?: string; volumeAttributes?: Record<string, string> };
    volumeTypes?: string[];
    pvcLabels?: Record<string, string>;
    pvcPhase?: string[];
    pvcVolumeMode?: string;
    pvcAccessModes?: string[];
  };
  action: { type: VolumeAction };
}

export type VolumeAction = "skip" | "snapshot" | "fs-backup" | "custom";
