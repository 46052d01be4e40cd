import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  scheduleIn,
  type WorkspaceBackupInputs,
} from "../../../provider/resources/workspace-backup/inputs.ts";
import type { Part, WorkspaceBackupOutputs } from "../../../provider/resources/workspace-backup/parts.ts";
import { type Act, planParts } from "../../../provider/resources/workspace-backup/plan-parts.ts";
import { declaredOver, goodPart, reachOf, settled } from "./workspace.ts";

const KEYS = ["east", "west", "south"];
const all = declaredOver(KEYS);
const named = declaredOver(KEYS, { clusters: KEYS });
const nightly = declaredOver(KEYS, { schedule: "0 2 * * *" });

const planned = (
  before: WorkspaceBackupOutputs | undefined,
  news: WorkspaceBackupInputs,
): Record<string, Act> => Object.fromEntries(planParts(before, news));
const each = (act: Act, keys = KEYS): Record<string, Act> =>
  Object.fromEntries(keys.map((key) => [key, act]));

/** The same declaration, with one cluster as it is not any more, or not reached in this way. */
const withReach = (
  inputs: WorkspaceBackupInputs,
  key: string,
  changes: Parameters<typeof reachOf>[1],
): WorkspaceBackupInputs => ({
  ...inputs,
  reach: { ...inputs.reach, [key]: reachOf(key, changes) },
});
const without = (inputs: WorkspaceBackupInputs, key: string): WorkspaceBackupInputs => ({
  ...inputs,
  clusters: inputs.clusters === "all" ? "all" : inputs.clusters.filter((each) => each !== key),
  reach: Object.fromEntries(Object.entries(inputs.reach).filter(([each]) => each !== key)),
});
const withPart = (
  state: WorkspaceBackupOutputs,
  key: string,
  changes: Partial<Part>,
): WorkspaceBackupOutputs => ({
  ...state,
  byCluster: { ...state.byCluster, [key]: { ...goodPart(state, key), ...changes } },
});

describe("The first up", () => {
  test("makes it in all clusters that can be written to", () => {
    expect(planned(undefined, all)).toEqual(each("make"));
    const some = withReach(withReach(all, "west", { connection: { offline: true } }), "south", {
      readOnly: true,
    });
    expect(planned(undefined, some)).toEqual({ east: "make" });
  });

  test("makes it in those that are named, and in no other", () => {
    expect(planned(undefined, { ...all, clusters: ["west"] })).toEqual({ west: "make" });
    expect(planned(undefined, withReach(named, "south", { readOnly: true }))).toEqual(each("make"));
  });
});

