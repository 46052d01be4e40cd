import { expect, test } from "vitest";
import type { Backup } from "../../../provider/velero/types.ts";
import { newestFirst } from "../../../provider/velero/phases.ts";

const backup = (name: string, status?: Backup["status"], creationTimestamp?: string): Backup => ({
  metadata: { name, ...(creationTimestamp !== undefined && { creationTimestamp }) },
  spec: {},
  ...(status && { status }),
});
const between = (startTimestamp: string, completionTimestamp?: string) => ({
  startTimestamp,
  ...(completionTimestamp !== undefined && { completionTimestamp }),
});

/** The names in their order, which is the same whatever order they come in. */
function order(...backups: Backup[]): string[] {
  const names = newestFirst(backups).map(({ metadata }) => metadata.name);
  expect(newestFirst(backups.toReversed()).map(({ metadata }) => metadata.name)).toEqual(names);
  return names;
}

test("the backup that began last is the newest, whatever the digits in the names say", () => {
  expect(
    order(
      backup("nightly-20261123110000", between("2026-11-23T10:00:00Z", "2026-11-23T13:00:00Z")),
      // Five hours behind UTC: its server is in New York.
      backup("nightly-20261123070000", between("2026-11-23T12:00:00Z", "2026-11-23T12:01:00Z")),
      backup("by-hand", between("2026-11-23T11:00:00Z", "2026-11-23T11:01:00Z")),
    ),
  ).toEqual(["nightly-20261123070000", "by-hand", "nightly-20261123110000"]);
});

test("times with an offset are points in time, and not text", () => {
  expect(
    order(backup("a", between("2026-11-23T13:00:00+02:00")), backup("b", between("2026-11-23T12:00:00Z"))),
  ).toEqual(["b", "a"]);
});

test("of those that began together the one that ended last is the newest, and one that still runs is newer", () => {
  const start = "2026-11-23T02:00:00Z";
  expect(
    order(
      backup("z", between(start, "2026-11-23T02:01:00Z")),
      backup("b", between(start, "2026-11-23T02:02:00Z")),
      backup("a", between(start)),
    ),
  ).toEqual(["a", "b", "z"]);
});

test("of those that are equal in all of this the name decides", () => {
  const same = between("2026-11-23T02:00:00Z", "2026-11-23T02:01:00Z");
  expect(order(backup("a", same), backup("b", same))).toEqual(["b", "a"]);
});

test("a backup that Velero has not begun with is as new as its object", () => {
  expect(
    order(
      backup("waiting", undefined, "2026-11-23T02:30:00Z"),
      backup("begun", between("2026-11-23T02:00:00Z")),
      // An object that was synced from a store is younger than its backup.
      backup("synced", between("2026-11-22T02:00:00Z"), "2026-11-24T00:00:00Z"),
      backup("nothing-known"),
    ),
  ).toEqual(["waiting", "begun", "synced", "nothing-known"]);
});
