import fc from "fast-check";
import { expect, test } from "vitest";
import { type Cadence, missedRuns, parseCadence } from "../../../provider/schedules/cadence.ts";

function cadence(schedule: string): Cadence {
  const parsed = parseCadence(schedule);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed;
}

const next = (schedule: string, after: string) => cadence(schedule).next(new Date(after))?.toISOString();

test.each([
  ["0 2 * * *", "2026-11-23T02:00:00Z", "2026-11-24T02:00:00.000Z"],
  ["*/15 * * * *", "2026-11-23T02:01:00Z", "2026-11-23T02:15:00.000Z"],
  ["5/20 * * * *", "2026-11-23T02:06:00Z", "2026-11-23T02:25:00.000Z"],
  ["0 0 1,15 * *", "2026-11-02T00:00:00Z", "2026-11-15T00:00:00.000Z"],
  ["0 0 * * sun", "2026-11-23T00:00:00Z", "2026-11-29T00:00:00.000Z"],
  ["0 0 * JUL WED", "2026-06-30T12:00:00Z", "2026-07-01T00:00:00.000Z"],
  ["0 0 1 * 0", "2026-11-23T00:00:00Z", "2027-08-01T00:00:00.000Z"],
  ["0 2 ? * ?", "2026-11-23T03:00:00Z", "2026-11-24T02:00:00.000Z"],
  ["0 2 * * 7", "2026-11-23T03:00:00Z", "2026-11-29T02:00:00.000Z"],
  ["0 2 * * fri-mon", "2026-11-23T03:00:00Z", "2026-11-27T02:00:00.000Z"],
  ["0 22-2/2 * * *", "2026-11-23T22:00:00Z", "2026-11-24T00:00:00.000Z"],
  ['CRON_TZ="Asia/Tokyo" 0 2 * * *', "2026-11-23T02:00:00Z", "2026-11-23T17:00:00.000Z"],
  ["@daily", "2026-11-23T02:00:00Z", "2026-11-24T00:00:00.000Z"],
  ["@hourly", "2026-11-23T02:10:00Z", "2026-11-23T03:00:00.000Z"],
  ["@every 1h30m", "2026-11-23T02:00:00Z", "2026-11-23T03:30:00.000Z"],
  ["CRON_TZ=Europe/Berlin 0 2 * * *", "2026-11-23T02:00:00Z", "2026-11-24T01:00:00.000Z"],
  ["TZ=Asia/Tokyo 0 2 * * *", "2026-11-23T02:00:00Z", "2026-11-23T17:00:00.000Z"],
])("%s runs next after %s at %s", (schedule, after, expected) => {
  expect(next(schedule, after.replace("Z", ".000Z"))).toBe(expected);
});

test.each([
  ["", "has 0 fields"],
  ["0 2 * *", "has 4 fields"],
  ["0 0 2 * * *", "has 6 fields"],
  ["0 2 * * 8", "is not within 0 and 7"],
  ["*/60 * * * *", "longer than its range"],
  [", 2 * * *", "names no time at all"],
  ["0 2 29 2 1", "more than five years apart"],
  ["CRON_TZ=Europe/Berlin", "names a time zone and no time"],
  ["CRON_TZ=europe/berlin 0 2 * * *", "does not exist"],
  ["CRON_TZ=+01:00 0 2 * * *", "does not exist"],
  ["TZ= 0 2 * * *", "does not exist"],
  [" @daily", "has 1 field;"],
  ["@manual", "is none of @yearly"],
  ["0 2 L * *", "uses L, W, # or H"],
  ["0 2 l * *", "uses L, W, # or H"],
  ["0 2 15w * *", "uses L, W, # or H"],
  ["0 2 * * 1#2", "uses L, W, # or H"],
  ["/5 * * * *", "step without a range"],
  ["61 * * * *", "is not a cron expression"],
  ["0 2 * 13 *", "is not a cron expression"],
  ["soon", "has 1 field;"],
  ["@Daily", "is none of @yearly"],
  ["@reboot", "is none of @yearly"],
  ["@every", "is none of @yearly"],
  ["@every 1d", '1 days are "24h"'],
  ["@every 10ms", "less than a second"],
  ["CRON_TZ=Europe/Berln 0 2 * * *", "Europe/Berln"],
  ["0 0 31 2 *", "names no day that ever comes"],
])("%j is refused as Velero would refuse it, with a reason", (schedule, reason) => {
  expect(parseCadence(schedule)).toEqual({ problem: expect.stringContaining(reason) });
});

test("never throws and always goes forward, whatever the text", () => {
  const field = fc.oneof(
    fc.constantFrom("*", "*/5", "1", "7", "1-3", "L", "sun", "?", "", "99", "1,2", "a"),
    fc.string({ maxLength: 4 }),
  );
  fc.assert(
    fc.property(
      fc.array(field, { maxLength: 7 }),
      fc.date({ min: new Date(0), max: new Date("2200"), noInvalidDate: true }),
      (fields, after) => {
        const parsed = parseCadence(fields.join(" "));
        if ("problem" in parsed) expect(parsed.problem).not.toBe("");
        else expect(parsed.next(after)?.getTime() ?? Infinity).toBeGreaterThan(after.getTime());
      },
    ),
  );
});

test("counts runs that were due and are overdue by more than the grace, no further than asked", () => {
  const [daily, since] = [cadence("0 2 * * *"), new Date("2026-11-20T02:00:05Z")];
  const missed = (now: string, most = 10) => missedRuns(daily, since, new Date(now), 600_000, most);
  expect(missed("2026-11-21T01:00:00Z")).toBe(0);
  expect(missed("2026-11-21T02:09:00Z")).toBe(0);
  expect(missed("2026-11-21T02:11:00Z")).toBe(1);
  expect(missed("2026-11-23T12:00:00Z")).toBe(3);
  expect(missed("2036-11-23T12:00:00Z", 2)).toBe(2);
});
