import { describe, expect, test } from "vitest";
import {
  aggregate,
  type Part,
  type WorkspaceBackupOutputs,
} from "../../../../provider/kinds/workspace-backup/parts.ts";
import { declaredOver, goodPart, settled } from "./workspace.ts";

const KEYS = ["a", "b", "c", "d", "e", "f", "g"];

const nightly = { schedule: "0 2 * * *" };

/** What becomes of a workspace with these parts, by their number. */
function aggregated(parts: Partial<Part>[], changes: Partial<WorkspaceBackupOutputs> = {}) {
  const state = settled(declaredOver(KEYS.slice(0, parts.length), changes));
  const byCluster = Object.fromEntries(
    parts.map((part, index) => {
      const key = KEYS[index] ?? "";
      return [key, { ...goodPart(state, key), ...part }];
    }),
  );
  return aggregate({ ...state, byCluster });
}

const [good, partial, failed, expired, skipped] = (
  ["Completed", "PartiallyFailed", "Failed", "Expired", "Skipped"] as const
).map((phase): Partial<Part> => ({ phase })) as [
  Partial<Part>,
  Partial<Part>,
  Partial<Part>,
  Partial<Part>,
  Partial<Part>,
];
const unfinished: Partial<Part> = { unfinished: "disk full", health: "Unhealthy" };
const unsaid: Partial<Part> = { phase: undefined };
const refused: Partial<Part> = { phase: "FailedValidation" };
const none: Partial<Part> = { ...unsaid, scheduleName: undefined, ...unfinished };

test.each<[string, Partial<Part>[]]>([
  ["Completed", [good, good]],
  ["Completed", [good, expired]],
  ["Completed", [good, skipped]],
  ["Expired", [expired, expired]],
  ["Expired", [expired, skipped]],
  ["PartiallyFailed", [good, failed]],
  ["PartiallyFailed", [expired, failed]],
  ["PartiallyFailed", [good, partial]],
  ["PartiallyFailed", [partial, partial]],
  ["PartiallyFailed", [good, unsaid]],
  ["PartiallyFailed", [good, { ...good, ...unfinished }]],
  ["Failed", [failed, unsaid]],
  ["Failed", [{ ...good, ...unfinished }]],
  ["Failed", [{ phase: "InProgress" }]],
  ["Failed", [skipped]],
  ["Failed", []],
])("The phase of backups that were taken now is %s for %j", (phase, parts) => {
  expect(aggregated(parts).phase).toBe(phase);
});

test.each<[string, Partial<Part>[], object?]>([
  ["Enabled", [{}, {}]],
  ["Enabled", [{}, skipped]],
  ["PartiallyFailed", [{}, refused]],
  ["PartiallyFailed", [{}, none]],
  ["PartiallyFailed", [{}, unfinished]],
  ["Failed", [refused, none]],
  ["Failed", []],
  // Velero says nothing of paused ones.
  ["Paused", [unsaid, unsaid], { paused: true }],
  ["PartiallyFailed", [unsaid, none], { paused: true }],
  ["Failed", [none], { paused: true }],
])("The phase of schedules is %s for %j (%o)", (phase, parts, more) => {
  expect(aggregated(parts, { ...nightly, ...more }).phase).toBe(phase);
});

describe("What there is in numbers", () => {
  test("is the sum over the clusters that say it, and nothing where none does", () => {
    const counts: Partial<Part>[] = [
      { itemsBackedUp: 10, warnings: 0, errors: 0 },
      { itemsBackedUp: 5, warnings: 2, errors: 1 },
      { ...skipped, itemsBackedUp: 100, warnings: 100, errors: 100 },
      {},
    ];
    expect(aggregated(counts)).toMatchObject({ itemsBackedUp: 15, warnings: 2, errors: 1 });
    expect(aggregated([{}, {}])).toMatchObject({
      itemsBackedUp: undefined,
      warnings: undefined,
      errors: undefined,
    });
  });

  test("of times is the oldest of the newest good ones, and the first of the next ones", () => {
    const at = (last: string | undefined, next: string | undefined): Partial<Part> => ({
      lastSuccessfulBackup: last,
      nextRun: next,
    });
    const [later, first] = [
      at("2026-11-23T02:00:00Z", "2026-11-24T02:50:00Z"),
      at("2026-11-22T02:00:00Z", "2026-11-24T02:10:00Z"),
    ];
    expect(aggregated([later, first], nightly)).toMatchObject({
      lastSuccessfulBackup: "2026-11-22T02:00:00Z",
      nextRun: "2026-11-24T02:10:00Z",
    });
    expect(aggregated([at(undefined, undefined)])).toMatchObject({
      lastSuccessfulBackup: undefined,
      nextRun: undefined,
    });
  });
});

test("The first run is not told where that of a cluster's Schedule is not known, which may come before", () => {
  const at = (next: string | undefined, scheduleName: string | undefined): Partial<Part> => ({
    nextRun: next,
    scheduleName,
  });
  const known = at("2026-11-24T02:10:00Z", "known");
  expect(aggregated([known, at(undefined, "unknown")]).nextRun).toBeUndefined();
  expect(aggregated([known, at(undefined, undefined)]).nextRun).toBe("2026-11-24T02:10:00Z");
});

describe("The health of a workspace", () => {
  const worstFirst = [
    "Missing",
    "Failing",
    "Stuck",
    "Suspect",
    "Stale",
    "Expiring",
    "Drifted",
    "Unhealthy",
    "Unknown",
  ] as const;

  test("is the worst that was found in any of its clusters", () => {
    worstFirst.forEach((worse, index) => {
      for (const better of [...worstFirst.slice(index), "Healthy"] as const) {
        expect(aggregated([{ health: better }, { health: worse }, {}]).health).toBe(worse);
        expect(aggregated([{ health: worse }, { health: better }]).health).toBe(worse);
      }
    });
  });

  test("is as expected where all is, or a cluster is offline or paused, which was declared", () => {
    expect(aggregated([{}, {}])).toMatchObject({ health: "Healthy", message: undefined });
    expect(aggregated([{}, { health: "Offline" }]).health).toBe("Healthy");
    expect(aggregated([{ health: "Paused" }], { schedule: "@daily", paused: true }).health).toBe("Paused");
  });

  test("tells which clusters are not as expected, and why, the first five of them", () => {
    expect(aggregated([{}, { health: "Stale", message: "no good backup since Sunday" }]).message).toBe(
      "b: no good backup since Sunday",
    );
    const many = Array.from({ length: 7 }, (_, index): Partial<Part> => ({
      health: "Missing",
      message: `gone ${index}`,
    }));
    expect(aggregated(many).message).toBe(
      "a: gone 0; b: gone 1; c: gone 2; d: gone 3; e: gone 4; and 2 more clusters",
    );
  });

  test("counts a cluster that was left out as well, which may have something to back up by now", () => {
    const found = aggregated([{}, { ...skipped, health: "Drifted", message: "has shop by now" }]);
    expect(found).toMatchObject({ phase: "Completed", health: "Drifted", message: "b: has shop by now" });
  });
});
