import { beforeEach, describe, expect, test, vi } from "vitest";
import { offsetOf } from "../../../provider/schedules/cadence.ts";
import { UNKNOWN } from "../../../provider/core/values.ts";
import { scheduleIn } from "../../../provider/schemas/workspace-backup.ts";
import type { Inputs } from "../kinds/arbitrary-inputs.ts";
import { checked, declared, replacesOf } from "../kinds/declared.ts";
import { declaredOver } from "../kinds/workspace-backup/workspace.ts";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const check = (changes: Inputs = {}, olds: Inputs = {}) => checked("WorkspaceBackup", changes, olds);
const reach = declared.WorkspaceBackup["reach"] as Record<"east" | "west", Inputs>;
const west = (changes: Inputs) => ({ reach: { ...reach, west: { ...reach.west, ...changes } } });
const north = { ...reach, north: { ...reach.west, connection: { kubeconfig: "kubeconfig of north" } } };
const daily = { schedule: "0 2 * * *" };
const namesIn = ({ inputs }: { inputs: Inputs }) => inputs["objectNames"] as Record<string, string>;

test.each<[Inputs, RegExp]>([
  [{ clusters: [] }, /^clusters: names no cluster; "all" means all of them$/],
  [{ clusters: ["east", "west", "east"] }, /^clusters: names east twice$/],
  [{ clusters: "east" }, /^clusters: must be "all" or a list of keys$/],
  [{ clusters: undefined }, /^clusters: is required$/],
  [{ clusters: ["east", ""] }, /^clusters: must be "all" or a list of keys$/],
  [{ clusters: ["east", 1] }, /^clusters: must be "all" or a list of keys$/],
  [
    {
      reach: {
        east: { ...reach.east, connection: { offline: true } },
        west: { ...reach.west, readOnly: true },
      },
    },
    /^clusters: every cluster of the location is offline or read-only, and none is left$/,
  ],
  [{ parallel: 0 }, /^parallel: must be at least 1$/],
  [{ parallel: 1.5 }, /^parallel: /],
  [{ parallel: "2" }, /^parallel: must be number, not a string$/],
  [{ spread: "1h" }, /^spread: needs a `schedule`, whose runs it spreads$/],
  [{ ...daily, spread: "1d" }, /^spread: "1d" is not a Go duration .*1 days are "24h"$/],
  [
    { schedule: "@every 12h", spread: "1h" },
    /^spread: cannot move "@every 12h" by \d+ minutes?: only five cron fields/,
  ],
  [
    { schedule: "59 23 * * 0", spread: "1h" },
    /^spread: cannot move "59 23 \* \* 0" by .*past midnight its days would be others/,
  ],
  [{ paused: true }, /^paused: needs a `schedule`; without one a single backup is taken now$/],
  [{ ttl: "30d" }, /^ttl: .*30 days are "720h"$/],
  [
    { labelSelector: { matchLabels: { app: "a" } }, orLabelSelectors: [{ matchLabels: { app: "b" } }] },
    /^orLabelSelectors: does not go with labelSelector/,
  ],
  [{ location: {} }, /^location: there is no such property here/],
  [{ adopt: "nightly" }, /^adopt: there is no such property here/],
  [west({ connection: {} }), /^clusters\.west: has no connection/],
  [west({ connection: { kubeconfig: "a", ambient: true } }), /^clusters\.west: /],
  [
    west({ connection: { kubeconfig: "a", context: 7 } }),
    /^clusters\.west\.context: must be string, not a number$/,
  ],
  [
    west({ credentials: { static: { accessKeyId: "a" } } }),
    /^clusters\.west\.credentials\.static\.secretAccessKey: is required$/,
  ],
])("%j is refused, with its path as the program has it and what to do", async (changes, expected) => {
  expect((await check(changes)).failures).toEqual([expect.stringMatching(expected)]);
});

