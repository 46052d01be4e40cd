import { describe, expect, test } from "vitest";
import { azureLockIn } from "../../../provider/store/azure.ts";
import { gcpLifecycleIn, gcpLockIn } from "../../../provider/store/gcp.ts";

describe("A bucket of Google's", () => {
  const deleting = (condition: object) =>
    gcpLifecycleIn({ lifecycle: { rule: [{ action: { type: "Delete" }, condition }] } });

  test("deletes by age, everything or below prefixes", () => {
    expect(deleting({ age: 30 })).toEqual([{ prefix: "", does: "deletes", days: 30 }]);
    expect(deleting({ age: 30, matchesPrefix: ["east/", "west/"] })).toEqual([
      { prefix: "east/", does: "deletes", days: 30 },
      { prefix: "west/", does: "deletes", days: 30 },
    ]);
    expect(deleting({ createdBefore: "2027-01-01" })).toEqual([
      { prefix: "", does: "deletes", on: "2027-01-01" },
    ]);
  });

  test.each([
    { isLive: false },
    { numNewerVersions: 3 },
    { daysSinceNoncurrentTime: 7 },
    { daysSinceCustomTime: 7 },
  ])("does no harm by a rule that is not about live objects of Velero's: %o", (condition) => {
    expect(deleting({ age: 1, ...condition })).toEqual([]);
  });

  test("can be read at once in every storage class", () => {
    const rule = [{ action: { type: "SetStorageClass", storageClass: "ARCHIVE" }, condition: { age: 30 } }];
    expect(gcpLifecycleIn({ lifecycle: { rule } })).toEqual([]);
    expect(gcpLifecycleIn({})).toEqual([]);
  });

  test("keeps objects by a policy in seconds, or by a hold, from being overwritten unless it keeps versions", () => {
    expect(gcpLockIn({ retentionPolicy: { retentionPeriod: "1209600" } })).toEqual({
      objectLock: "on",
      retention: { mode: "retention policy", days: 14, forbidsOverwriting: true },
    });
    expect(gcpLockIn({ defaultEventBasedHold: true })).toMatchObject({
      retention: { mode: "default event-based hold", forbidsOverwriting: true },
    });
    expect(
      gcpLockIn({ retentionPolicy: { retentionPeriod: 3600 }, versioning: { enabled: true } }),
    ).toMatchObject({ retention: { forbidsOverwriting: false } });
    expect(gcpLockIn({ objectRetention: { mode: "Enabled" } })).toEqual({
      objectLock: "on",
      retention: "none",
    });
    expect(gcpLockIn({ retentionPolicy: null })).toEqual({ objectLock: "off", retention: "none" });
  });
});

test("A container of Azure's keeps blobs by a policy or a hold, from being overwritten unless it is about versions", () => {
  expect(azureLockIn({})).toEqual({ objectLock: "off", retention: "none" });
  expect(azureLockIn({ hasImmutabilityPolicy: true })).toMatchObject({
    objectLock: "on",
    retention: { mode: "immutability policy", forbidsOverwriting: true },
  });
  expect(azureLockIn({ hasLegalHold: true })).toMatchObject({ retention: { mode: "legal hold" } });
  expect(
    azureLockIn({ hasImmutabilityPolicy: true, isImmutableStorageWithVersioningEnabled: true }),
  ).toMatchObject({ retention: { forbidsOverwriting: false } });
});
