import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCadence } from "../../../provider/schedules/cadence.ts";
import { schedules } from "../../../sdk/schedules.ts";

const { hourly, daily, weekly, biweekly, monthly, bimonthly } = schedules;

test.each([
  ["hourly", hourly(), "0 * * * *"],
  ["daily", daily(), "0 0 * * *"],
  ["weekly", weekly(), "0 0 * * 0"],
  ["biweekly", biweekly(), "0 0 1,15 * *"],
  ["monthly", monthly(), "0 0 1 * *"],
  ["bimonthly", bimonthly(), "0 0 1 */2 *"],
])("%s runs at the full hour or at midnight, in no time zone, unless told otherwise", (_name, made, cron) => {
  expect(made).toBe(cron);
});

test.each([
  [hourly({ at: ":05" }), "5 * * * *"],
  [hourly({ at: ":59", timezone: "Asia/Kolkata" }), "CRON_TZ=Asia/Kolkata 59 * * * *"],
  [daily({ at: "02:00", timezone: "Europe/Berlin" }), "CRON_TZ=Europe/Berlin 0 2 * * *"],
  [weekly({ at: "22:30" }), "30 22 * * 0"],
  [biweekly({ at: "23:59" }), "59 23 1,15 * *"],
  [monthly({ timezone: "UTC" }), "CRON_TZ=UTC 0 0 1 * *"],
  [bimonthly({ at: "09:08" }), "8 9 1 */2 *"],
])("time and time zone go into Velero's text: %s", (made, cron) => {
  expect(made).toBe(cron);
});

test.each(["25:00", "24:00", "02:60", "2:00", "02:00:00", " 02:00", "02:00 ", "٠٢:٠٠", "2am", ""])(
  "%j is no time of day, which is said at once",
  (at) => {
    expect(() => daily({ at: at as "02:00" })).toThrow(
      `schedules.daily: \`at\` is ${JSON.stringify(at)}, and must be a time from "00:00" to "23:59".`,
    );
  },
);

test.each([":60", ":5", "05", "02:00", ":"])("%j is no minute of an hour, which is said at once", (at) => {
  expect(() => hourly({ at: at as ":05" })).toThrow(
    `schedules.hourly: \`at\` is ${JSON.stringify(at)}, and must be a minute from ":00" to ":59".`,
  );
});

test("a time that cannot be one does not compile", () => {
  // @ts-expect-error
  expect(() => daily({ at: "two" })).toThrow("schedules.daily");
  // @ts-expect-error
  expect(() => hourly({ at: "05" })).toThrow("schedules.hourly");
  // @ts-expect-error
  expect(() => weekly({ at: 2 })).toThrow("`at` is 2, and must be");
});

test.each(["Europe/Berln", "", "Berlin", "CET ", "+02:00", "PST", "EST", "Local", "us/eastern", "UTC\n* *"])(
  "%j is no time zone that Velero's server would find",
  (timezone) => {
    expect(() => weekly({ timezone })).toThrow(
      `schedules.weekly: \`timezone\` is ${JSON.stringify(timezone)}, and must be an IANA name such as ` +
        '"Europe/Berlin", or "UTC".',
    );
  },
);

test("a time zone in the wrong case is told how it is spelt, since Velero's server minds it", () => {
  expect(() => hourly({ timezone: "europe/BERLIN" })).toThrow('this one is spelt "Europe/Berlin".');
  expect(() => hourly({ timezone: "utc" })).toThrow('this one is spelt "UTC".');
});

test.each([
  "Asia/Calcutta",
  "Asia/Kolkata",
  "Europe/Kiev",
  "Etc/GMT+5",
  "US/Eastern",
  "America/Port-au-Prince",
])("%s is taken, old name or new", (timezone) => {
  expect(daily({ timezone })).toBe(`CRON_TZ=${timezone} 0 0 * * *`);
});

test("every preset at every time in every time zone is a schedule, and its next run shows that time there", () => {
  const presets = fc.constantFrom(daily, weekly, biweekly, monthly, bimonthly);
  const timezones = fc.constantFrom(...Intl.supportedValuesOf("timeZone"));
  fc.assert(
    fc.property(presets, fc.nat(23), fc.nat(59), timezones, (preset, hour, minute, timezone) => {
      const at = `${twoDigits(hour)}:${twoDigits(minute)}` as const;
      const cadence = parseCadence(preset({ at: at as "02:00", timezone }));
      if ("problem" in cadence) throw new Error(cadence.problem);
      // No clocks are changed on these days.
      const next = cadence.next(new Date("2026-01-02T12:00:00Z"));
      const clock = { timeZone: timezone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
      expect(next?.toLocaleTimeString("en", clock)).toBe(at);
    }),
  );
});

const twoDigits = (value: number) => String(value).padStart(2, "0");