test.each<Inputs>([
  { clusters: ["west"] },
  { clusters: ["west"], ...west({ readOnly: true }) },
  { clusters: ["west"], ...west({ connection: { offline: true } }) },
  west({ connection: { offline: true } }),
  { parallel: 1, ...daily, spread: "45m", paused: true, maxAge: "26h" },
  { ...daily, spread: "0s" },
  { clusters: UNKNOWN, dryRun: true },
  { clusters: ["east", UNKNOWN], dryRun: true },
  { reach: UNKNOWN, dryRun: true },
  { ...west({ connection: UNKNOWN }), dryRun: true },
  { reach: { west: { ...reach.west, connection: { offline: true } }, east: UNKNOWN }, dryRun: true },
  { schedule: UNKNOWN, spread: "1h", dryRun: true },
  { schedule: "@every 12h", spread: UNKNOWN, dryRun: true },
  { parallel: UNKNOWN, dryRun: true },
])("%j is accepted", async (changes) => {
  expect((await check(changes)).failures).toEqual([]);
});

test("all that is wrong is told at once, of each cluster, too", async () => {
  const { failures } = await check({
    reach: { east: { ...reach.east, connection: {} }, west: { ...reach.west, connection: {} } },
    spread: "1h",
    parallel: 0,
    ttl: "x",
  });
  expect(failures.map((each) => each.split(":")[0]).toSorted()).toEqual([
    "clusters.east",
    "clusters.west",
    "parallel",
    "spread",
    "ttl",
  ]);
});

describe("Names", () => {
  test("tell resource and cluster, and differ from cluster to cluster", async () => {
    const { east = "", west: other = "" } = namesIn(await check());
    expect(east).toMatch(/^payments-east-[0-9a-f]{8}$/);
    expect(other).toMatch(/^payments-west-[0-9a-f]{8}$/);
    expect(east.slice(-8)).not.toBe(other.slice(-8));
  });

  test("are those of another process, and of another order", async () => {
    const names = namesIn(await check());
    const { east, west: other } = reach;
    expect(namesIn(await check({ reach: { west: other, east } }))).toEqual(names);
  });

  test("stay whatever other clusters come and go", async () => {
    const first = await check();
    const { north: added, ...others } = namesIn(await check({ reach: north }, first.inputs));
    expect(added).toMatch(/^payments-north-/);
    expect(others).toEqual(namesIn(first));
    const { east } = namesIn(first);
    expect(namesIn(await check({ reach: { east: reach.east } }, first.inputs))).toEqual({ east });
    // Without a state to take them from, too.
    expect(namesIn(await check({ reach: north }))).toEqual({ ...others, north: added });
  });

  test("stay when an alias changes the owner, for whatever is changed with it", async () => {
    const first = await check(daily);
    const renamed = { ...daily, owner: `${String(declared.WorkspaceBackup["owner"])}-renamed` };
    expect(namesIn(await check(renamed, first.inputs))).toEqual(namesIn(first));
    expect(namesIn(await check({ ...renamed, ttl: "24h", reach: north }, first.inputs))).toMatchObject(
      namesIn(first),
    );
    expect(namesIn(await check(renamed))).not.toEqual(namesIn(first));
  });

  test("are others where a Schedule comes or goes, so that old and new can stand side by side", async () => {
    const once = await check();
    const scheduled = await check(daily, once.inputs);
    for (const key of ["east", "west"]) expect(namesIn(scheduled)[key]).not.toBe(namesIn(once)[key]);
    expect(namesIn(await check({ schedule: "0 3 * * *", paused: true }, scheduled.inputs))).toEqual(
      namesIn(scheduled),
    );
    expect(namesIn(await check({ schedule: UNKNOWN, dryRun: true }, scheduled.inputs))).toEqual(
      namesIn(scheduled),
    );
  });
});

