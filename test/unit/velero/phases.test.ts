import { expect, test } from "vitest";
import { backupPhases, restorePhases } from "../../../model/phases.ts";
import {
  backupPhaseOf,
  complaintsOf,
  isExpired,
  restorePhaseOf,
  restoreStateOf,
  stateOf,
  storedNothing,
  tookForeignName,
} from "../../../provider/velero/phases.ts";
import type { Backup, BackupStatus } from "../../../provider/velero/types.ts";

const backup = (status?: BackupStatus): Backup => ({
  metadata: { name: "b" },
  spec: {},
  ...(status ? { status } : {}),
});

/** Of restores as of backups. */
const phases: [string | undefined, string][] = [
  [undefined, "running"],
  ["New", "running"],
  ["InProgress", "running"],
  ["WaitingForPluginOperations", "running"],
  ["WaitingForPluginOperationsPartiallyFailed", "running"],
  ["Finalizing", "running"],
  ["FinalizingPartiallyFailed", "running"],
  ["SomethingThatALaterVeleroInvents", "running"],
  ["Completed", "completed"],
  ["PartiallyFailed", "partiallyFailed"],
  ["Failed", "failed"],
  ["FailedValidation", "refused"],
];

test.each([...phases, ["Queued", "running"], ["ReadyToStart", "running"], ["Deleting", "deleting"]])(
  "a backup in phase %s is %s",
  (phase, state) => {
    expect(stateOf(backup(phase === undefined ? undefined : { phase }))).toBe(state);
  },
);

test("nothing complete is in the store of what failed or was refused", () => {
  expect(storedNothing(backup({ phase: "Failed" }))).toBe(true);
  expect(storedNothing(backup({ phase: "FailedValidation" }))).toBe(true);
  expect(storedNothing(backup({ phase: "PartiallyFailed" }))).toBe(false);
  expect(storedNothing(backup())).toBe(false);
});

test("a backup that failed since its name was taken is told from one that failed for another reason", () => {
  const failureReason = 'backup with name "b" already exists in object storage';
  expect(tookForeignName(backup({ phase: "Failed", failureReason }))).toBe(true);
  expect(tookForeignName(backup({ phase: "Failed", failureReason: "disk full" }))).toBe(false);
  expect(tookForeignName(backup({ phase: "Completed", failureReason }))).toBe(false);
  expect(tookForeignName(backup({ phase: "Failed" }))).toBe(false);
});

test("a backup expires at its time, and without one never", () => {
  const now = new Date("2026-11-23T12:00:00Z");
  expect(isExpired("2026-11-23T12:00:00Z", now)).toBe(true);
  expect(isExpired("2026-11-23T12:00:01Z", now)).toBe(false);
  expect(isExpired(undefined, now)).toBe(false);
});

test("the complaint is Velero's own words where it has any, else its counts", () => {
  expect(complaintsOf(backup({ validationErrors: ["a", "b"], failureReason: "c" }))).toBe("a; b; c");
  expect(complaintsOf(backup({ errors: 2, warnings: 1 }))).toBe("2 errors, 1 warnings");
  expect(complaintsOf(backup())).toBe("0 errors, 0 warnings");
});

test.each(phases)("a restore in phase %s is %s", (phase, state) => {
  const status = phase === undefined ? {} : { status: { phase } };
  expect(restoreStateOf({ metadata: { name: "r" }, spec: {}, ...status })).toBe(state);
});

test("outputs tell each phase of Velero's in its word, and one that a later Velero invents as one that runs", () => {
  const told = (phase?: string) => backupPhaseOf(backup(phase === undefined ? undefined : { phase }));
  expect(backupPhases.map(told)).toEqual(backupPhases);
  expect([told(), told("SomethingNew"), stateOf(backup({ phase: "SomethingNew" }))]).toEqual([
    "New",
    "InProgress",
    "running",
  ]);
  const restored = (phase: string) => restorePhaseOf({ status: { phase } });
  expect(restorePhases.map(restored)).toEqual(restorePhases);
  expect(restored("SomethingNew")).toBe("InProgress");
});
