import type { KubernetesObject } from "../kubernetes/resources.ts";
import { dataClaims } from "./data-claims.ts";
import type { RestoreOptions } from "../velero/restore-option-entries.ts";
import type { SavingMethod } from "../velero/backup-files.ts";
import type { DataDownload, PodVolumeRestore } from "../velero/types.ts";
import type { NamedSavedClaim, SavedClaims } from "../volumes/saved-claims.ts";
import type { Selected } from "./choose-items.ts";

/** A claim that is restored, and whose data the backup holds. */
export interface PlannedClaim extends NamedSavedClaim {
  intoNamespace: string;
  /** The reason why a drill cannot bring its data back. Absent if it can. */
  hopeless?: string;
}

/** Pods that have to be scheduled: their claims get their volumes only then. */
export interface Consumers {
  namespace: string;
  pods: string[];
}

/** The plan of a drill for the data of claims, before anything is restored. */
export interface VolumePlan {
  claims: readonly PlannedClaim[];
  consumers: readonly Consumers[];
  /** True if the data of some claim comes back only with a pod. */
  needsPods: boolean;
}

/**
 * Decides how a drill can bring back the data of each claim. A file copy comes back while the pod that mounted it
 * starts (velero `pkg/podvolume/restorer.go`). A storage class that waits for its first consumer makes the volume when
 * a pod that mounts the claim is scheduled. `items` are the objects that the drill restores together with pods.
 */
export function planVolumes(
  items: readonly Selected[],
  saved: SavedClaims,
  { lateClasses, options }: { lateClasses: readonly string[]; options: RestoreOptions },
): VolumePlan {
  const mounting = podsByClaim(items);
  const copied = new Set(saved.copiedPods);
  // An empty volume has nothing to bring back.
  const claims = dataClaims(items, saved).filter(({ isEmpty }) => isEmpty !== true);
  const planned = claims.map(({ item, podItem: _pod, ...claim }) => {
    const isLate = lateClasses.includes(classOf(item, options) ?? "");
    const pods = mounting.get(claimKeyOf(claim.namespace, claim.claim)) ?? [];
    // A pod that brings files back is scheduled in any case. It is preferred.
    const isScheduled = (pod: string) => copied.has(claimKeyOf(claim.namespace, pod));
    const consumer = claim.method !== "fileCopy" && isLate ? (pods.find(isScheduled) ?? pods[0]) : undefined;
    return { claim, hopeless: hopeless(claim, pods, isLate), consumer };
  });
  const consumers = planned.flatMap(({ claim: { namespace }, consumer, hopeless: why }) =>
    consumer === undefined || why !== undefined || copied.has(claimKeyOf(namespace, consumer))
      ? []
      : [[namespace, consumer] as const],
  );
  return {
    claims: planned.map(({ claim, hopeless: why }) => ({
      ...claim,
      ...(why !== undefined && { hopeless: why }),
    })),
    consumers: grouped(consumers),
    needsPods: planned.some(
      ({ claim, consumer, hopeless: why }) =>
        why === undefined && (claim.method === "fileCopy" || consumer !== undefined),
    ),
  };
}

/** Returns the reason why a drill cannot bring the data of a claim back. Returns undefined if it can. */
function hopeless(
  { method, pod, namespace }: NamedSavedClaim,
  pods: readonly string[],
  isLate: boolean,
): string | undefined {
  switch (method) {
    case "fileCopy":
      return pods.includes(pod ?? "")
        ? undefined
        : `it was copied as files, which come back only with pod ${namespace}/${pod}, and a filter leaves that pod out, or the backup does not hold it`;
    case "cloudSnapshot":
      return "it is a snapshot of a plugin of Velero's, which comes back as a PersistentVolume, and a drill restores no cluster-scoped object";
    default:
      return isLate && pods.length === 0
        ? "its storage class makes a volume only for a pod that mounts the claim (WaitForFirstConsumer), and none that is restored does"
        : undefined;
  }
}

/** Returns the pods that mount each claim, in alphabetical order. */
function podsByClaim(items: readonly Selected[]): Map<string, string[]> {
  const pods = new Map<string, string[]>();
  for (const item of items.filter(({ resource }) => resource === "pods")) {
    for (const { persistentVolumeClaim } of volumesOf(item)) {
      if (!persistentVolumeClaim) continue;
      const place = claimKeyOf(item.namespace, persistentVolumeClaim.claimName);
      pods.set(place, [...(pods.get(place) ?? []), item.name].toSorted());
    }
  }
  return pods;
}

const claimKeyOf = (namespace: string | undefined, name: string): string => `${namespace}/${name}`;

interface Volume {
  persistentVolumeClaim?: { claimName: string };
}

const volumesOf = ({ object }: Selected): Volume[] =>
  (object["spec"] as { volumes?: Volume[] } | undefined)?.volumes ?? [];

/** Returns the storage class that the claim has in the target. */
function classOf({ object }: Selected, { storageClassMapping = {} }: RestoreOptions): string | undefined {
  const { storageClassName } = (object["spec"] ?? {}) as { storageClassName?: string };
  return storageClassName === undefined
    ? undefined
    : (storageClassMapping[storageClassName] ?? storageClassName);
}

