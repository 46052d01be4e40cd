import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { describeCadence } from "../../../provider/schedules/describe-cadence.ts";

const words = (schedule: string, ttl?: string) => describeCadence(schedule, ttl).words;
const when = (schedule: string) => words(schedule).split("; ")[0];
const kept = (schedule: string, ttl: string) => words(schedule, ttl).split("; ")[1];
const notices = (schedule: string, ttl?: string) => describeCadence(schedule, ttl).notices;

test("says when it runs, where that is meant, how long backups are kept, and how many there will be", () => {
  expect(describeCadence("CRON_TZ=Europe/Berlin 0 2 * * *", "720h")).toEqual({
    words: "at 02:00 every day, Europe/Berlin; kept 720h (30 days): about 30 backups",
    notices: [],
  });
});

test("without a ttl it names Velero's default, which the server may have changed", () => {
  expect(words("@every 12h")).toBe(
    "every 12h; kept for Velero's default, 720h unless its server says otherwise",
  );
});

test.each([
  ["0 2 * * *", "at 02:00 every day, in the time zone of Velero's server"],
  ["CRON_TZ=Local 0 2 * * *", "at 02:00 every day, in the time zone of Velero's server"],
  ["TZ=Asia/Tokyo @daily", "at 00:00 every day, Asia/Tokyo"],
  ["CRON_TZ=UTC 0 2,14 * * *", "at 02:00 and 14:00 every day, UTC"],
  ["CRON_TZ=UTC 0 0 * * sun", "at 00:00, only on Sunday, UTC"],
  ["CRON_TZ=UTC 0 0 1,15 * *", "at 00:00, on day 1 and 15 of the month, UTC"],
  ["CRON_TZ=UTC 0 0 1 */2 *", "at 00:00, on day 1 of the month, every 2 months, UTC"],
  ["CRON_TZ=UTC 0 */6 * * *", "on the hour, every 6 hours, UTC"],
  ["@hourly", "every hour"],
  ["0 ? * * *", "every hour"],
  ["*/15 * * * *", "every 15 minutes"],
  ["CRON_TZ=Asia/Kolkata 30 * * * *", "at 30 minutes past the hour, Asia/Kolkata"],
  ["CRON_TZ=Europe/Berlin @every 1h30m", "every 1h30m"],
])("%s in words: %s", (schedule, expected) => {
  expect(when(schedule)).toBe(expected);
});

test.each([
  ["0 * * * *", "36h", "kept 36h: about 36 backups"],
  ["0 2 * * *", "48h", "kept 48h (2 days): about 2 backups"],
  ["0 2 * * *", "30h", "kept 30h: about 1 backup"],
  ["0 2 * * *", "12h", "kept 12h: at most 1 backup"],
  ["@monthly", "8760h", "kept 8760h (365 days): about 12 backups"],
  ["* 8-18 * * 1-5", "168h", "kept 168h (7 days): about 3300 backups"],
])("of %s with a ttl of %s: %s", (schedule, ttl, expected) => {
  expect(kept(schedule, ttl)).toBe(expected);
});

test.each(["30d", "0", ""])("of a ttl of %j, which the schema complains of, nothing is said", (ttl) => {
  expect(describeCadence("@hourly", ttl)).toEqual({ words: "every hour", notices: [] });
});

test("warns of a ttl that is over before the next backup comes", () => {
  expect(notices("0 2 * * *", "12h")).toEqual([
    "ttl: backups are kept 12h, and up to 24h pass between two of them: for a part of that time there is none",
  ]);
  expect(notices("0 8-18 * * 1-5", "24h")[0]).toContain("up to 62h pass");
  expect(notices("@every 1h30m", "1h")[0]).toContain("up to 1h30m pass");
  expect(notices("0 0 * * 0", "167h59m")[0]).toContain("up to 168h (7 days) pass");
  expect(notices("0 0 * * 0", "168h")).toEqual([]);
});

test("warns of Velero's default, too, where backups are rarer", () => {
  expect(notices("@monthly")).toEqual([
    "ttl: Velero keeps backups 720h unless its server says otherwise, and up to 744h (31 days) pass between two of " +
      "them: for a part of that time there is none",
  ]);
  expect(notices("0 0 1,15 * *")).toEqual([]);
});

