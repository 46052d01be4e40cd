import type { KubernetesObject } from "../../kubernetes/resources.ts";
import type { RestoredItem } from "../../velero/restore-results.ts";
import type { RestoreVolumeInfo } from "../../velero/restore-volume-info.ts";
import { methodInWords } from "../volumes/method-in-words.ts";
import type { Claim } from "../volumes/volume-objects.ts";
import type { DataClaim } from "./data-claims.ts";

/** The fate of a claim's data in a restore: exactly one of these. */
export type DataFate =
  | { fate: "back" }
  /** Its storage makes the volume, from a snapshot, once a pod asks for it (`WaitForFirstConsumer`), or still does. */
  | { fate: "waits" }
  /** The claim was there before, and was left as it was. */
  | { fate: "kept" }
  /** `restorePVs: false` */
  | { fate: "leftOut" }
  | { fate: "lost"; why: string }
  /** Nobody can tell. */
  | { fate: "unseen"; why: string };

/** The records of a restore that tell of volumes. */
export interface RestoreEvidence {
  /** Its volumeinfo file. */
  lines: readonly RestoreVolumeInfo[];
  /** Its list of objects; undefined where it is not to be had. */
  items: readonly RestoredItem[] | undefined;
  /** True where it ended Completed. The lines of one that failed in part do not tell whether the data came. */
  isCompleted: boolean;
  /** The claims that are in the target now, by `namespace/name`; undefined where they may not be seen. */
  live: ReadonlyMap<string, Claim> | undefined;
}

/**
 * Tells whether the data of a claim came back with a restore: file copies come back only with the pod that they were
 * read from (velero 1.18 `pkg/podvolume/util.go`, getVolumeBackupInfoForPod), and Velero calls a restore without it
 * Completed, the claim bound and empty.
 */
export function judgeRestoredVolume(
  claim: DataClaim,
  { lines, items, isCompleted, live }: RestoreEvidence,
  { restorePVs }: { restorePVs?: boolean | undefined },
): DataFate {
  const made = items?.find(
    ({ kind, namespace, name }) =>
      kind === "v1/PersistentVolumeClaim" && `${namespace}/${name}` === placeOf(claim),
  );
  // Of what is there otherwise Velero says "failed", and ends Completed.
  if (made && made.action !== "created") return { fate: "kept" };
  const line = lines.find((each) => isOf(each, claim, live));
  if (!line) {
    if (restorePVs === false) return { fate: "leftOut" };
    // Velero notes no copy of an empty volume, and has none to bring back.
    if (claim.method === "fileCopy" && claim.isEmpty) return { fate: "back" };
    if (!items) return unseen("the list of what the restore made cannot be read");
    return made ? { fate: "lost", why: whyLost(claim) } : unseen("it is not among what the restore made");
  }
  const isSnapshot = line.restoreMethod === "CSISnapshot" && line.snapshotDataMoved !== true;
  if (isSnapshot && live) return isBound(live.get(placeOf(claim))) ? { fate: "back" } : { fate: "waits" };
  return isCompleted || isSnapshot
    ? { fate: "back" }
    : unseen("of a restore that failed in part Velero does not say whose data came");
}

const isBound = (claim: Claim | undefined): boolean => claim?.status?.phase === "Bound";

/** A native snapshot's line may name the volume alone: the one that the claim had, or has now. */
function isOf(
  { pvcName, pvcNamespace, pvName }: RestoreVolumeInfo,
  claim: DataClaim,
  live: RestoreEvidence["live"],
): boolean {
  const into = placeOf(claim);
  const { volumeName } = (claim.item.object as KubernetesObject as Claim).spec ?? {};
  if (pvcName !== undefined) return `${pvcNamespace}/${pvcName}` === into;
  return pvName !== undefined && [volumeName, live?.get(into)?.spec?.volumeName].includes(pvName);
}

/** `shop-copy/data`, as the target gets it. */
export const placeOf = ({ intoNamespace, claim }: DataClaim): string => `${intoNamespace}/${claim}`;

const whyLost = ({ method, pod }: DataClaim): string =>
  method === "fileCopy"
    ? `a file copy comes back with its pod alone, ${pod}, and none came with this restore`
    : `its ${methodInWords[method]} was not restored`;

const unseen = (why: string): DataFate => ({ fate: "unseen", why });
