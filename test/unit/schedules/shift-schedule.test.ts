import fc from "fast-check";
import { expect, test } from "vitest";
import { type Cadence, parseCadence, shiftSchedule } from "../../../provider/schedules/cadence.ts";
test.each([
  ["0 2 * * *", 90, "30 3 * * *"],
  ["@daily", 7, "7 0 * * *"],
  ["@hourly", 7, "7 * * * *"],
  ["@weekly", 59, "59 0 * * 0"],
  ["@yearly", 60, "0 1 1 1 *"],
  ["TZ=Asia/Tokyo @daily", 7, "TZ=Asia/Tokyo 7 0 * * *"],
  ["CRON_TZ=Europe/Berlin 30 23 * * *", 45, "CRON_TZ=Europe/Berlin 15 0 * * *"],
  ["30 22 * * 0", 45, "15 23 * * 0"],
  ["30 2 1,15 JAN-jun *", 30, "0 3 1,15 JAN-jun *"],
  ["50 * * * *", 20, "10 * * * *"],
  ["0,30 * * * *", 45, "15,45 * * * *"],
  ["0,30 2,14 * * *", 20, "20,50 2,14 * * *"],
  ["0 */6 * * *", 30, "30 */6 * * *"],
  ["0 */6 * * *", 75, "15 1,7,13,19 * * *"],
  ["0 20-23 * * *", 120, "0 0,1,22,23 * * *"],
  ["*/15 * * * *", 7, "7,22,37,52 * * * *"],
  ["*/15 * * * *", 30, "*/15 * * * *"],
  ["* * * * *", 30, "* * * * *"],
  ["0 2 * * *", 1440, "0 2 * * *"],
])("%s, %i minutes later, is %s", (schedule, minutes, later) => {
  expect(shiftSchedule(schedule, minutes)).toEqual({ schedule: later });
});

test.each(["@daily", "@every 12h", "30 23 * * 0", " CRON_TZ=UTC  0 2 * * * ", "soon"])(
  "by nothing at all %j stays as it is",
  (schedule) => {
    expect(shiftSchedule(schedule, 0)).toEqual({ schedule });
  },
);

test.each([
  [
    "30 23 * * 0",
    30,
    "by 30 minutes: past midnight its days would be others; take an earlier time or a shorter spread",
  ],
  ["0 * 1 * *", 60, "past midnight its days would be others"],
  ["59 23 * 6 *", 1, "by 1 minute: past midnight its days would be others"],
  ["@monthly", 1440, "past midnight its days would be others"],
  ["@every 12h", 5, 'only five cron fields can be moved, such as "0 */12 * * *"'],
  [
    "0,30 2 * * *",
    45,
    "no cron expression runs at exactly 02:45 and 03:15; take a single minute, or a shorter spread",
  ],
  ["* 2 * * *", 30, "no cron expression runs at exactly 02:30, 02:31, 02:32 and 57 more"],
  ["0-10 */2 * * *", 55, "no cron expression runs at exactly"],
])(
  "%s cannot be moved by %i minutes, which is said behind a property's path",
  (schedule, minutes, reason) => {
    expect(shiftSchedule(schedule, minutes)).toEqual({ problem: expect.stringContaining(reason) });
    expect(shiftSchedule(schedule, minutes)).toEqual({
      problem: expect.stringMatching(/^cannot move "/),
    });
  },
);

test("what is no schedule is refused in the words of parseCadence", () => {
  expect(shiftSchedule("0 2 * *", 5)).toEqual(parseCadence("0 2 * *"));
});

test("whatever is moved runs later by just that, and what cannot be moved is not what a spread is made for", () => {
  fc.assert(
    fc.property(cron, fc.nat(3000), fc.nat(60 * 24 * 800), ({ text, simple }, minutes, start) => {
      const schedule = `CRON_TZ=UTC ${text}`;
      fc.pre(!("problem" in parseCadence(schedule)));
      const moved = shiftSchedule(schedule, minutes);
      if ("problem" in moved) expect(simple).toBe(false);
      else {
        const [before, after] = [cadence(schedule), cadence(moved.schedule)];
        let run = new Date(Date.UTC(2026, 0, 1) + start * 60_000);
        for (let times = 0; times < 5; times++) {
          const [next, later] = [before.next(run), after.next(plus(run, minutes))];
          expect(later).toEqual(next && plus(next, minutes));
          run = next ?? run;
        }
      }
    }),
    { numRuns: 500 },
  );
});

const plus = (time: Date, minutes: number) => new Date(time.getTime() + minutes * 60_000);

function cadence(schedule: string): Cadence {
  const parsed = parseCadence(schedule);
  if ("problem" in parsed) throw new Error(parsed.problem);
  return parsed;
}

const list = (highest: number) =>
  fc.uniqueArray(fc.nat(highest), { minLength: 1, maxLength: 4 }).map((values) => values.join());

const hour = fc.oneof(
  fc.constant("*"),
  list(23),
  fc.integer({ min: 1, max: 12 }).map((step) => `*/${step}`),
  fc.constantFrom("8-18", "8-18/2", "20/2"),
);

/** `simple`: at one minute of the hour on every day, which can always be moved. */
const cron = fc.oneof(
  fc.tuple(fc.nat(59), hour).map(([minute, hour]) => ({ text: `${minute} ${hour} * * *`, simple: true })),
  fc
    .tuple(
      fc.oneof(list(59), fc.constantFrom("*", "*/5", "*/15", "10-20", "7/20")),
      hour,
      fc.constantFrom("* * *", "? * *", "1 * *", "* * 1-5", "*/2 1-6 *", "29 2 *", "31 2 *", "1 * 0"),
    )
    .map((fields) => ({ text: fields.join(" "), simple: false })),
);