describe("A change", () => {
  test.each<[string, Inputs]>([
    ["what is captured", { includedNamespaces: ["shop"] }],
    ["triggers", { triggers: [1] }],
    ["whether it is scheduled", daily],
    [
      "where a cluster's backup lies",
      west({ location: { ...(reach.west["location"] as object), locationName: "other" } }),
    ],
  ])("of %s replaces what was taken once", async (_what, changes) => {
    const { inputs: olds } = await check();
    expect(await replacesOf("WorkspaceBackup", olds, (await check(changes, olds)).inputs)).not.toEqual([]);
  });

  test.each<[string, Inputs]>([
    ["the set of clusters", { clusters: ["east"] }],
    ["what the location has", { reach: north }],
    ["what it has no more", { reach: { east: reach.east } }],
    ["the way to a cluster", west({ connection: { ambient: true } })],
    ["parallel", { parallel: 1 }],
    ["deletionPolicy", { deletionPolicy: "delete" }],
  ])("of %s is an update of what was taken once", async (_what, changes) => {
    const { inputs: olds } = await check();
    expect(await replacesOf("WorkspaceBackup", olds, (await check(changes, olds)).inputs)).toEqual([]);
  });

  test.each<[string, Inputs]>([
    ["what is captured", { ...daily, includedNamespaces: ["shop"] }],
    ["cron, pause and spread", { schedule: "0 3 * * *", paused: true, spread: "1h" }],
    ["triggers", { ...daily, triggers: [1] }],
    [
      "location",
      { ...daily, ...west({ location: { ...(reach.west["location"] as object), locationName: "other" } }) },
    ],
  ])("of %s is an update of schedules", async (_what, changes) => {
    const { inputs: olds } = await check(daily);
    expect(await replacesOf("WorkspaceBackup", olds, (await check(changes, olds)).inputs)).toEqual([]);
  });
});

describe("In a cluster the schedule", () => {
  const spread = declaredOver(["east"], { schedule: "CRON_TZ=Europe/Berlin 0 2 * * *", spread: "1h" });

  test("is the declared one, unless it is spread", () => {
    expect(scheduleIn({ ...spread, spread: undefined }, "east")).toBe(spread.schedule);
    expect(scheduleIn({ ...spread, spread: "0s" }, "east")).toBe(spread.schedule);
    expect(scheduleIn({ ...spread, schedule: undefined }, "east")).toBeUndefined();
  });

  test("is later by less than the spread, by its key alone, and runs as often", () => {
    const times = Array.from({ length: 50 }, (_, index) => `cluster-${index}`).map((key) => {
      const schedule = scheduleIn(spread, key) ?? "";
      expect(
        scheduleIn({ ...spread, ...declaredOver(["another"]), schedule: spread.schedule, spread: "1h" }, key),
      ).toBe(schedule);
      expect(schedule).toMatch(/^CRON_TZ=Europe\/Berlin \d+ 2 \* \* \*$/);
      const minute = Number(schedule.split(" ")[1]);
      expect(minute).toBe(offsetOf(key, 3_600_000));
      return minute;
    });
    expect(Math.max(...times)).toBeLessThan(60);
    // They are indeed apart.
    expect(new Set(times).size).toBeGreaterThan(20);
  });

  test("is the declared one where it cannot be moved, which check has refused", () => {
    expect(scheduleIn({ ...spread, schedule: "@every 12h" }, "east")).toBe("@every 12h");
  });
});

describe("The cadence", () => {
  test("says that it is spread, before how long backups are kept", async () => {
    const { inputs } = await check({ schedule: "CRON_TZ=UTC 0 2 * * *", ttl: "48h", spread: "1h" });
    expect(inputs["cadence"]).toBe(
      "at 02:00 every day, UTC, spread over 1h; kept 48h (2 days): about 2 backups",
    );
    const { inputs: together } = await check({ schedule: "CRON_TZ=UTC 0 2 * * *", ttl: "48h" });
    expect(together["cadence"]).toBe("at 02:00 every day, UTC; kept 48h (2 days): about 2 backups");
  });

  test("is not known before schedule, ttl and spread are, and is nothing without a schedule", async () => {
    for (const unknown of [{ schedule: UNKNOWN }, { ...daily, ttl: UNKNOWN }, { ...daily, spread: UNKNOWN }])
      expect((await check({ ...unknown, dryRun: true })).inputs["cadence"]).toBe(UNKNOWN);
    expect((await check()).inputs).not.toHaveProperty("cadence");
  });
});

test("what is expected of its health is that of its schedule, whatever is offline", async () => {
  expect((await check()).inputs["health"]).toBe("Healthy");
  expect((await check({ ...daily, paused: true })).inputs["health"]).toBe("Paused");
  expect((await check(west({ connection: { offline: true } }))).inputs["health"]).toBe("Healthy");
});