test("with days of the month and weekdays it depends on the server how often it runs, so nothing is counted", () => {
  expect(kept("0 0 1 * 1", "12h")).toBe("kept 12h");
  expect(notices("0 0 1 * 1", "12h")).toEqual([
    "schedule: names days of the month (1) and weekdays (1): up to 1.18.2 Velero runs on either, " +
      "since 1.18.3 only on days that are both; make one of them *",
  ]);
  expect(notices("0 0 */2 * 1", "720h")[0]).toContain("days of the month (*/2)");
  expect(notices("0 0 ? * 1", "720h")).toEqual([]);
});

test.each(["", "soon", "0 2 * *", "@every 1d", "61 * * * *", "04da6b54-80e4-46f7-96ec-b56ff0331ba9"])(
  "of %j, which is no schedule, nothing is said",
  (schedule) => {
    expect(describeCadence(schedule, "720h")).toEqual({ words: "", notices: [] });
  },
);

test("never throws, and begins in lower case without a stop at its end", () => {
  const field = fc.constantFrom(
    "*",
    "?",
    "*/5",
    "1",
    "2-4",
    "1-5/2",
    "3/2",
    "1,3",
    "0",
    "sun",
    "jul",
    "05",
    "*/1",
  );
  const ttl = fc.option(fc.constantFrom("720h", "1h", "30m", "0", "30d"), { nil: undefined });
  fc.assert(
    fc.property(fc.array(field, { minLength: 5, maxLength: 5 }), ttl, (fields, ttl) => {
      const { words } = describeCadence(fields.join(" "), ttl);
      expect(words).toMatch(/^$|^[a-z].*[^.\s]$/);
    }),
  );
});

test("it is the same on a machine in another time zone", () => {
  const all = () =>
    ["0 2 * * *", "@daily", "CRON_TZ=Europe/Berlin 30 2 * * *", "0 0 1 * *", "@every 25h"].map((schedule) =>
      describeCadence(schedule, "24h"),
    );
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const described = ["UTC", "Pacific/Auckland", "America/New_York"].map((timezone) => {
    vi.stubEnv("TZ", timezone);
    return { midnight: new Date(2026, 6, 1).toISOString(), text: JSON.stringify(all()) };
  });
  expect(new Set(described.map(({ midnight }) => midnight)).size).toBe(3);
  expect(new Set(described.map(({ text }) => text)).size).toBe(1);
});

test("a schedule of every minute whose backups are kept for a year costs milliseconds", () => {
  describeCadence("* * * * *", "8760h");
  const began = performance.now();
  for (let times = 0; times < 10; times++) describeCadence("* * * * *", "8760h");
  expect((performance.now() - began) / 10).toBeLessThan(50);
});

test("a day of 25 hours is longer than a ttl and a maxAge of 24", () => {
  const [ttl, maxAge, ...more] = describeCadence("CRON_TZ=Europe/Berlin 0 12 * * *", "24h", "24h").notices;
  expect(more).toEqual([]);
  expect(ttl).toContain("up to 25h pass");
  expect(maxAge).toMatch(/^maxAge: is 24h, and up to 25h pass/);
  expect(describeCadence("CRON_TZ=Europe/Berlin 0 12 * * *", "25h", "25h").notices).toEqual([]);
  expect(describeCadence("CRON_TZ=Asia/Tokyo 0 12 * * *", "24h", "24h").notices).toEqual([]);
});

test("a midnight that a clock leaves out costs a night", () => {
  expect(describeCadence("CRON_TZ=Africa/Cairo @daily", "30h").notices[0]).toContain("up to 47h pass");
});

test("a weekday's step that means other days for older servers is told", () => {
  expect(describeCadence("0 2 * * 1/2", "720h").notices).toEqual([
    "schedule: weekday 1/2 is 1,3,5 up to Velero 1.18.2, and 0,1,3,5 since 1.18.3; name the weekdays one by one",
  ]);
});
