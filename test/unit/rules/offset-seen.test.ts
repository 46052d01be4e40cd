import { expect, test } from "vitest";
import { offsetSeen } from "../../../provider/rules/time-zones.ts";
import type { Backup, Schedule } from "../../../provider/velero/types.ts";

const LAST = "2026-11-22T17:00:27Z";

const scheduleOf = (name: string, lastBackup?: string): Schedule => ({
  metadata: { name },
  spec: { schedule: "0 2 * * *", template: {} },
  ...(lastBackup === undefined ? {} : { status: { lastBackup } }),
});
const backupOf = (name: string, created: string, started = created): Backup => ({
  metadata: { name, creationTimestamp: created },
  spec: {},
  status: { startTimestamp: started },
});
const seen = (name: string, created = LAST, started = created, last: string | undefined = LAST) =>
  offsetSeen([scheduleOf("nightly", last)], [backupOf(name, created, started)]);
const at = (time: string, offset: number) => ({ at: Date.parse(time), offset });

test.each([
  ["of Tokyo", "nightly-20261123020027", 540],
  ["of Kathmandu", "nightly-20261122224527", 345],
  ["of UTC", "nightly-20261122170027", 0],
  ["of New York", "nightly-20261122120027", -300],
])("The server's clock is %s by the name of its last run", (_zone, name, offset) => {
  expect(seen(name)).toEqual(at(LAST, offset));
});

test("A run that waited in a queue, or whose object has come back from the store, tells it, too", () => {
  expect(seen("nightly-20261123020027", LAST, "2026-11-22T19:00:00Z")).toEqual(at(LAST, 540));
  expect(seen("nightly-20261123020027", "2026-11-25T08:00:00Z", "2026-11-22T17:00:28Z")).toEqual(
    at(LAST, 540),
  );
});

test.each([
  ["that the command line or an up has named, in UTC", "nightly-20261122110313", "2026-11-22T11:03:13Z"],
  ["that fits by chance, of another time", "nightly-20261122080027", "2026-11-22T08:00:27Z"],
  ["of another Schedule", "weekly-20261123020027", LAST],
  ["of no zone on earth", "nightly-20261123080027", LAST],
  ["that somebody has named", "nightly", LAST],
  ["of no day", "nightly-20261399020027", LAST],
])("A Backup %s tells nothing", (_what, name, created) => {
  expect(seen(name, created)).toBeUndefined();
});

test("Without a last run nothing is known, and of several the newest tells", () => {
  expect(seen("nightly-20261123020027", LAST, LAST, "")).toBeUndefined();
  expect(offsetSeen([scheduleOf("nightly")], [backupOf("nightly-20261123020027", LAST)])).toBeUndefined();
  const later = "2026-11-23T02:00:05Z";
  const schedules = [scheduleOf("nightly", LAST), scheduleOf("late-20260101000000", later)];
  const backups = [
    backupOf("nightly-20261123020027", LAST),
    backupOf("late-20260101000000-20261123020005", later),
  ];
  for (const order of [backups, backups.toReversed()])
    expect(offsetSeen(schedules, order)).toEqual(at(later, 0));
});
