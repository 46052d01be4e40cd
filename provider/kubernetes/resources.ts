/** A Kubernetes kind that this project uses, and its path in the API. */
export interface ResourceType {
  apiVersion: string;
  kind: string;
  plural: string;
}

const velero = (kind: string, plural: string): ResourceType => ({ apiVersion: "velero.io/v1", kind, plural });
const core = (kind: string, plural: string): ResourceType => ({ apiVersion: "v1", kind, plural });

export const backups = velero("Backup", "backups");
export const schedules = velero("Schedule", "schedules");
export const restores = velero("Restore", "restores");
export const locations = velero("BackupStorageLocation", "backupstoragelocations");
export const snapshotLocations = velero("VolumeSnapshotLocation", "volumesnapshotlocations");
export const deleteBackupRequests = velero("DeleteBackupRequest", "deletebackuprequests");
export const downloadRequests = velero("DownloadRequest", "downloadrequests");
export const serverStatusRequests = velero("ServerStatusRequest", "serverstatusrequests");
export const backupRepositories = velero("BackupRepository", "backuprepositories");
export const podVolumeRestores = velero("PodVolumeRestore", "podvolumerestores");
export const dataDownloads: ResourceType = {
  apiVersion: "velero.io/v2alpha1",
  kind: "DataDownload",
  plural: "datadownloads",
};
export const namespaces = core("Namespace", "namespaces");
export const snapshotContents: ResourceType = {
  apiVersion: "snapshot.storage.k8s.io/v1",
  kind: "VolumeSnapshotContent",
  plural: "volumesnapshotcontents",
};
export const configMaps = core("ConfigMap", "configmaps");
export const secrets = core("Secret", "secrets");
export const persistentVolumeClaims = core("PersistentVolumeClaim", "persistentvolumeclaims");
export const persistentVolumes = core("PersistentVolume", "persistentvolumes");
export const pods = core("Pod", "pods");
export const storageClasses: ResourceType = {
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  plural: "storageclasses",
};
export const customResourceDefinitions: ResourceType = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
};
/** It is served if the cluster has the snapshot controller's definitions. */
export const volumeSnapshotClasses: ResourceType = {
  apiVersion: "snapshot.storage.k8s.io/v1",
  kind: "VolumeSnapshotClass",
  plural: "volumesnapshotclasses",
};
export const deployments: ResourceType = { apiVersion: "apps/v1", kind: "Deployment", plural: "deployments" };
export const daemonSets: ResourceType = { apiVersion: "apps/v1", kind: "DaemonSet", plural: "daemonsets" };

export interface ObjectMeta {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: { uid: string; kind?: string; name?: string; controller?: boolean }[];
}

/** Any object of the API. Callers narrow it to the requested kind. */
export interface KubernetesObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };

/** Parses a Kubernetes quantity: `1Gi`, `500m`, `12e6`. Returns undefined for an invalid one. */
export function quantityOf(text: unknown): number | undefined {
  if (typeof text === "number") return text;
  const [, digits = "", suffix = ""] = /^([+-]?[\d.]+(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(String(text)) ?? [];
  const power = BINARY.indexOf(suffix);
  const factor = power >= 0 ? 1024 ** (power + 1) : 10 ** (DECIMAL[suffix] ?? Number.NaN);
  const value = Number(digits === "" ? Number.NaN : digits) * factor;
  return Number.isNaN(value) ? undefined : value;
}
