import { holdsData } from "../../velero/volume-info.ts";
import type { Captured } from "../read-contents.ts";
import { type SavedClaim, savedClaim, type VolumeFiles } from "./saved-claim.ts";
import { volumeObjectsIn } from "./volume-objects.ts";

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
