import type { KubernetesObject } from "../kubernetes/resources.ts";
import { parseGzipped } from "./parse-gzipped.ts";

/** A file copy of one volume of one pod (velero `pkg/apis/velero/v1/pod_volume_backup_types.go`). */
export interface PodVolumeBackup extends KubernetesObject {
  spec: { pod: { name: string; namespace: string }; volume: string };
  status?: { phase?: string; message?: string; snapshotID?: string; progress?: { totalBytes?: number } };
}

/** The PodVolumeBackups that Velero has stored with a backup. */
export const podVolumeBackupsIn = (file: Buffer): PodVolumeBackup[] =>
  parseGzipped<PodVolumeBackup[] | null>(file) ?? [];
