import { expect, test } from "vitest";
import type { ZoneEvidence } from "../../../../provider/schedules/zone-clock.ts";
import type { Schedule } from "../../../../provider/velero/types.ts";
import { lastRunOf, nextRunOf } from "../../../../provider/rules/time-zones.ts";
import { adviceOnSchedule } from "../../../../provider/kinds/backup/apply-backup.ts";

const utc = { declared: ["UTC"] };
const next = (schedule: string, now: string, evidence: ZoneEvidence = utc) =>
  nextRunOf({ schedule }, evidence, { lastRun: new Date(now), now: new Date(now) });

test("the next run is told where servers of all versions have the same", () => {
  expect(next("0 2 * * *", "2026-11-28T12:00:00Z")).toBe("2026-11-29T02:00:00.000Z");
  expect(next("0 2 * * 7", "2026-11-28T12:00:00Z")).toBe("2026-11-29T02:00:00.000Z");
  expect(
    nextRunOf({ schedule: "0 2 * * *", paused: true }, utc, { lastRun: new Date(), now: new Date() }),
  ).toBeUndefined();
});

test("it is not told where the version of the server decides", () => {
  const berlin = "CRON_TZ=Europe/Berlin 30 2 * * *";
  expect(next(berlin, "2026-03-27T12:00:00Z")).toBe("2026-03-28T01:30:00.000Z");
  // 02:30 does not exist on 29 March: up to 1.18.2 there is no run, and since 1.18.3 one at 03:30.
  expect(next(berlin, "2026-03-28T12:00:00Z")).toBeUndefined();
  expect(next("0 2 1 * 0", "2026-11-23T12:00:00Z")).toBeUndefined();
});

const seenAt = (at: string, offset: number) => ({ seen: { at: Date.parse(at), offset } });
const inTokyo = seenAt("2026-11-22T17:00:00Z", 540);
const NIGHTLY = "0 2 * * *";
const NOON = "2026-11-23T12:00:00Z";
const CHANGE = "2026-03-28T12:00:00Z";
const TOKYO_AT_TWO = "2026-11-23T17:00:00.000Z";

test.each<[string, schedule: string, now: string, ZoneEvidence, string | undefined]>([
  ["as its Deployment says", NIGHTLY, NOON, { declared: ["Asia/Tokyo"] }, TOKYO_AT_TWO],
  ["as its runs show", NIGHTLY, NOON, { declared: [], ...inTokyo }, TOKYO_AT_TWO],
  ["nobody knows where", NIGHTLY, NOON, { declared: [] }, undefined],
  ["which is all one to it", "*/15 * * * *", NOON, { declared: [] }, "2026-11-23T12:15:00.000Z"],
  ["as it names one", "CRON_TZ=UTC 0 2 * * *", NOON, { declared: [] }, "2026-11-24T02:00:00.000Z"],
  ["as it names its own", "CRON_TZ=Local 0 2 * * *", NOON, { declared: ["Asia/Tokyo"] }, TOKYO_AT_TWO],
  ["with an image that may lack zones", NIGHTLY, NOON, { declared: ["Asia/Tokyo", "UTC"] }, undefined],
  [
    "with an image that has zones, as its runs show",
    NIGHTLY,
    NOON,
    { declared: ["Asia/Tokyo", "UTC"], ...inTokyo },
    TOKYO_AT_TWO,
  ],
  ["other than its Deployment says by now", NIGHTLY, NOON, { declared: ["UTC"], ...inTokyo }, undefined],
  [
    "across a change of the clock, as its Deployment says",
    NIGHTLY,
    CHANGE,
    { declared: ["Europe/Lisbon"] },
    "2026-03-29T01:00:00.000Z",
  ],
  [
    "across a change of the clock that some zones make which had its offset",
    "0 5 * * *",
    CHANGE,
    { declared: [], ...seenAt("2026-03-28T05:00:00Z", 0) },
    undefined,
  ],
])("a server's time zone: %s", (_what, schedule, now, evidence, expected) => {
  expect(next(schedule, now, evidence)).toBe(expected);
});

test("a time zone that the server does not know is told as what it is, an image without time zones", () => {
  const refused = "invalid schedule: provided bad location Asia/Tokyo: unknown time zone Asia/Tokyo";
  expect(adviceOnSchedule([refused])).toContain("before 1.18.1");
  expect(adviceOnSchedule(["invalid schedule: expected exactly 5 fields"])).toBe(
    "Mend the property that it names.",
  );
});

test("Velero counts to the next run from the last one that it made or left out, else from the creation", () => {
  const metadata = { name: "nightly", creationTimestamp: "2026-11-01T00:00:00Z" };
  const lastOf = (status: object, newest?: string) =>
    lastRunOf({ metadata, status, spec: { schedule: "", template: {} } } as Schedule, newest).toISOString();
  expect(lastOf({})).toBe("2026-11-01T00:00:00.000Z");
  expect(lastOf({}, "2026-11-02T00:00:00Z")).toBe("2026-11-02T00:00:00.000Z");
  const lastBackup = "2026-11-03T00:00:00Z";
  expect(lastOf({ lastBackup }, "2026-11-04T00:00:00Z"), "an up has made another").toBe(
    "2026-11-03T00:00:00.000Z",
  );
  expect(lastOf({ lastBackup, lastSkipped: "2026-11-05T00:00:00Z" })).toBe("2026-11-05T00:00:00.000Z");
});

test("it is not told where the clock has just skipped it: some servers still run then, and others the next night", () => {
  const [lastRun, now] = [new Date("2024-03-30T01:30:00Z"), new Date("2024-03-31T01:00:01Z")];
  const berlin = { declared: ["Europe/Berlin"] };
  const skipped = { schedule: "30 2 * * *" };
  expect(nextRunOf(skipped, berlin, { lastRun, now })).toBeUndefined();
  expect(nextRunOf(skipped, berlin, { lastRun: now, now }), "as if it had run").toBe(
    "2024-04-01T00:30:00.000Z",
  );
});
