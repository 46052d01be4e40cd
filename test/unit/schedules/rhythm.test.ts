import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCadence } from "../../../provider/schedules/cadence.ts";
import { rhythmOf } from "../../../provider/schedules/describe-cadence.ts";

const HOUR_MS = 3_600_000;

const hoursOf = (schedule: string) => {
  const rhythm = rhythmOf(schedule);
  if (!rhythm) throw new Error(`${schedule} is not readable`);
  return { longest: rhythm.longestGapMs / HOUR_MS, mean: rhythm.meanGapMs / HOUR_MS };
};

test.each([
  ["* * * * *", 1 / 60, 1 / 60],
  ["*/15 * * * *", 0.25, 0.25],
  ["0,10 * * * *", 50 / 60, 0.5],
  ["0 * * * *", 1, 1],
  ["0 */6 * * *", 6, 6],
  ["0 */5 * * *", 5, 24 / 5],
  ["0 2 * * *", 24, 24],
  ["CRON_TZ=Europe/Berlin 0 12 * * *", 25, 24],
  ["CRON_TZ=Asia/Tokyo 0 12 * * *", 24, 24],
  ["CRON_TZ=Africa/Cairo 0 0 * * *", 47, 24],
  ["0 2,4 * * *", 22, 12],
  ["* 8-18 * * 1-5", 61 + 1 / 60, (7 / 5 / 660) * 24],
  ["0 0 * * 0", 7 * 24, 7 * 24],
  ["0 0 1,15 * *", 17 * 24, (365.25 / 24) * 24],
  ["@monthly", 31 * 24, (365.25 / 12) * 24],
  ["0 0 31 * *", 61 * 24, (365.25 / 7) * 24],
  ["0 0 1 */2 *", 62 * 24, (365.25 / 6) * 24],
  ["@yearly", 366 * 24, 365.25 * 24],
  ["0 0 29 2 *", 1461 * 24, 1461 * 24],
  ["@every 12h", 12, 12],
  ["TZ=UTC @every 90s", 0.025, 0.025],
])("%s: at most %f hours from one run to the next, %f on average", (schedule, longest, mean) => {
  expect(hoursOf(schedule).longest).toBeCloseTo(longest, 9);
  expect(hoursOf(schedule).mean).toBeCloseTo(mean, 9);
});

test.each(["", "soon", "0 2 * *", "@every 1d", "@reboot", "0 0 31 2,4 *"])(
  "%j is no schedule, and has no rhythm",
  (schedule) => {
    expect(rhythmOf(schedule)).toBeUndefined();
  },
);

test("it is what one sees who waits for the runs of some weeks", () => {
  const list = (highest: number) =>
    fc.uniqueArray(fc.nat(highest), { minLength: 1, maxLength: 3 }).map((values) => values.join());
  fc.assert(
    fc.property(list(59), list(23), fc.oneof(fc.constant("*"), list(6)), (minute, hour, weekday) => {
      const schedule = `CRON_TZ=UTC ${minute} ${hour} * * ${weekday}`;
      const seen = gapsOf(schedule, 70);
      expect(Math.max(...seen)).toBe(rhythmOf(schedule)?.longestGapMs);
    }),
  );
});

test("no two runs are farther apart, whatever days they are on", () => {
  const days = fc.uniqueArray(fc.integer({ min: 1, max: 31 }), { minLength: 1, maxLength: 4 });
  const months = fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 });
  const weekdays = fc.oneof(fc.constant("*"), fc.nat(6).map(String));
  fc.assert(
    fc.property(days, months, weekdays, (day, month, weekday) => {
      const schedule = `CRON_TZ=UTC 0 0 ${day.join()} ${month.join()} ${weekday}`;
      const rhythm = rhythmOf(schedule);
      fc.pre(rhythm !== undefined);
      const { longestGapMs } = rhythm!;
      for (const gap of gapsOf(schedule, 30)) expect(gap).toBeLessThanOrEqual(longestGapMs);
    }),
  );
});

/** What really passes between the next runs. */
function gapsOf(schedule: string, most: number): number[] {
  const cadence = parseCadence(schedule);
  if ("problem" in cadence) throw new Error(cadence.problem);
  const gaps: number[] = [];
  let run = cadence.next(new Date("2026-11-23T00:00:00Z"));
  // 2100 is no leap year, which the days of a schedule do not know.
  while (run && gaps.length < most && run.getUTCFullYear() < 2060) {
    const next = cadence.next(run);
    if (next) gaps.push(next.getTime() - run.getTime());
    run = next;
  }
  return gaps;
}
