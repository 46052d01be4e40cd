import { gunzipSync } from "node:zlib";

/** One line of a backup's volumeinfo file (velero `internal/volume/volumes_information.go`). */
interface VolumeInfo {
  pvcName?: string;
  pvcNamespace?: string;
  pvName?: string;
  skipped?: boolean;
  skippedReason?: string;
  result?: string;
}

export interface MissedVolume {
  volume: string;
  reason: string;
}

/** Reasons that the user gave: a label, a pod's annotation, a volume policy. */
const DELIBERATE = /exclude-from-backup|opted out|resource polic/i;

/**
 * Volumes that a Completed backup holds no data of, though nobody asked to leave them out: with no snapshot location
 * Velero skips every volume without a warning (velero.md 10.4).
 */
export function missedVolumes(file: Buffer): MissedVolume[] {
  return volumesIn(file)
    .filter(({ skipped, skippedReason = "", result }) =>
      skipped ? !DELIBERATE.test(skippedReason) : result === "failed",
    )
    .map(({ pvcName, pvcNamespace, pvName, skipped, skippedReason }) => ({
      volume: pvcName ? `${pvcNamespace}/${pvcName}` : (pvName ?? "?"),
      reason: skipped ? (skippedReason?.trim() ?? "skipped") : "failed",
    }));
}

/** How many volumes it holds data of. */
export const savedVolumes = (file: Buffer): number => withData(file).length;

/** Names of the persistent volumes that it holds data of. */
export const savedVolumeNames = (file: Buffer): string[] =>
  withData(file).flatMap(({ pvName }) => pvName ?? []);

const withData = (file: Buffer): VolumeInfo[] =>
  volumesIn(file).filter(({ skipped, result }) => !skipped && result !== "failed");

const volumesIn = (file: Buffer): VolumeInfo[] =>
  (JSON.parse(gunzipSync(file).toString("utf8")) as VolumeInfo[] | null) ?? [];
