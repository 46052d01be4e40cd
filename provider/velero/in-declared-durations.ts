import { same } from "../lifecycle/canonical.ts";
import { parseDuration } from "../lifecycle/go-duration.ts";
import type { BackupStorageLocation } from "./types.ts";

const DURATIONS = ["backupSyncPeriod", "validationFrequency"] as const;

/** The live location with the durations that are as long as the declared ones in the declared words: Velero writes `1m` as `1m0s`. */
export function inDeclaredDurations(
  live: BackupStorageLocation,
  { spec: declared }: BackupStorageLocation,
): BackupStorageLocation {
  const spec = { ...live.spec };
  for (const field of DURATIONS) {
    const [theirs, ours] = [spec[field], declared[field]];
    if (theirs !== undefined && ours !== undefined && same(parseDuration(theirs), parseDuration(ours))) {
      spec[field] = ours;
    }
  }
  return { ...live, spec };
}
