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
  const volumes = JSON.parse(gunzipSync(file).toString("utf8")) as VolumeInfo[] | null;
  return (volumes ?? [])
    .filter(({ skipped, skippedReason = "", result }) =>
      skipped ? !DELIBERATE.test(skippedReason) : result === "failed",
    )
    .map(({ pvcName, pvcNamespace, pvName, skipped, skippedReason }) => ({
      volume: pvcName ? `${pvcNamespace}/${pvcName}` : (pvName ?? "?"),
      reason: skipped ? (skippedReason?.trim() ?? "skipped") : "failed",
    }));
}