describe("Another up", () => {
  test.each([
    ["all", all],
    ["named ones", named],
    ["a schedule", nightly],
    ["a schedule that is spread", { ...nightly, spread: "1h" }],
    ["a paused schedule", { ...nightly, paused: true }],
  ])("has nothing to do where all is as it was made: %s", (_what, inputs) => {
    expect(planned(settled(inputs), inputs)).toEqual(each("keep"));
  });

  test.each<[string, Partial<Part>]>([
    ["failed", { made: undefined, unfinished: "disk full", health: "Unhealthy" }],
    ["was not made of what is declared", { made: "0a1b2c3d" }],
    ["was found missing by a refresh", { health: "Missing" }],
    ["was found to be drifted by a refresh", { health: "Drifted" }],
    ["could not be reached by a refresh", { health: "Unknown" }],
  ])("goes on with a cluster that %s, and touches none of the others", (_what, changes) => {
    expect(planned(withPart(settled(all), "west", changes), all)).toEqual({ ...each("keep"), west: "make" });
  });

  test.each<[string, Partial<WorkspaceBackupInputs>]>([
    ["another owner", { owner: `${all.owner}-renamed` }],
    ["other namespaces", { includedNamespaces: ["billing"] }],
    ["another ttl", { ttl: "48h" }],
    ["other triggers", { triggers: [2] }],
    ["another schedule", { schedule: "0 3 * * *" }],
    ["a pause", { paused: true }],
    ["labels", { labels: { team: "a" } }],
    ["annotations", { annotations: { page: "a" } }],
    ["owner references", { useOwnerReferencesInBackup: true }],
    ["tolerance", { allowPartialFailure: true }],
    ["another deletionPolicy, which Schedules note", { deletionPolicy: "delete" }],
  ])("makes it anew everywhere with %s", (_what, changes) => {
    expect(planned(settled(nightly), { ...nightly, ...changes })).toEqual(each("make"));
  });

  test.each<[string, Partial<WorkspaceBackupInputs>]>([
    ["waits", { timeouts: { create: "2h" } }],
    ["how many at a time", { parallel: 1 }],
    ["how old a backup may be", { maxAge: "26h" }],
    ["what a cluster that is down costs", { onUnhealthy: "skip" }],
    ["keys to the store", { storage: undefined, access: "none" }],
    ["that they are named now", { clusters: KEYS }],
  ])("asks no cluster for the sake of %s", (_what, changes) => {
    expect(planned(settled(nightly), { ...nightly, ...changes })).toEqual(each("keep"));
  });

  test("asks none for what becomes of backups that are taken once", () => {
    expect(planned(settled(all), { ...all, deletionPolicy: "delete" })).toEqual(each("keep"));
  });

  test("asks none for a new way to it, and one that is to store elsewhere alone", () => {
    expect(
      planned(
        settled(all),
        withReach(all, "west", { connection: { ambient: true }, credentials: undefined }),
      ),
    ).toEqual(each("keep"));
    const location = { ...reachOf("west").location, locationName: "secondary-west" };
    expect(planned(settled(all), withReach(all, "west", { location }))).toEqual({
      ...each("keep"),
      west: "make",
    });
  });

  test("with another spread touches those whose time is another for it, and none with the same", () => {
    const state = settled({ ...nightly, spread: "2m" });
    const plan = planned(state, { ...nightly, spread: "120s" });
    expect(plan).toEqual(each("keep"));
    const spread = { ...nightly, schedule: "0 0 * * *", spread: "24h" };
    const moved = KEYS.filter((key) => scheduleIn(spread, key) !== "0 0 * * *");
    expect(moved).not.toEqual([]);
    expect(planned(settled({ ...spread, spread: undefined }), spread)).toEqual({
      ...each("keep"),
      ...each("make", moved),
    });
  });

  test("leaves a cluster alone that has none of the namespaces, until something about it changes", () => {
    const state = withPart(settled(all), "west", {
      phase: "Skipped",
      clusterUid: undefined,
      backupName: undefined,
    });
    expect(planned(state, all)).toEqual(each("keep"));
    expect(planned(withPart(state, "west", { phase: "Skipped", health: "Drifted" }), all)).toMatchObject({
      west: "make",
    });
  });
});

describe("A cluster that leaves", () => {
  test("a list goes by deletionPolicy", () => {
    expect(planned(settled(named), without(named, "west"))).toEqual({
      east: "keep",
      south: "keep",
      west: "remove",
    });
    expect(planned(settled(named), { ...named, clusters: ["east", "south"] })).toMatchObject({
      west: "remove",
    });
  });

  test('"all", since it is gone or became read-only, is released', () => {
    expect(planned(settled(all), without(all, "west"))).toEqual({
      east: "keep",
      south: "keep",
      west: "release",
    });
    expect(planned(settled(all), withReach(all, "west", { readOnly: true }))).toMatchObject({
      west: "release",
    });
  });

  test("since it went offline is let go of and not touched, and where it is named stays as it is", () => {
    const offline = { connection: { offline: true as const } };
    const byOwner = withReach(all, "west", { location: { ...all.reach["west"]!.location, offline: true } });
    expect(planned(settled(all), byOwner)).toEqual(planned(settled(all), withReach(all, "west", offline)));
    expect(planned(settled(all), withReach(all, "west", offline))).toEqual({
      east: "keep",
      south: "keep",
      west: "forget",
    });
    expect(planned(settled(named), withReach(named, "west", offline))).toEqual(each("keep"));
    const dropped = withReach({ ...named, clusters: ["east", "south"] }, "west", offline);
    expect(planned(settled(named), dropped)).toMatchObject({ west: "forget" });
    const failed = withPart(settled(named), "west", {
      unfinished: "no answer",
      health: "Unhealthy",
      made: undefined,
    });
    expect(planned(failed, withReach(named, "west", offline))).toMatchObject({ west: "keep" });
  });

  test("and comes again is made again", () => {
    expect(planned(settled(without(all, "west")), all)).toEqual({ ...each("keep"), west: "make" });
  });

  test('a list for "all" with the others, or "all" for a list without it, goes as the new words have it', () => {
    const without = { ...all, clusters: ["east", "south"] };
    expect(planned(settled(all), without)).toEqual({ east: "keep", south: "keep", west: "remove" });
    const { reach, ...rest } = all;
    const two = Object.fromEntries(Object.entries(reach).filter(([key]) => key !== "west"));
    expect(planned(settled(named), { ...rest, reach: two })).toEqual({
      east: "keep",
      south: "keep",
      west: "release",
    });
  });
});

