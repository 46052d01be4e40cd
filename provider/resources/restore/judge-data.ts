import type { KubernetesObject } from "../../kubernetes/resources.ts";
import type { SavingMethod } from "../../velero/volume-info.ts";
import type { DataDownload, PodVolumeRestore } from "../../velero/types.ts";
import type { PlannedClaim } from "./plan-volumes.ts";

/** The judgement of a claim whose data the backup holds: it came back, or did not, and why. */
export interface ClaimVerdict {
  /** In the backup: `shop/data`. */
  claim: string;
  method: SavingMethod;
  cameBack: boolean;
  why?: string;
}

export interface Claim extends KubernetesObject {
  spec: { dataSource?: { kind?: string }; dataSourceRef?: { kind?: string } };
  status?: { phase?: string };
}

/** The objects that Velero has made in the target to bring data back, and the claims as they are there. */
export interface Evidence {
  claims: readonly Claim[];
  podVolumeRestores: readonly PodVolumeRestore[];
  dataDownloads: readonly DataDownload[];
}

/**
 * Judges by objects, and not by how the restore ended: without its node agent, its snapshot driver or its pod Velero
 * gives a claim an empty volume, and calls the restore Completed.
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

/** Without a node agent nobody brings such data back, and Velero waits for hours (velero `pkg/nodeagent`). */
const byNodeAgent: readonly SavingMethod[] = ["fileCopy", "moveData"];

export const needsNodeAgent = (planned: readonly PlannedClaim[]): boolean =>
  planned.some(({ method }) => byNodeAgent.includes(method));

/** Judges them before anything is restored: some cannot come back. */
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

/** The claim as it is in the target. */
export const claimOf = ({ intoNamespace, claim }: PlannedClaim, { claims }: Evidence): Claim | undefined =>
  claims.find(({ metadata }) => metadata.namespace === intoNamespace && metadata.name === claim);

/** Tells why its data was not brought back. Returns undefined if it was, as far as Velero has to do it. */
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
