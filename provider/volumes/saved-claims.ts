import { type Claim, claimName, type Pod, volumeObjectsIn, volumeOf } from "./volume-objects.ts";
import type { Captured } from "../velero/backup-contents.ts";
import {
  bytesOf,
  holdsData,
  type ItemOperation,
  methodOf,
  type PodVolumeBackup,
  type SavingMethod,
  type VolumeInfo,
} from "../velero/backup-files.ts";

/** A claim whose data a backup holds, by its names there. */
export interface NamedSavedClaim extends SavedClaim {
  namespace: string;
  claim: string;
}

export interface SavedClaims {
  claims: readonly NamedSavedClaim[];
  /** Pods of which any volume was copied as files, also one that is no claim's: `namespace/name`. */
  copiedPods: readonly string[];
}

/** The claims of a backup whose data it holds. `contents` are its objects. */
export function savedClaims(contents: readonly Captured[], files: VolumeFiles): SavedClaims {
  const { claims, pods } = volumeObjectsIn(contents);
  const noted = files.lines.filter((line) => holdsData(line) && line.pvbInfo?.snapshotHandle);
  // Of a claim whose PersistentVolume is not in the backup there is no line.
  const copies = (files.podVolumeBackups ?? []).filter(
    ({ status }) => status?.phase === "Completed" && status.snapshotID,
  );
  return {
    claims: claims.flatMap((claim) => {
      const saved = savedClaim(claim, pods, files);
      const { namespace = "", name } = claim.metadata;
      return saved ? [{ ...saved, namespace, claim: name }] : [];
    }),
    copiedPods: [
      ...new Set([
        ...noted.map(({ pvbInfo }) => `${pvbInfo?.podNamespace}/${pvbInfo?.podName}`),
        ...copies.map(({ spec: { pod } }) => `${pod.namespace}/${pod.name}`),
      ]),
    ],
  };
}

/** The records of volumes that Velero stores with a backup. */
export interface VolumeFiles {
  lines: readonly VolumeInfo[];
  /** Undefined where the file is not to be had. */
  podVolumeBackups?: readonly PodVolumeBackup[] | undefined;
  operations?: readonly ItemOperation[] | undefined;
}

/** A backup's record of the data of a claim. */
interface SavedClaim {
  method: SavingMethod;
  /** Undefined where Velero does not say. */
  bytes?: number | undefined;
  /** The pod that a file copy was read from. Velero restores it with a pod of that name alone. */
  pod?: string | undefined;
  /** The name of the volume in that pod. */
  volume?: string | undefined;
  /** The volume of a file copy was empty, and there is nothing to restore. */
  isEmpty?: boolean | undefined;
}

/**
 * Tells by which record of Velero's a backup holds the data of a claim; undefined where no record says so. A line of
 * volumeinfo is enough. Velero writes none for a claim whose PersistentVolume is not in the backup
 * (`includeClusterResources: false`), saved or not (velero 1.18 `internal/volume/volumes_information.go`): then the
 * copy's own record, or that of the snapshot, decides.
 */
export function savedClaim(
  claim: Claim,
  pods: readonly Pod[],
  { lines, podVolumeBackups = [], operations }: VolumeFiles,
): SavedClaim | undefined {
  const line = linesOf(claim, pods, lines).find(holdsData);
  if (line) {
    const { pvbInfo } = line;
    const copy = pvbInfo && {
      pod: pvbInfo.podName,
      volume: pvbInfo.volumeName,
      isEmpty: !pvbInfo.snapshotHandle,
    };
    return { method: methodOf(line), bytes: bytesOf(line), ...copy };
  }
  const copy = copiesOf(claim, pods, podVolumeBackups).find(({ status }) => status?.phase === "Completed");
  if (copy) {
    const bytes = copy.status?.progress?.totalBytes ?? 0;
    return {
      method: "fileCopy",
      bytes,
      pod: copy.spec.pod.name,
      volume: copy.spec.volume,
      isEmpty: !copy.status?.snapshotID,
    };
  }
  const method = operations && methodByOperation(claim, operations);
  return method && { method };
}

/** The lines that are about a claim. Where Velero names no claim, the volume tells, or the pod that was copied from. */
export const linesOf = (claim: Claim, pods: readonly Pod[], lines: readonly VolumeInfo[]): VolumeInfo[] =>
  lines.filter(({ pvcName, pvcNamespace, pvName, pvbInfo }) => {
    if (pvcName !== undefined) return `${pvcNamespace}/${pvcName}` === claimName(claim);
    if (pvName !== undefined) return pvName === claim.spec?.volumeName;
    const pod = pods.find((each) => claimName(each) === `${pvbInfo?.podNamespace}/${pvbInfo?.podName}`);
    return pod !== undefined && volumeOf(pod, claim) === pvbInfo?.volumeName;
  });

/** The file copies that were made of a claim, or tried. */
export const copiesOf = (
  claim: Claim,
  pods: readonly Pod[],
  copies: readonly PodVolumeBackup[],
): PodVolumeBackup[] =>
  copies.filter(({ metadata, spec: { pod, volume } }) => {
    if (pod.namespace !== claim.metadata.namespace) return false;
    const named = metadata.annotations?.["velero.io/pvc-name"];
    if (named !== undefined) return named === claim.metadata.name;
    return pods.some(
      (each) => claimName(each) === `${pod.namespace}/${pod.name}` && volumeOf(each, claim) === volume,
    );
  });

const SNAPSHOT = "velero.io/volume-snapshot-name";
const UPLOAD = "velero.io/data-upload-name";

/**
 * Tells whether Velero began a snapshot of a claim: it notes on the claim, in the backup, which VolumeSnapshot or
 * DataUpload has its data (velero `pkg/backup/actions/csi/pvc_action.go`).
 */
export const hasSnapshotRecord = ({ metadata: { annotations = {} } }: Claim): boolean =>
  [SNAPSHOT, UPLOAD].some((each) => annotations[each] !== undefined);

/** Tells whether that snapshot was completed, and of which kind it is. */
function methodByOperation(
  { metadata: { name, namespace, annotations = {} } }: Claim,
  operations: readonly ItemOperation[],
): SavingMethod | undefined {
  const isDone = (resource: string, of: string) =>
    operations.some(({ spec: { resourceIdentifier: item }, status }) => {
      const isIt = item.Resource === resource && item.Namespace === namespace && item.Name === of;
      return isIt && status?.phase === "Completed";
    });
  const snapshot = annotations[SNAPSHOT];
  if (annotations[UPLOAD] !== undefined)
    return isDone("persistentvolumeclaims", name) ? "moveData" : undefined;
  return snapshot !== undefined && isDone("volumesnapshots", snapshot) ? "snapshot" : undefined;
}

/** Volumes of pods that are no claims (emptyDir and the like), and whose file copy failed: `scratch of pod shop/web`. */
export const failedScratch = ({ lines }: VolumeFiles): string[] =>
  lines
    .filter(
      ({ pvcName, pvName, result, pvbInfo }) =>
        pvcName === undefined && pvName === undefined && pvbInfo !== undefined && result === "failed",
    )
    .map(({ pvbInfo }) => `${pvbInfo?.volumeName} of pod ${pvbInfo?.podNamespace}/${pvbInfo?.podName}`);
