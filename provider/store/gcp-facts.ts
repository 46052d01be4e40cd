import type { LockFacts } from "./request-store.ts";
import type { LifecycleRule } from "../../model/store-facts.ts";

/** The lifecycle in a bucket's metadata. */
interface GcpLifecycle {
  lifecycle?: { rule?: { action?: { type?: string } | string; condition?: object }[] } | null;
}

interface Condition {
  age?: number;
  createdBefore?: Date | string;
  matchesPrefix?: string[];
  isLive?: boolean;
  numNewerVersions?: number;
  daysSinceNoncurrentTime?: number;
  noncurrentTimeBefore?: unknown;
  daysSinceCustomTime?: number;
  customTimeBefore?: unknown;
}

/**
 * Returns the active rules that match live objects such as Velero's. All of Google's storage classes can be read at
 * once.
 */
export function gcpLifecycleIn({ lifecycle }: GcpLifecycle): LifecycleRule[] {
  return (lifecycle?.rule ?? []).flatMap(({ action, condition = {} }) => {
    const type = typeof action === "string" ? action : action?.type;
    if (type?.toLowerCase() !== "delete" || !isAboutLiveObjects(condition)) return [];
    const { age, createdBefore, matchesPrefix = [""] } = condition as Condition;
    return matchesPrefix.map((prefix) => ({
      prefix,
      does: "deletes" as const,
      ...(age !== undefined && { days: age }),
      ...(createdBefore !== undefined && { on: new Date(createdBefore).toISOString().slice(0, 10) }),
    }));
  });
}

/** Velero sets no custom time on objects. */
function isAboutLiveObjects(condition: Condition): boolean {
  return (
    condition.isLive !== false &&
    condition.numNewerVersions === undefined &&
    condition.daysSinceNoncurrentTime === undefined &&
    condition.noncurrentTimeBefore === undefined &&
    condition.daysSinceCustomTime === undefined &&
    condition.customTimeBefore === undefined
  );
}

/** The retention settings in a bucket's metadata. */
interface GcpKeeping {
  retentionPolicy?: { retentionPeriod?: number | string | undefined } | null;
  /** Objects may have their own retention. Velero's have none. */
  objectRetention?: unknown;
  defaultEventBasedHold?: boolean;
  versioning?: { enabled?: boolean | undefined };
}

const SECONDS_OF_A_DAY = 86_400;

/** Returns the lock of a bucket. The policy protects the object itself, unless the bucket keeps versions. */
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
