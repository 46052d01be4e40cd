import type { LockFacts } from "./request-store.ts";

/** Of a bucket's metadata. */
export interface GcpKeeping {
  retentionPolicy?: { retentionPeriod?: number | string | undefined } | null;
  /** Objects may have a retention of their own; Velero's have none. */
  objectRetention?: unknown;
  defaultEventBasedHold?: boolean;
  versioning?: { enabled?: boolean | undefined };
}

const SECONDS_OF_A_DAY = 86_400;

/** How a bucket keeps its objects: the policy is about the object itself unless the bucket keeps versions. */
export function gcpLockIn({
  retentionPolicy,
  objectRetention,
  defaultEventBasedHold = false,
  versioning,
}: GcpKeeping): LockFacts {
  const forbidsOverwriting = versioning?.enabled !== true;
  if (retentionPolicy) {
    const days = Number(retentionPolicy.retentionPeriod) / SECONDS_OF_A_DAY;
    return {
      objectLock: "on",
      retention: { mode: "retention policy", ...(Number.isFinite(days) && { days }), forbidsOverwriting },
    };
  }
  if (defaultEventBasedHold)
    return { objectLock: "on", retention: { mode: "default event-based hold", forbidsOverwriting } };
  return { objectLock: objectRetention ? "on" : "off", retention: "none" };
}
