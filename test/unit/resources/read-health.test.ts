import { describe, expect, test } from "vitest";
import { stampOf } from "../../../provider/lifecycle/identity.ts";
import type { ClusterBackupOutputs } from "../../../provider/resources/backup/outputs.ts";
import { judgeOne, judgeSchedule } from "../../../provider/resources/cluster-backup/read-health.ts";
import { desiredSchedule } from "../../../provider/resources/backup/scheduled.ts";
import type { Backup, BackupStatus, Schedule } from "../../../provider/velero/types.ts";

const OWNER = "urn:pulumi:dev::a::velero:ClusterBackup::nightly";
const NOW = new Date("2026-11-23T12:00:00Z");

const state: ClusterBackupOutputs = {
  owner: OWNER,
  incarnation: "0a1b",
  clusterUid: "uid-1",
  cluster: "east",
  connection: { ambient: true },
  location: { owner: "urn", locationName: "primary-east", namespace: "velero", storePrefix: "east" },
  objectName: "nightly-east-0a1b2c3d",
  health: "Healthy",
  fingerprints: {},
  notices: [],
};

const backup = (status: BackupStatus, name = "b"): Backup => ({
  metadata: { name, namespace: "velero", ...stampOf(state) },
  spec: { storageLocation: "primary-east" },
  status,
});

describe("A single backup", () => {
  const taken: ClusterBackupOutputs = { ...state, backupName: "b", expiration: "2026-12-23T12:00:00Z" };
  const completed: BackupStatus = { phase: "Completed", startTimestamp: "2026-11-23T11:00:00Z", warnings: 1 };

  test("is healthy while it is there and complete, with its counts", () => {
    expect(judgeOne(taken, backup(completed), NOW)).toMatchObject({
      health: "Healthy",
      phase: "Completed",
      backupName: "b",
      warnings: 1,
      errors: 0,
      message: undefined,
    });
  });

  test("is missing when it vanished before its time", () => {
    expect(judgeOne(taken, undefined, NOW)).toEqual({
      health: "Missing",
      message: "Backup velero/b is gone before its time; up takes another",
    });
  });

  test("has done its work when it is gone by its TTL: no drift, and none to take again", () => {
    expect(judgeOne({ ...taken, expiration: "2026-11-23T11:59:59Z" }, undefined, NOW)).toMatchObject({
      health: "Healthy",
      phase: "Expired",
    });
  });

  test("that is complete but in part is healthy only where that was accepted", () => {
    const partly = backup({ phase: "PartiallyFailed", errors: 2 });
    expect(judgeOne(taken, partly, NOW)).toMatchObject({
      health: "Unhealthy",
      message: "Backup velero/b: 2 errors, 0 warnings",
    });
    expect(judgeOne({ ...taken, allowPartialFailure: true }, partly, NOW)).toMatchObject({
      health: "Healthy",
    });
  });

  test.each(["Failed", "FailedValidation", "Deleting", "InProgress", "SomethingNew"])(
    "in phase %s is unhealthy, and the phase is told",
    (phase) => {
      const found = judgeOne(taken, backup({ phase, failureReason: "disk full" }), NOW);
      expect(found).toMatchObject({ health: "Unhealthy", phase });
      expect(found.message).toContain(`is ${phase}: disk full`);
    },
  );
});

