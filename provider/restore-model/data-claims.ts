import { Problem } from "../core/errors.ts";
import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { RestoreOptions } from "../schemas/restore-options.ts";
import type { RestoredItem, RestoreVolumeInfo } from "../velero/backup-files.ts";
import { claimsInWords, methodInWords } from "../volumes/judge-claims.ts";
import type { NamedSavedClaim, SavedClaims } from "../volumes/saved-claims.ts";
import { type Claim, VOLUME_KINDS } from "../volumes/volume-objects.ts";
import type { Target } from "./plan.ts";
import type { Selected } from "./select-items.ts";

/** A claim of which a backup holds data, and that a restore takes up. */
export interface DataClaim extends NamedSavedClaim {
  item: Selected;
  intoNamespace: string;
  /** The pod with which alone its file copy comes back, where the restore takes that up. */
  podItem?: Selected | undefined;
}

/** The claims among `items` whose data the backup holds. */
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
 * Tells of claims whose data a restore could not bring back, before it is begun: file copies come back only with the
 * pods that they were read from. `restorePVs: false` asks for claims without data. Undefined where there is none.
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

/** Velero leaves claims and pods as they are that are there already. */
function obstacle({ method, isEmpty, item, pod, podItem }: DataClaim, target: Target): string | undefined {
  if (method !== "fileCopy" || isEmpty || target.find(item)) return undefined;
  if (!podItem) return `its data is a file copy of pod ${pod}, which is not restored`;
  return target.find(podItem)
    ? `its data is a file copy of pod ${pod}, which is there already and stays as it is`
    : undefined;
}

export const RESTORE_PODS =
  "A file copy comes back with the pod that it was read from, and with no other: restore pods as well (see includedResources, excludedResources and the label selectors), or say restorePVs: false for claims without data.";

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
    if (!items) return notSeen("the list of what the restore made cannot be read");
    return made ? { fate: "lost", why: whyLost(claim) } : notSeen("it is not among what the restore made");
  }
  const isSnapshot = line.restoreMethod === "CSISnapshot" && line.snapshotDataMoved !== true;
  if (isSnapshot && live) return isBound(live.get(placeOf(claim))) ? { fate: "back" } : { fate: "waits" };
  return isCompleted || isSnapshot
    ? { fate: "back" }
    : notSeen("of a restore that failed in part Velero does not say whose data came");
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

const notSeen = (why: string): DataFate => ({ fate: "unseen", why });