function grouped(pods: readonly (readonly [string, string])[]): Consumers[] {
  const byNamespace = new Map<string, Set<string>>();
  for (const [namespace, pod] of pods)
    byNamespace.set(namespace, (byNamespace.get(namespace) ?? new Set()).add(pod));
  return [...byNamespace].map(([namespace, names]) => ({ namespace, pods: [...names].toSorted() }));
}

/** The judgement of a claim whose data the backup holds. */
export interface ClaimVerdict {
  /** The claim's name in the backup: `shop/data`. */
  claim: string;
  method: SavingMethod;
  cameBack: boolean;
  why?: string;
}

export interface Claim extends KubernetesObject {
  spec: { dataSource?: { kind?: string }; dataSourceRef?: { kind?: string } };
  status?: { phase?: string };
}

/** The objects that Velero made in the target to bring data back, and the live claims. */
export interface Evidence {
  claims: readonly Claim[];
  podVolumeRestores: readonly PodVolumeRestore[];
  dataDownloads: readonly DataDownload[];
}

/**
 * Judges the claims by objects, and not by the phase of the restore: without its node agent, its snapshot driver or its
 * pod, Velero gives a claim an empty volume and ends the restore as Completed.
 */
export function judgeData(planned: readonly PlannedClaim[], evidence: Evidence): ClaimVerdict[] {
  return planned.map((claim) => {
    const live = claimOf(claim, evidence);
    const why =
      live === undefined ? "the claim is not there" : (missing(claim, live, evidence) ?? unbound(live));
    return {
      claim: `${claim.namespace}/${claim.claim}`,
      method: claim.method,
      cameBack: why === undefined,
      ...(why !== undefined && { why }),
    };
  });
}

/** Only a node agent restores this data. Without one, Velero waits for hours (velero `pkg/nodeagent`). */
const byNodeAgent: readonly SavingMethod[] = ["fileCopy", "moveData"];

export const needsNodeAgent = (planned: readonly PlannedClaim[]): boolean =>
  planned.some(({ method }) => byNodeAgent.includes(method));

/** Judges the claims before the restore: the data of some cannot come back. */
export const judgeAhead = (
  planned: readonly PlannedClaim[],
  { withoutNodeAgent }: { withoutNodeAgent: boolean },
): ClaimVerdict[] =>
  planned.map(({ namespace, claim, method, hopeless }) => {
    const why =
      hopeless ??
      (withoutNodeAgent && byNodeAgent.includes(method)
        ? "Velero's node agent has to bring it back, and none is installed there"
        : undefined);
    return {
      claim: `${namespace}/${claim}`,
      method,
      cameBack: why === undefined,
      ...(why !== undefined && { why }),
    };
  });

/** Returns the live claim in the target. */
export const claimOf = ({ intoNamespace, claim }: PlannedClaim, { claims }: Evidence): Claim | undefined =>
  claims.find(({ metadata }) => metadata.namespace === intoNamespace && metadata.name === claim);

/** Returns the reason why Velero did not bring the data back. Returns undefined if Velero did its part. */
export function missing(planned: PlannedClaim, live: Claim, evidence: Evidence): string | undefined {
  const { intoNamespace, claim, method, pod = "", volume } = planned;
  switch (method) {
    case "fileCopy": {
      const found = evidence.podVolumeRestores.find(
        ({ spec }) => spec.pod.namespace === intoNamespace && spec.pod.name === pod && spec.volume === volume,
      );
      if (!found)
        return `its file copy comes back with pod ${pod}, and no PodVolumeRestore was made for that`;
      return unlessCompleted("PodVolumeRestore", found);
    }
    case "moveData": {
      const found = evidence.dataDownloads.find(
        ({ spec: { targetVolume } }) =>
          targetVolume.namespace === intoNamespace && targetVolume.pvc === claim,
      );
      if (!found) return `no DataDownload was made for it: see that Velero there has --features=EnableCSI`;
      return unlessCompleted("DataDownload", found);
    }
    case "snapshot": {
      const { dataSource, dataSourceRef } = live.spec;
      const isFromSnapshot = [dataSource, dataSourceRef].some((source) => source?.kind === "VolumeSnapshot");
      return isFromSnapshot
        ? undefined
        : "it was made anew, without its snapshot: see that Velero there has --features=EnableCSI";
    }
    case "cloudSnapshot":
      return planned.hopeless ?? "it was made anew, without its snapshot";
  }
}

function unlessCompleted(
  kind: string,
  { metadata, status: { phase, message } = {} }: PodVolumeRestore | DataDownload,
): string | undefined {
  if (phase === "Completed") return undefined;
  return `${kind} ${metadata.name} is ${phase || "New"}${message ? ` (${message})` : ""}`;
}

const unbound = ({ status }: Claim): string | undefined =>
  status?.phase === "Bound" ? undefined : `the claim is ${status?.phase ?? "Pending"}, and has no volume`;
