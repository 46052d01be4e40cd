import { describe, expect, test } from "vitest";
import { deletionErrors, isStuck } from "../../../provider/rules/judge-single.ts";
import type { BackupSpec, BackupStatus } from "../../../provider/velero/types.ts";
import { backupOf, NOW, requestFor } from "../kinds/backup/state.ts";

const before = (hours: number, minutes = 0): string =>
  new Date(NOW.getTime() - (hours * 60 + minutes) * 60_000).toISOString();
const stuck = (status: BackupStatus, spec: BackupSpec = {}, creationTimestamp?: string): boolean => {
  const backup = backupOf(status, "b", spec);
  return isStuck({ ...backup, metadata: { ...backup.metadata, creationTimestamp } } as typeof backup, NOW);
};

describe("A backup is stuck", () => {
  test("when it runs for longer than Velero's two limits, of four hours each, and not before", () => {
    expect(stuck({ phase: "InProgress", startTimestamp: before(7, 59) })).toBe(false);
    expect(stuck({ phase: "InProgress", startTimestamp: before(8) })).toBe(false);
    expect(stuck({ phase: "InProgress", startTimestamp: before(8, 1) })).toBe(true);
  });

  test("later or earlier, where it says itself how long it may wait for what goes on by itself", () => {
    const running = { phase: "WaitingForPluginOperations", startTimestamp: before(13) };
    expect(stuck(running, { itemOperationTimeout: "10h0m0s" })).toBe(false);
    expect(stuck(running, { itemOperationTimeout: "8h59m" })).toBe(true);
    expect(stuck({ ...running, startTimestamp: before(4, 31) }, { itemOperationTimeout: "30m" })).toBe(true);
  });

  test("that has not begun by when it was created, and is not where nobody knows when that was", () => {
    expect(stuck({ phase: "Queued" }, {}, before(9))).toBe(true);
    expect(stuck({ phase: "Queued" }, {}, before(1))).toBe(false);
    expect(stuck({})).toBe(false);
  });

  test("by when it began, since Velero writes another time of creation when it syncs", () => {
    expect(stuck({ phase: "InProgress", startTimestamp: before(9) }, {}, before(1))).toBe(true);
  });
});

describe("What Velero said to a deletion", () => {
  test("is all that it said to the requests for that very backup", () => {
    const requests = [
      requestFor("b", "locked", "no plugin"),
      requestFor("b2", "other"),
      requestFor("b", "again"),
    ];
    expect(deletionErrors(backupOf({}), requests)).toBe("locked; no plugin; again");
  });

  test("is nothing as long as it may still come right", () => {
    const { metadata, spec } = requestFor("b");
    expect(deletionErrors(backupOf({}), [])).toBeUndefined();
    expect(deletionErrors(backupOf({}), [requestFor("b"), { metadata, spec }])).toBeUndefined();
  });
});
