import type { LockFacts } from "./request-store.ts";

/** Of a container's properties. How long a policy keeps what is there, only Azure's management API tells. */
export interface AzureKeeping {
  hasImmutabilityPolicy?: boolean;
  hasLegalHold?: boolean;
  isImmutableStorageWithVersioningEnabled?: boolean;
}

/** A policy of the container is about the blobs themselves, unless it is one about their versions. */
export function azureLockIn({
  hasImmutabilityPolicy = false,
  hasLegalHold = false,
  isImmutableStorageWithVersioningEnabled = false,
}: AzureKeeping): LockFacts {
  const forbidsOverwriting = !isImmutableStorageWithVersioningEnabled;
  if (hasLegalHold) return { objectLock: "on", retention: { mode: "legal hold", forbidsOverwriting } };
  if (hasImmutabilityPolicy)
    return { objectLock: "on", retention: { mode: "immutability policy", forbidsOverwriting } };
  return { objectLock: isImmutableStorageWithVersioningEnabled ? "on" : "off", retention: "none" };
}
