import type { VolumeFiles } from "./saved-claim.ts";

/** Volumes of pods that are no claims (emptyDir and the like), and whose file copy failed: `scratch of pod shop/web`. */
export const failedScratch = ({ lines }: VolumeFiles): string[] =>
  lines
    .filter(
      ({ pvcName, pvName, result, pvbInfo }) =>
        pvcName === undefined && pvName === undefined && pvbInfo !== undefined && result === "failed",
    )
    .map(({ pvbInfo }) => `${pvbInfo?.volumeName} of pod ${pvbInfo?.podNamespace}/${pvbInfo?.podName}`);