describe("A schedule", () => {
  const scheduled: ClusterBackupOutputs = {
    ...state,
    schedule: "0 2 * * *",
    ttl: "720h",
    scheduleName: "nightly-east-0a1b2c3d",
  };

  function live(
    parts: Partial<Schedule["spec"]> = {},
    status: Schedule["status"] = { phase: "Enabled" },
  ): Schedule {
    const { metadata, spec } = desiredSchedule(scheduled);
    return {
      metadata: { ...metadata, creationTimestamp: "2026-11-01T00:00:00Z" },
      spec: { ...spec, ...parts },
      ...(status ? { status } : {}),
    };
  }

  const ran = (day: string, phase = "Completed"): Backup =>
    backup(
      { phase, startTimestamp: `2026-11-${day}T02:00:00Z`, completionTimestamp: `2026-11-${day}T02:05:00Z` },
      `nightly-${day}`,
    );

  const judge = (ours: Backup[], schedule: Schedule | undefined = live(), changes = {}) =>
    judgeSchedule({ ...scheduled, ...changes }, schedule, ours, NOW);

  test("is healthy when its last run was good, and tells when that was and when it runs next", () => {
    expect(judge([ran("22"), ran("23"), ran("21", "Failed")])).toEqual({
      health: "Healthy",
      phase: "Enabled",
      lastSuccessfulBackup: "2026-11-23T02:05:00Z",
      nextRun: "2026-11-24T02:00:00.000Z",
      message: undefined,
    });
  });

  test("that is gone is missing", () => {
    expect(judgeSchedule(scheduled, undefined, [ran("23")], NOW)).toMatchObject({ health: "Missing" });
  });

  test("that Velero refuses is unhealthy in Velero's words", () => {
    const refused = live({}, { phase: "FailedValidation", validationErrors: ["invalid schedule"] });
    expect(judge([ran("23")], refused)).toMatchObject({
      health: "Unhealthy",
      message: expect.stringContaining("refused by Velero: invalid schedule"),
    });
  });

  test.each([
    ["cron", { schedule: "0 3 * * *" }],
    ["pause", { paused: true }],
    ["template", { template: { storageLocation: "primary-east", ttl: "1h" } }],
    [
      "template, by something added",
      { template: { storageLocation: "primary-east", ttl: "720h", hooks: {} } },
    ],
  ])("whose %s someone else has changed is unhealthy", (_what, parts) => {
    expect(judge([ran("23")], live(parts))).toMatchObject({
      health: "Unhealthy",
      message: expect.stringContaining("changed by someone else"),
    });
  });

  test("to which the server has added its own defaults is not changed", () => {
    expect(judge([ran("23")], live({ skipImmediately: false }))).toMatchObject({ health: "Healthy" });
  });

  test.each(["Failed", "PartiallyFailed", "FailedValidation"])(
    "whose last backup is %s is unhealthy",
    (phase) => {
      expect(judge([ran("22"), ran("23", phase)])).toMatchObject({
        health: "Unhealthy",
        lastSuccessfulBackup: "2026-11-22T02:05:00Z",
        message: expect.stringContaining(`Backup nightly-23 is ${phase}`),
      });
    },
  );

  test("whose last backup is partial is healthy where that was accepted", () => {
    const found = judge([ran("23", "PartiallyFailed")], live(), { allowPartialFailure: true });
    expect(found).toMatchObject({ health: "Healthy", lastSuccessfulBackup: "2026-11-23T02:05:00Z" });
  });

  test("whose newest backup still runs, or is already being deleted, is judged by the one before", () => {
    expect(judge([ran("22"), ran("23", "InProgress")])).toMatchObject({ health: "Healthy" });
    expect(judge([ran("22"), ran("23", "Deleting")])).toMatchObject({ health: "Healthy" });
    expect(judge([ran("22", "Failed"), ran("23", "InProgress")])).toMatchObject({ health: "Unhealthy" });
  });

  test("that has missed two runs is stale, and one that has missed one is given time", () => {
    expect(judge([ran("22")])).toMatchObject({ health: "Healthy" });
    expect(judge([ran("21")])).toMatchObject({
      health: "Stale",
      message: expect.stringContaining("no good backup since 2026-11-21T02:00:00.000Z"),
    });
  });

  test("without any backup is stale only when two runs are overdue since it was made", () => {
    expect(judge([])).toMatchObject({ health: "Stale" });
    const young = live();
    young.metadata.creationTimestamp = "2026-11-22T12:00:00Z";
    expect(judge([], young)).toMatchObject({ health: "Healthy", lastSuccessfulBackup: undefined });
  });

  test("whose backups live shorter than its interval is not stale, as Velero notes its last run", () => {
    expect(judge([], live({}, { phase: "Enabled", lastBackup: "2026-11-23T02:00:00Z" }))).toMatchObject({
      health: "Healthy",
    });
  });

  test("that was just unpaused, or given another cadence, is not stale for the runs before", () => {
    expect(judge([ran("01")], live(), { changedAt: "2026-11-23T11:00:00Z" })).toMatchObject({
      health: "Healthy",
    });
    expect(judge([ran("01")], live(), { changedAt: "2026-11-20T11:00:00Z" })).toMatchObject({
      health: "Stale",
    });
  });

  test("that is paused is paused, however long it has not run", () => {
    const paused = live({ paused: true });
    expect(judge([ran("01")], paused, { paused: true })).toMatchObject({
      health: "Paused",
      nextRun: undefined,
    });
  });
});
