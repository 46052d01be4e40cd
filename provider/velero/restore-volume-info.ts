import { parseGzipped } from "./parse-gzipped.ts";

/**
 * One line of a restore's volumeinfo file (velero 1.18 `internal/volume/volumes_information.go`, RestoreVolumeInfo). It
 * says that data was to be restored, and not how that ended: its phases are always empty.
 */
export interface RestoreVolumeInfo {
  /** The claim in the target; absent where the volume had none yet. */
  pvcName?: string;
  pvcNamespace?: string;
  pvName?: string;
  restoreMethod?: "PodVolumeRestore" | "CSISnapshot" | "NativeSnapshot";
  snapshotDataMoved?: boolean;
}

/** The lines of the file. */
export const restoredVolumesIn = (file: Buffer): RestoreVolumeInfo[] =>
  parseGzipped<RestoreVolumeInfo[] | null>(file) ?? [];