test.each(["0.1-workspace-backup", "0.1-workspace-backup-scheduled"])(
  "a state that a released version wrote asks no cluster, for what it was made of is told as it was then: %s",
  (name) => {
    const file = new URL(`../../fixtures/states/${name}.json`, import.meta.url);
    const { inputs, outputs } = JSON.parse(readFileSync(file, "utf8")) as {
      inputs: WorkspaceBackupInputs;
      outputs: WorkspaceBackupOutputs;
    };
    expect(planned(outputs, inputs)).toEqual(each("keep", ["east", "west"]));
  },
);

/** Any declaration, in which who is named can be made. */
const declaration = fc
  .record({
    keys: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 1, maxLength: 6 }),
    list: fc.boolean(),
    offline: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    readOnly: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    changes: fc.record(
      {
        schedule: fc.constantFrom("0 2 * * *", "@daily"),
        spread: fc.constantFrom("10m", "1h"),
        paused: fc.boolean(),
        ttl: fc.constantFrom("24h", "48h"),
        triggers: fc.array(fc.nat({ max: 2 }), { maxLength: 1 }),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ keys, list, offline, readOnly, changes }) => {
    const reach = Object.fromEntries(
      keys.map((key, index) => [
        key,
        reachOf(key, {
          ...(offline[index] && !list ? { connection: { offline: true as const } } : {}),
          ...(readOnly[index] ? { readOnly: true as const } : {}),
        }),
      ]),
    );
    return declaredOver(keys, { clusters: list ? keys : "all", reach, ...changes });
  });

/** State after an up that got through with its plan. */
function carriedOut(
  before: WorkspaceBackupOutputs | undefined,
  news: WorkspaceBackupInputs,
): WorkspaceBackupOutputs {
  const byCluster = Object.fromEntries(
    Object.entries(planned(before, news)).flatMap(([key, act]): [string, Part][] => {
      const known = before?.byCluster[key];
      if (act === "make") return [[key, goodPart(news, key)]];
      return act === "keep" && known ? [[key, known]] : [];
    }),
  );
  return { ...settled(news), byCluster };
}

test("after an up that made everything, the next one has nothing to do, whatever was before", () =>
  fc.assert(
    fc.property(declaration, declaration, (first, second) => {
      const state = carriedOut(carriedOut(undefined, first), second);
      expect(Object.values(planned(state, second)).filter((act) => act !== "keep")).toEqual([]);
    }),
    { numRuns: 50 },
  ));

test("a cluster that comes or goes is the only one that anything is done in", () =>
  fc.assert(
    fc.property(declaration, fc.nat(), (news, at) => {
      const keys = Object.keys(news.reach);
      const one = keys[at % keys.length] ?? "";
      const fewer = without(news, one);
      const [whole, less] = [carriedOut(undefined, news), carriedOut(undefined, fewer)];
      const busy = (plan: Record<string, Act>) => Object.entries(plan).filter(([, act]) => act !== "keep");
      const takesPart = one in whole.byCluster;
      expect(busy(planned(less, news))).toEqual(takesPart ? [[one, "make"]] : []);
      expect(busy(planned(whole, fewer))).toEqual(
        takesPart ? [[one, news.clusters === "all" ? "release" : "remove"]] : [],
      );
    }),
  ));
