import { beforeEach, describe, expect, test, vi } from "vitest";
import { UNKNOWN } from "../../../provider/core/values.ts";
import { capturedBy, cadenceOf, expectedHealthOf } from "../../../provider/schemas/backup.ts";
import { uniqueName } from "../../sandbox/unique-name.ts";
import { type Inputs, urnOf } from "../kinds/arbitrary-inputs.ts";
import { checked } from "../kinds/declared.ts";
import { state } from "../kinds/backup/state.ts";

let said: string[] = [];
beforeEach(() => {
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});

const check = (declared: Inputs, olds: Inputs = {}) => checked("ClusterBackup", declared, olds);
const daily = { schedule: "CRON_TZ=Europe/Berlin 0 2 * * *", ttl: "720h" };
const IN_WORDS = "at 02:00 every day, Europe/Berlin; kept 720h (30 days): about 30 backups";

describe("What a schedule means", () => {
  test("stands among its inputs in words, so that a preview shows it", async () => {
    const { inputs, failures } = await check(daily);
    expect(failures).toEqual([]);
    expect(inputs).toMatchObject({ ...daily, cadence: IN_WORDS, notices: [] });
  });

  test("is nothing of a backup that is taken once", async () => {
    expect((await check({ ttl: "720h" })).inputs).not.toHaveProperty("cadence");
    const { inputs: olds } = await check(daily);
    expect((await check({ ttl: "720h" }, olds)).inputs).not.toHaveProperty("cadence");
  });

  test("is said anew where schedule or ttl change", async () => {
    const { inputs: olds } = await check(daily);
    const { inputs } = await check({ ...daily, ttl: "48h" }, olds);
    expect(inputs["cadence"]).toBe("at 02:00 every day, Europe/Berlin; kept 48h (2 days): about 2 backups");
  });

  test("stays in the words of its time while nothing changes, whatever a later version would say", async () => {
    const { inputs } = await check(daily);
    const olds = { ...inputs, cadence: "every night", notices: ["ttl: of an older version"] };
    expect((await check(daily, olds)).inputs).toEqual(olds);
    expect(said).toEqual([]);
  });

  test("cannot be set, and is not known before schedule and ttl are", async () => {
    expect((await check({ ...daily, cadence: "whenever" })).inputs["cadence"]).toBe(IN_WORDS);
    for (const unknown of [
      { ...daily, schedule: UNKNOWN },
      { ...daily, ttl: UNKNOWN },
    ])
      expect((await check({ ...unknown, dryRun: true })).inputs).toMatchObject({
        cadence: UNKNOWN,
        notices: [],
      });
  });

  test("and would surprise is told once, and stands at the resource", async () => {
    const name = uniqueName("short");
    const short = { ...daily, owner: urnOf("ClusterBackup", name), ttl: "12h" };
    const surprise =
      "ttl: backups are kept 12h, and up to 24h pass between two of them: for a part of that time there is none";
    const { inputs } = await check(short);
    expect(inputs["notices"]).toEqual([surprise]);
    expect((await check(short, inputs)).inputs).toEqual(inputs);
    expect(said).toEqual([`${name}: ${surprise}`]);
    expect((await check({ ...short, ttl: "720h" }, inputs)).inputs["notices"]).toEqual([]);
  });
});

test.each([
  ["0 2 * *", /^schedule: "0 2 \* \*" has 4 fields; .* Every night at two is "0 2 \* \* \*"/],
  ["@nightly", /^schedule: "@nightly" is none of @yearly, .* Every night at two is/],
  ["@every 1d", /^schedule: after @every, "1d" is not a Go duration/],
  [
    "0 2 * * 8",
    /^schedule: "0 2 \* \* 8" is not a cron expression that Velero takes: weekday: "8" is not within 0 and 7/,
  ],
  ["0 2 30 2 *", /^schedule: "0 2 30 2 \*" names no day that ever comes/],
  [
    "CRON_TZ=Mars/Base 0 2 * * *",
    /^schedule: "CRON_TZ=Mars\/Base 0 2 \* \* \*" names a time zone that does not exist/,
  ],
])("the schedule %j is refused, with one that is right", async (schedule, expected) => {
  expect((await check({ schedule })).failures).toEqual([expect.stringMatching(expected)]);
});

test.each<Inputs>([
  { paused: false },
  { skipImmediately: true },
  { runNow: true },
  { maxAge: "26h" },
  { useOwnerReferencesInBackup: true },
])("%j needs a schedule, whatever it says", async (declared) => {
  const [path] = Object.keys(declared);
  expect((await check(declared)).failures).toEqual([
    `${path}: needs a \`schedule\`; without one a single backup is taken now (cluster "east")`,
  ]);
  for (const schedule of ["@daily", UNKNOWN])
    expect((await check({ ...declared, schedule, dryRun: true })).failures).toEqual([]);
});

test.each<[Inputs, RegExp]>([
  [{ schedule: "@daily", maxAge: "1 day" }, /^maxAge: "1 day" is not a Go duration/],
  [{ schedule: "@daily", paused: "no" }, /^paused: must be boolean, not a string/],
  [{ triggers: "v2" }, /^triggers: must be Array, not a string/],
  [{ deletionPolicy: "keep" }, /^deletionPolicy: must be one of "retain", "delete"/],
  [{ timeouts: { create: "soon" } }, /^timeouts\.create: "soon" is not a Go duration/],
  [{ timeouts: { read: "1h" } }, /^timeouts\.read: there is no such property here/],
])("%j is refused", async (declared, expected) => {
  expect((await check(declared)).failures).toEqual([expect.stringMatching(expected)]);
});

test("what is expected of a backup is that it is healthy, or paused where that is declared", () => {
  expect(expectedHealthOf({ ...state, paused: undefined })).toBe("Healthy");
  expect(expectedHealthOf({ ...state, paused: false })).toBe("Healthy");
  expect(expectedHealthOf({ ...state, paused: true })).toBe("Paused");
});

test("what a backup that was taken cannot become is all of its selection, and its triggers, which are none by default", () => {
  expect(
    capturedBy({ ...state, ttl: "24h", volumes: "none", deletionPolicy: "delete", maxAge: "1h" }),
  ).toEqual({
    ttl: "24h",
    volumes: "none",
    triggers: [],
  });
  expect(capturedBy({ ...state, triggers: [2] })).toEqual({ triggers: [2] });
});

test("without a schedule there is nothing to say of a cadence", () => {
  expect(cadenceOf({ ...state, ttl: "1s" })).toEqual({ notices: [] });
});
