import { expectWay, type VolumeWish } from "./expect-way.ts";
import type { Fate, Missed } from "./fate.ts";
import type { JudgedClaim } from "./judge-claims.ts";
import { snapshotObstacle, type SnapshotMeans } from "./snapshot-obstacle.ts";
import { claimName, type VolumeObjects } from "./volume-objects.ts";

/** The means of a cluster and its Velero to save volumes; undefined is what cannot be seen. */
export interface Means extends SnapshotMeans {
  nodeAgent?: boolean | undefined;
}

/** Tells of each claim what would become of its data if the backup were taken now. */
export function predictClaims(objects: VolumeObjects, wish: VolumeWish, means: Means): JudgedClaim[] {
  const volumes = new Map(objects.volumes.map((volume) => [volume.metadata.name, volume]));
  const moves = wish.switches.snapshotMoveData === true;
  return objects.claims.map((claim) => {
    const volume = volumes.get(claim.spec?.volumeName ?? "");
    const way = expectWay(claim, { pods: objects.pods, volume }, wish);
    return { claim: claimName(claim), fate: fateOf() };

    function fateOf(): Fate {
      switch (way.fate) {
        case "copied":
          return means.nodeAgent === false ? NO_NODE_AGENT : { fate: "saved", method: "fileCopy" };
        case "snapshotted": {
          const obstacle = snapshotObstacle(claim, volume, means);
          if (obstacle) return way.instead ?? obstacle;
          if (!moves) return { fate: "saved", method: "snapshot" };
          return means.nodeAgent === false ? NO_NODE_AGENT : { fate: "saved", method: "moveData" };
        }
        default:
          return way;
      }
    }
  });
}

const NO_NODE_AGENT: Missed = {
  fate: "missed",
  why: "no node agent runs that would copy it",
  todo: "Install Velero's node agent (`velero install --use-node-agent`, or the chart's `deployNodeAgent: true`).",
};
