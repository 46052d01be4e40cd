import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { scheduleIn, type WorkspaceBackupInputs } from "../../../../provider/schemas/workspace-backup.ts";
import {
  type Act,
  type Part,
  planParts,
  type WorkspaceBackupOutputs,
} from "../../../../provider/kinds/workspace-backup/parts.ts";
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
): WorkspaceBackupInputs => ({ ...inputs, reach: { ...inputs.reach, [key]: reachOf(key, changes) } });
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

/** The plans that differ from keeping everything. */
const west = (act: Act) => ({ ...each("keep"), west: act });
const offline = { connection: { offline: true as const } };
const elsewhere = { location: { ...reachOf("west").location, locationName: "secondary-west" } };
const failed = { made: undefined, unfinished: "disk full", health: "Unhealthy" } as const;
const skipped = { phase: "Skipped", clusterUid: undefined, backupName: undefined } as const;
const fewer = ["east", "south"];
const spread = { ...nightly, schedule: "0 0 * * *", spread: "24h" };
const moved = KEYS.filter((key) => scheduleIn(spread, key) !== "0 0 * * *");

type Row = [
  what: string,
  before: WorkspaceBackupOutputs | undefined,
  news: WorkspaceBackupInputs,
  plan: object,
];

test.each<Row>([
  ["The first up: all clusters", undefined, all, each("make")],
  [
    "The first up: none that is offline or read-only",
    undefined,
    withReach(withReach(all, "west", offline), "south", { readOnly: true }),
    { east: "make" },
  ],
  [
    "The first up: those that are named, and no other",
    undefined,
    { ...all, clusters: ["west"] },
    { west: "make" },
  ],
  [
    "The first up: those that are named, though one is read-only",
    undefined,
    withReach(named, "south", { readOnly: true }),
    each("make"),
  ],
  ...[all, named, nightly, { ...nightly, spread: "1h" }, { ...nightly, paused: true }].map((inputs): Row => [
    "Nothing where all is as it was made",
    settled(inputs),
    inputs,
    each("keep"),
  ]),
  ...[
    failed,
    { made: "0a1b2c3d" },
    { health: "Missing" } as const,
    { health: "Drifted" } as const,
    { health: "Unknown" } as const,
    { ...skipped, health: "Drifted" } as const,
  ].map((part): Row => [
    `The one cluster of which state says ${JSON.stringify(part)}`,
    withPart(settled(all), "west", part),
    all,
    west("make"),
  ]),
  [
    "None for one that has none of the namespaces",
    withPart(settled(all), "west", skipped),
    all,
    each("keep"),
  ],
  ...[
    { owner: `${all.owner}-renamed` },
    { includedNamespaces: ["billing"] },
    { ttl: "48h" },
    { triggers: [2] },
    { schedule: "0 3 * * *" },
    { paused: true },
    { labels: { team: "a" } },
    { annotations: { page: "a" } },
    { useOwnerReferencesInBackup: true },
    { allowPartialFailure: true },
    // Schedules note it.
    { deletionPolicy: "delete" } as const,
  ].map((changes): Row => [
    `All anew with ${JSON.stringify(changes)}`,
    settled(nightly),
    { ...nightly, ...changes },
    each("make"),
  ]),
  ...[
    { timeouts: { create: "2h" } },
    { parallel: 1 },
    { maxAge: "26h" },
    { onUnhealthy: "skip" } as const,
    { storage: undefined, access: "none" } as const,
    { clusters: KEYS },
  ].map((changes): Row => [
    `None for ${JSON.stringify(changes)}`,
    settled(nightly),
    { ...nightly, ...changes },
    each("keep"),
  ]),
  [
    "None for what becomes of backups that are taken once",
    settled(all),
    { ...all, deletionPolicy: "delete" },
    each("keep"),
  ],
  [
    "None for a new way to it",
    settled(all),
    withReach(all, "west", { connection: { ambient: true }, credentials: undefined }),
    each("keep"),
  ],
  ["The one that stores elsewhere", settled(all), withReach(all, "west", elsewhere), west("make")],
  [
    "None for the same spread in other words",
    settled({ ...nightly, spread: "2m" }),
    { ...nightly, spread: "120s" },
    each("keep"),
  ],
  [
    "Those whose time is another for another spread",
    settled({ ...spread, spread: undefined }),
    spread,
    { ...each("keep"), ...each("make", moved) },
  ],
  ["One that has left a list and the location", settled(named), without(named, "west"), west("remove")],
  ["One that has left a list", settled(named), { ...named, clusters: fewer }, west("remove")],
  ["One that is not in a list in place of all", settled(all), { ...all, clusters: fewer }, west("remove")],
  ["One that has left all", settled(all), without(all, "west"), west("release")],
  ["One that became read-only", settled(all), withReach(all, "west", { readOnly: true }), west("release")],
  ["One that is not in all in place of a list", settled(named), without(all, "west"), west("release")],
  ["One that went offline", settled(all), withReach(all, "west", offline), west("forget")],
  [
    "One that its owner has declared offline",
    settled(all),
    withReach(all, "west", { location: { ...all.reach["west"]!.location, offline: true } }),
    west("forget"),
  ],
  ["None that is named and went offline", settled(named), withReach(named, "west", offline), each("keep")],
  [
    "None that is named and went offline after a failure",
    withPart(settled(named), "west", failed),
    withReach(named, "west", offline),
    each("keep"),
  ],
  [
    "One that has left a list and went offline",
    settled(named),
    withReach({ ...named, clusters: fewer }, "west", offline),
    west("forget"),
  ],
  ["One that comes again", settled(without(all, "west")), all, west("make")],
])("%s", (_what, before, news, plan) => {
  expect(moved).not.toEqual([]);
  expect(planned(before, news)).toEqual(plan);
});

test.each(["0.1-workspace-backup", "0.1-workspace-backup-scheduled"])(
  "a state that a released version wrote asks no cluster, for what it was made of is told as it was then: %s",
  (name) => {
    const file = new URL(`../../../fixtures/states/${name}.json`, import.meta.url);
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
