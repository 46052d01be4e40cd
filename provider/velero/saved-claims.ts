import { gunzipSync } from "node:zlib";

/** How a backup has saved the data of a claim. */
export type SavingMethod =
  /** Copied as files; comes back by the pod that mounted it. */
  | "fileCopy"
  /** A CSI snapshot. */
  | "snapshot"
  /** A CSI snapshot whose data was moved into the store. */
  | "moveData"
  /** A snapshot of a cloud by Velero's own plugin; comes back as a PersistentVolume. */
  | "cloudSnapshot";

export interface SavedClaim {
  namespace: string;
  claim: string;
  method: SavingMethod;
  /** Of a file copy: the pod that had it mounted, and the name of the volume in it. */
  pod?: string;
  volume?: string;
}

/** Whose data a backup holds. */
export interface SavedClaims {
  claims: readonly SavedClaim[];
  /** Pods of which any volume was copied as files, also one that is no claim's: `namespace/name`. */
  copiedPods: readonly string[];
}

/** One line of a backup's volumeinfo file (velero `internal/volume/volumes_information.go`). */
interface Line {
  pvcName?: string;
  pvcNamespace?: string;
  backupMethod?: string;
  snapshotDataMoved?: boolean;
  skipped?: boolean;
  result?: string;
  pvbInfo?: { snapshotHandle?: string; volumeName?: string; podName?: string; podNamespace?: string };
}

/** The claims whose data a backup holds, from its volumeinfo file. */
export function savedClaims(file: Buffer): SavedClaims {
  const lines = ((JSON.parse(gunzipSync(file).toString("utf8")) as Line[] | null) ?? []).filter(holdsData);
  return {
    claims: lines.flatMap((line) => savedClaim(line) ?? []),
    copiedPods: lines.flatMap(({ pvbInfo }) =>
      pvbInfo?.podName === undefined ? [] : [`${pvbInfo.podNamespace}/${pvbInfo.podName}`],
    ),
  };
}

/** A file copy without a snapshot found nothing to copy, and Velero brings nothing back (velero `pkg/podvolume/util.go`). */
const holdsData = ({ skipped, result, backupMethod, pvbInfo }: Line): boolean =>
  skipped !== true &&
  result !== "failed" &&
  (backupMethod !== "PodVolumeBackup" || Boolean(pvbInfo?.snapshotHandle));

function savedClaim({ pvcName, pvcNamespace, pvbInfo, ...line }: Line): SavedClaim | undefined {
  const method = methodOf(line);
  if (pvcName === undefined || pvcNamespace === undefined || method === undefined) return undefined;
  const { podName, volumeName } = pvbInfo ?? {};
  return {
    namespace: pvcNamespace,
    claim: pvcName,
    method,
    ...(podName !== undefined && { pod: podName }),
    ...(volumeName !== undefined && { volume: volumeName }),
  };
}

function methodOf({ backupMethod, snapshotDataMoved }: Line): SavingMethod | undefined {
  switch (backupMethod) {
    case "PodVolumeBackup":
      return "fileCopy";
    case "CSISnapshot":
      return snapshotDataMoved === true ? "moveData" : "snapshot";
    case "NativeSnapshot":
      return "cloudSnapshot";
    default:
      return undefined;
  }
}
