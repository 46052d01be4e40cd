import { parseGzipped } from "./parse-gzipped.ts";

/** One line of a backup's volumeinfo file (velero 1.18 `internal/volume/volumes_information.go`, BackupVolumeInfo). */
export interface VolumeInfo {
  /** Absent where the volume is no claim's: an emptyDir, or a PersistentVolume that nobody claims. */
  pvcName?: string;
  pvcNamespace?: string;
  pvName?: string;
  backupMethod?: BackupMethod;
  snapshotDataMoved?: boolean;
  skipped?: boolean;
  skippedReason?: string;
  result?: string;
  csiSnapshotInfo?: { size?: number; ReadyToUse?: boolean | null };
  snapshotDataMovementInfo?: { size?: number; Phase?: string; snapshotHandle?: string };
  nativeSnapshotInfo?: { Phase?: string };
  pvbInfo?: {
    size?: number;
    snapshotHandle?: string;
    volumeName?: string;
    podName?: string;
    podNamespace?: string;
    Phase?: string;
  };
}

export type BackupMethod = "PodVolumeBackup" | "CSISnapshot" | "NativeSnapshot";

/** The way by which a backup has saved the data of a claim. */
export type SavingMethod =
  /** Copied as files; comes back by the pod that mounted it. */
  | "fileCopy"
  /** A CSI snapshot. */
  | "snapshot"
  /** A CSI snapshot whose data was moved into the store. */
  | "moveData"
  /** A snapshot of a cloud by Velero's own plugin; comes back as a PersistentVolume. */
  | "cloudSnapshot";

/** The lines of the file. Velero writes `null` where there are none. */
export const volumesIn = (file: Buffer): VolumeInfo[] => parseGzipped<VolumeInfo[] | null>(file) ?? [];

/** Tells whether the backup holds data by this line. A Velero that writes no `result` (before 1.14) writes a phase. */
export function holdsData(info: VolumeInfo): boolean {
  if (info.skipped === true || info.backupMethod === undefined) return false;
  if (info.result !== undefined) return info.result === "succeeded";
  const { snapshotDataMovementInfo: moved, pvbInfo, nativeSnapshotInfo } = info;
  const phase = moved?.Phase ?? pvbInfo?.Phase ?? nativeSnapshotInfo?.Phase;
  return phase === undefined ? info.csiSnapshotInfo?.ReadyToUse === true : phase === "Completed";
}

/** Tells how the data of such a line was saved. */
export function methodOf({ backupMethod, snapshotDataMoved }: VolumeInfo): SavingMethod {
  if (backupMethod === "PodVolumeBackup") return "fileCopy";
  if (backupMethod === "NativeSnapshot") return "cloudSnapshot";
  return snapshotDataMoved === true ? "moveData" : "snapshot";
}

/** The size of the data of a line, in bytes; undefined where Velero does not say. */
export const bytesOf = ({
  backupMethod,
  pvbInfo,
  snapshotDataMovementInfo,
  csiSnapshotInfo,
}: VolumeInfo): number | undefined =>
  // An empty volume's copy has no size.
  backupMethod === "PodVolumeBackup"
    ? (pvbInfo?.size ?? 0)
    : (snapshotDataMovementInfo?.size ?? csiSnapshotInfo?.size);

/** Names of the PersistentVolumes that the backup holds data of. */
export const savedVolumeNames = (lines: readonly VolumeInfo[]): string[] =>
  lines.filter(holdsData).flatMap(({ pvName }) => pvName ?? []);
