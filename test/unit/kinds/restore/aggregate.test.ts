import { describe, expect, test } from "vitest";
import { aggregate } from "../../../../provider/kinds/restore/index.ts";
import type { RestorePartOutputs } from "../../../../provider/schemas/restore.ts";
import { BACKUP, state } from "./state.ts";

const KEYS = ["east", "north", "south"];

/** What parts come to, by their number. */
const aggregated = (...parts: Partial<RestorePartOutputs>[]) =>
  aggregate({
    ...state,
    byCluster: Object.fromEntries(
      parts.map((part, index) => [KEYS[index] ?? "", { health: "Healthy" as const, ...part }]),
    ),
  });

const done: Partial<RestorePartOutputs> = { phase: "Completed", settled: true };
const failed: Partial<RestorePartOutputs> = { phase: "Failed", unfinished: "disk full" };

describe("A restore into one cluster", () => {
  test("is what it is there", () => {
    const part: Partial<RestorePartOutputs> = {
      phase: "PartiallyFailed",
      backupName: BACKUP,
      restoreName: "r",
      startTime: "2026-11-23T12:00:00Z",
      completionTime: "2026-11-23T12:01:00Z",
      warnings: 1,
      errors: 2,
      created: 3,
      updated: 4,
      skipped: 5,
      failed: 6,
      verified: 7,
      volumesProven: 8,
      volumesUnproven: ["shop/data: it was made anew"],
      left: ["PersistentVolume pvc-1"],
    };
    expect(aggregated(part)).toEqual({
      ...part,
      health: "Healthy",
      message: undefined,
      unfinished: undefined,
    });
  });

  test("tells what is not finished without its key", () => {
    expect(aggregated(failed)).toMatchObject({
      phase: "Failed",
      health: "Unhealthy",
      message: "disk full",
      unfinished: "disk full",
    });
    expect(aggregated({ unfinished: "no backup" })).toMatchObject({ phase: "New", unfinished: "no backup" });
  });
});

describe("A restore into several clusters", () => {
  test.each<[string, Partial<RestorePartOutputs>[], string]>([
    ["all are done", [done, done], "Completed"],
    ["one has failed", [done, failed], "PartiallyFailed"],
    ["one ended in part", [{ ...done, phase: "PartiallyFailed" }, done], "PartiallyFailed"],
    ["all ended in part", [{ phase: "PartiallyFailed" }, { phase: "PartiallyFailed" }], "PartiallyFailed"],
    [
      "one is done, and was not settled",
      [done, { phase: "Completed", unfinished: "differs" }],
      "PartiallyFailed",
    ],
    ["one was never begun", [done, { unfinished: "no backup" }], "PartiallyFailed"],
    ["all have failed", [failed, failed, failed], "Failed"],
    ["one has failed and one was never begun", [failed, {}], "Failed"],
  ])("where %s", (_what, parts, phase) => {
    expect(aggregated(...parts).phase).toBe(phase);
  });

  test("has the sums of what is known", () => {
    expect(
      aggregated({ ...done, created: 3, failed: 0, warnings: 1 }, { ...done, created: 4, failed: 1 }, done),
    ).toMatchObject({ created: 7, failed: 1, warnings: 1, updated: undefined, verified: undefined });
  });

  test("has no backup, Restore and time, which are one cluster's", () => {
    const one = { ...done, backupName: BACKUP, restoreName: "r", startTime: "x", completionTime: "y" };
    expect(aggregated(one, one)).toMatchObject({
      backupName: undefined,
      restoreName: undefined,
      startTime: undefined,
      completionTime: undefined,
    });
  });

  test("tells what is not finished, and where", () => {
    const { message, unfinished } = aggregated(failed, done, { unfinished: "no such backup" });
    expect(message).toBe("east: disk full; south: no such backup");
    expect(unfinished).toBe(message);
  });
});
