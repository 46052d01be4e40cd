import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCadence } from "../../../provider/schedules/cadence.ts";
import { readCronFields, splitSchedule, timesOfDay } from "../../../provider/schedules/cron-fields.ts";

const fieldsOf = (schedule: string) => {
  const fields = readCronFields(schedule);
  if (!fields) throw new Error(`${schedule} is not readable`);
  return fields;
};

test.each([
  ["5 * * * *", [5]],
  ["05 * * * *", [5]],
  ["45,0,15,0 * * * *", [0, 15, 45]],
  ["10-13 * * * *", [10, 11, 12, 13]],
  ["*/20 * * * *", [0, 20, 40]],
  ["?/20 * * * *", [0, 20, 40]],
  ["5/20 * * * *", [5, 25, 45]],
  ["10-30/10,59 * * * *", [10, 20, 30, 59]],
])("the minutes of %s are %j", (schedule, minutes) => {
  expect(fieldsOf(schedule).minute.values).toEqual(minutes);
});

test("months and weekdays have names, in whatever case", () => {
  const { month, weekday } = fieldsOf("0 0 * jan,JUL-Sep sun,WED-fri");
  expect(month.values).toEqual([1, 7, 8, 9]);
  expect(weekday.values).toEqual([0, 3, 4, 5]);
});

test("a star says nothing, and with a step it does: so Velero's parser sees it", () => {
  const anyDay = (day: string) => fieldsOf(`0 0 ${day} * *`).day.any;
  expect(["*", "?", "*/1", "*,5"].map(anyDay)).toEqual([true, true, true, true]);
  expect(["*/2", "1-31", "1", "1/1"].map(anyDay)).toEqual([false, false, false, false]);
});

test.each([
  ["@daily", "0 0 * * *"],
  ["@midnight", "0 0 * * *"],
  ["@hourly", "0 * * * *"],
  ["@weekly", "0 0 * * 0"],
  ["@monthly", "0 0 1 * *"],
  ["@yearly", "0 0 1 1 *"],
  ["@annually", "0 0 1 1 *"],
])("%s is spelt out as %s", (nickname, spelt) => {
  const { minute, hour, day, month, weekday } = fieldsOf(nickname);
  expect([minute, hour, day, month, weekday].map(({ text }) => text).join(" ")).toBe(spelt);
});

test("the time zone in front is kept as it stands, and named", () => {
  expect(fieldsOf("CRON_TZ=Europe/Berlin 0 2 * * *")).toMatchObject({
    prefix: "CRON_TZ=Europe/Berlin ",
    timezone: "Europe/Berlin",
  });
  expect(fieldsOf("TZ=UTC @daily")).toMatchObject({ prefix: "TZ=UTC ", timezone: "UTC" });
  expect(fieldsOf("@daily")).toMatchObject({ prefix: "", timezone: undefined });
  expect(splitSchedule("TZ=UTC @every 12h").expression).toBe("@every 12h");
});

test.each(["", "@every 12h", "@reboot", "61 * * * *", "0 2 * * monday", "0 2 * * 8"])(
  "%j has no fields",
  (schedule) => {
    expect(readCronFields(schedule)).toBeUndefined();
  },
);

test("times of day are minutes since midnight", () => {
  expect(timesOfDay(fieldsOf("0,30 2,14 * * *"))).toEqual([120, 150, 840, 870]);
});

test("from midnight on a schedule runs at just the times of day that its fields name", () => {
  fc.assert(
    fc.property(field(59), field(23), fc.nat(3000), (minute, hour, day) => {
      const schedule = `CRON_TZ=UTC ${minute} ${hour} * * *`;
      const cadence = parseCadence(schedule);
      if ("problem" in cadence) return;
      const midnight = Date.UTC(2026, 0, day);
      let run = new Date(midnight - 1);
      for (const time of timesOfDay(fieldsOf(schedule)).slice(0, 20)) {
        run = cadence.next(run) ?? run;
        expect(run.getTime()).toBe(midnight + time * 60_000);
      }
    }),
  );
});

/** What may stand in a field, and some of what may not. */
function field(highest: number): fc.Arbitrary<string> {
  const value = fc.nat(highest);
  const part = fc.oneof(
    fc.constantFrom("*", "?"),
    value.map(String),
    fc.tuple(value, value).map((ends) => ends.join("-")),
    fc.tuple(value, fc.nat(highest + 2)).map(([from, step]) => `${from}/${step}`),
    fc.nat(highest + 2).map((step) => `*/${step}`),
    fc.tuple(value, value, value).map(([from, to, step]) => `${from}-${to}/${step}`),
  );
  return fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(","));
}
