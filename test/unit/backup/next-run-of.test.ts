import { expect, test } from "vitest";
import { nextRunOf } from "../../../provider/resources/backup/next-run-of.ts";
import { adviceOn } from "../../../provider/resources/backup/scheduled.ts";

const next = (schedule: string, now: string) => nextRunOf({ schedule }, new Date(now));

test("the next run is told where servers of all versions have the same", () => {
  expect(next("0 2 * * *", "2026-11-28T12:00:00Z")).toBe("2026-11-29T02:00:00.000Z");
  expect(next("0 2 * * 7", "2026-11-28T12:00:00Z")).toBe("2026-11-29T02:00:00.000Z");
  expect(nextRunOf({ schedule: "0 2 * * *", paused: true }, new Date())).toBeUndefined();
});

test("it is not told where the version of the server decides", () => {
  const berlin = "CRON_TZ=Europe/Berlin 30 2 * * *";
  expect(next(berlin, "2026-03-27T12:00:00Z")).toBe("2026-03-28T01:30:00.000Z");
  // 02:30 does not exist on 29 March: up to 1.18.2 there is no run, and since 1.18.3 one at 03:30.
  expect(next(berlin, "2026-03-28T12:00:00Z")).toBeUndefined();
  expect(next("0 2 1 * 0", "2026-11-23T12:00:00Z")).toBeUndefined();
});

test("a time zone that the server does not know is told as what it is, an image without time zones", () => {
  const refused = "invalid schedule: provided bad location Asia/Tokyo: unknown time zone Asia/Tokyo";
  expect(adviceOn([refused])).toContain("before 1.18.1");
  expect(adviceOn(["invalid schedule: expected exactly 5 fields"])).toBe("Mend the property that it names.");
});
