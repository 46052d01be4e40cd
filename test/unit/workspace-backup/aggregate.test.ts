import { describe, expect, test } from "vitest";
import { aggregate } from "../../../provider/resources/workspace-backup/aggregate.ts";
import type { Part, WorkspaceBackupOutputs } from "../../../provider/resources/workspace-backup/parts.ts";
import { declaredOver, goodPart, settled } from "./workspace.ts";

const KEYS = ["a", "b", "c", "d", "e", "f", "g"];

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

const ended = (phase: Part["phase"]): Partial<Part> => ({ phase });
const [good, partial, failed, expired, skipped] = (
  ["Completed", "PartiallyFailed", "Failed", "Expired", "Skipped"] as const
).map(ended);
const unfinished: Partial<Part> = { unfinished: "disk full", health: "Unhealthy" };

describe("The phase of backups that were taken now", () => {
  test.each<[string, string, (Partial<Part> | undefined)[]]>([
    ["all are", "Completed", [good, good]],
    ["all are, or were before their TTL was over", "Completed", [good, expired]],
    ["the others have nothing to back up", "Completed", [good, skipped]],
    ["all are", "Expired", [expired, expired]],
    ["all are that were not skipped", "Expired", [expired, skipped]],
    ["one is not", "PartiallyFailed", [good, failed]],
    ["one has expired and one failed", "PartiallyFailed", [expired, failed]],
    ["one ended so", "PartiallyFailed", [good, partial]],
    ["all ended so", "PartiallyFailed", [partial, partial]],
    ["one was never begun", "PartiallyFailed", [good, { phase: undefined }]],
    [
      "one is good for Velero, and is not what was asked for",
      "PartiallyFailed",
      [good, { ...good, ...unfinished }],
    ],
    ["none is good", "Failed", [failed, { phase: undefined }]],
    ["the only one is not what was asked for", "Failed", [{ ...good, ...unfinished }]],
    ["one still runs, and it is the only one", "Failed", [{ phase: "InProgress" }]],
    ["none takes part", "Failed", [skipped]],
    ["there is none", "Failed", []],
  ])("where %s is %s", (_when, phase, parts) => {
    expect(aggregated(parts.map((part) => part ?? {})).phase).toBe(phase);
  });
});

describe("The phase of schedules", () => {
  const nightly = { schedule: "0 2 * * *" };
  const refused: Partial<Part> = { phase: "FailedValidation" };
  const none: Partial<Part> = { phase: undefined, scheduleName: undefined, ...unfinished };

  test.each<[string, string, (Partial<Part> | undefined)[]]>([
    ["all are in place", "Enabled", [{}, {}]],
    ["the others have nothing to back up", "Enabled", [{}, skipped]],
    ["one is refused", "PartiallyFailed", [{}, refused]],
    ["one is not there", "PartiallyFailed", [{}, none]],
    ["one is not what was asked for", "PartiallyFailed", [{}, unfinished]],
    ["none is in place", "Failed", [refused, none]],
    ["there is none", "Failed", []],
  ])("where %s is %s", (_when, phase, parts) => {
    expect(
      aggregated(
        parts.map((part) => part ?? {}),
        nightly,
      ).phase,
    ).toBe(phase);
  });

  test("that are paused is Paused, though Velero says nothing of them", () => {
    const paused = { ...nightly, paused: true };
    const silent: Partial<Part> = { phase: undefined, health: "Paused" };
    expect(aggregated([silent, silent], paused)).toMatchObject({ phase: "Paused", health: "Paused" });
    expect(aggregated([silent, none], paused)).toMatchObject({
      phase: "PartiallyFailed",
      health: "Unhealthy",
    });
    expect(aggregated([none], paused).phase).toBe("Failed");
  });
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
    expect(
      aggregated(
        [
          at("2026-11-23T02:00:00Z", "2026-11-24T02:50:00Z"),
          at("2026-11-22T02:00:00Z", "2026-11-24T02:10:00Z"),
        ],
        {
          schedule: "0 2 * * *",
        },
      ),
    ).toMatchObject({ lastSuccessfulBackup: "2026-11-22T02:00:00Z", nextRun: "2026-11-24T02:10:00Z" });
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

  test("is as expected where all is, or a cluster is offline, which was declared", () => {
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
