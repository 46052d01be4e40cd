import { Problem } from "../core/errors.ts";
import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { RestoreOptions } from "../velero/restore-option-entries.ts";
import type { RestoredItem, RestoreVolumeInfo } from "../velero/backup-files.ts";
import { claimsInWords, methodInWords } from "../volumes/judge-claims.ts";
import type { NamedSavedClaim, SavedClaims } from "../volumes/saved-claims.ts";
import { type Claim, VOLUME_KINDS } from "../volumes/volume-objects.ts";
import type { Target } from "./plan.ts";
import type { Selected } from "./choose-items.ts";

/** A claim that is restored, and whose data the backup holds. */
export interface DataClaim extends NamedSavedClaim {
  item: Selected;
  intoNamespace: string;
  /** The pod that brings the file copy back. Undefined if the restore does not include that pod. */
  podItem?: Selected | undefined;
}

/** Returns the claims among `items` whose data the backup holds. */
export function dataClaims(items: readonly Selected[], { claims }: SavedClaims): DataClaim[] {
  const of = (kind: string) =>
    new Map(
      items
        .filter(({ resource }) => resource === kind)
        .map((item) => [`${item.namespace}/${item.name}`, item] as const),
    );
  const [restored, pods] = [of(VOLUME_KINDS.claims), of(VOLUME_KINDS.pods)];
  return claims.flatMap((saved): DataClaim[] => {
    const { namespace, claim, pod } = saved;
    const item = restored.get(`${namespace}/${claim}`);
    if (!item) return [];
    return [
      {
        ...saved,
        item,
        intoNamespace: item.intoNamespace ?? namespace,
        podItem: pods.get(`${namespace}/${pod}`),
      },
    ];
  });
}

/**
 * Finds claims whose data a restore could not bring back, before the restore starts. File copies come back only with
 * the pods that they were read from. `restorePVs: false` asks for claims without data. Returns undefined if no claim is
 * affected.
 */
export function foreseeLostData(
  claims: readonly DataClaim[],
  target: Target,
  { restorePVs }: Pick<RestoreOptions, "restorePVs">,
  cluster: string,
): Problem | undefined {
  if (restorePVs === false) return undefined;
  const lost = claims.flatMap((each) => {
    const why = obstacle(each, target);
    return why === undefined ? [] : [{ claim: `${each.namespace}/${each.claim}`, fate: { why } }];
  });
  if (lost.length === 0) return undefined;
  return new Problem({
    code: "DataNotRestored",
    what: `the data of ${lost.length} of ${claims.length} ${claims.length === 1 ? "claim" : "claims"} would not come back in cluster "${cluster}", and nothing was restored`,
    said: claimsInWords(lost),
    todo: RESTORE_PODS,
  });
}

/** Velero leaves existing claims and pods unchanged. */
function obstacle({ method, isEmpty, item, pod, podItem }: DataClaim, target: Target): string | undefined {
  if (method !== "fileCopy" || isEmpty || target.find(item)) return undefined;
  if (!podItem) return `its data is a file copy of pod ${pod}, which is not restored`;
  return target.find(podItem)
    ? `its data is a file copy of pod ${pod}, which is there already and stays as it is`
    : undefined;
}

export const RESTORE_PODS =
  "A file copy comes back with the pod that it was read from, and with no other: restore pods as well (see includedResources, excludedResources and the label selectors), or say restorePVs: false for claims without data.";

/** The result of a restore for the data of a claim. */
export type DataFate =
  | { fate: "back" }
  /**
   * The storage creates the volume from a snapshot when a pod mounts the claim (`WaitForFirstConsumer`), or is still at
   * work.
   */
  | { fate: "waits" }
  /** The claim existed before the restore and was not changed. */
  | { fate: "kept" }
  /** The restore has `restorePVs: false`. */
  | { fate: "leftOut" }
  | { fate: "lost"; why: string }
  /** The records do not say. */
  | { fate: "unseen"; why: string };

/** The records of a restore that describe volumes. */
export interface RestoreEvidence {
  /** The lines of the restore's volumeinfo file. */
  lines: readonly RestoreVolumeInfo[];
  /** The restore's list of objects. Undefined if it cannot be read. */
  items: readonly RestoredItem[] | undefined;
  /**
   * True if the restore ended Completed. The lines of a restore that failed in part do not say whether the data came
   * back.
   */
  isCompleted: boolean;
  /** The claims that the target has now, by `namespace/name`. Undefined if the credentials may not list them. */
  live: ReadonlyMap<string, Claim> | undefined;
}

/**
 * Decides whether a restore brought the data of a claim back. A file copy comes back only with the pod that it was read
 * from (velero 1.18 `pkg/podvolume/util.go`, getVolumeBackupInfoForPod). Without that pod, Velero ends the restore as
 * Completed, and the claim is bound and empty.
 */
export function judgeRestoredVolume(
  claim: DataClaim,
  { lines, items, isCompleted, live }: RestoreEvidence,
  { restorePVs }: { restorePVs?: boolean | undefined },
): DataFate {
  const made = items?.find(
    ({ kind, namespace, name }) =>
      kind === "v1/PersistentVolumeClaim" && `${namespace}/${name}` === restoredClaimName(claim),
  );
  // Velero records the action "failed" for an object that exists and differs, and still ends the restore as Completed.
  if (made && made.action !== "created") return { fate: "kept" };
  const line = lines.find((each) => isOf(each, claim, live));
  if (!line) {
    if (restorePVs === false) return { fate: "leftOut" };
    // Velero records no copy of an empty volume. There is nothing to restore.
    if (claim.method === "fileCopy" && claim.isEmpty) return { fate: "back" };
    if (!items) return notSeen("the list of what the restore made cannot be read");
    return made ? { fate: "lost", why: whyLost(claim) } : notSeen("it is not among what the restore made");
  }
  const isSnapshot = line.restoreMethod === "CSISnapshot" && line.snapshotDataMoved !== true;
  if (isSnapshot && live)
    return isBound(live.get(restoredClaimName(claim))) ? { fate: "back" } : { fate: "waits" };
  return isCompleted || isSnapshot
    ? { fate: "back" }
    : notSeen("of a restore that failed in part Velero does not say whose data came");
}

const isBound = (claim: Claim | undefined): boolean => claim?.status?.phase === "Bound";

/**
 * The line of a native snapshot may name only the volume: the one that the claim had in the backup, or the one that it
 * has now.
 */
function isOf(
  { pvcName, pvcNamespace, pvName }: RestoreVolumeInfo,
  claim: DataClaim,
  live: RestoreEvidence["live"],
): boolean {
  const into = restoredClaimName(claim);
  const { volumeName } = (claim.item.object as KubernetesObject as Claim).spec ?? {};
  if (pvcName !== undefined) return `${pvcNamespace}/${pvcName}` === into;
  return pvName !== undefined && [volumeName, live?.get(into)?.spec?.volumeName].includes(pvName);
}

/** The claim as the target names it: `shop-copy/data`. */
export const restoredClaimName = ({ intoNamespace, claim }: DataClaim): string => `${intoNamespace}/${claim}`;

const whyLost = ({ method, pod }: DataClaim): string =>
  method === "fileCopy"
    ? `a file copy comes back with its pod alone, ${pod}, and none came with this restore`
    : `its ${methodInWords[method]} was not restored`;

const notSeen = (why: string): DataFate => ({ fate: "unseen", why });
