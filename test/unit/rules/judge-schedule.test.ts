import { describe, expect, test } from "vitest";
import type { ScheduleFindings } from "../../../provider/rules/judge-schedule.ts";
import type { ClusterBackupOutputs } from "../../../provider/schemas/cluster-backup.ts";
import { NOW, OWNED, OWNER } from "../kinds/backup/state.ts";
import { judge, liveSchedule, ran, scheduled } from "../kinds/backup/schedule-state.ts";

describe("A schedule", () => {
  test("is healthy when its last run was good, and tells when that was and when it runs next", () => {
    const live = liveSchedule();
    expect(judge([ran(22), ran(23), ran(21, "Failed")], { live })).toEqual({
      health: "Healthy",
      phase: "Enabled",
      lastSuccessfulBackup: "2026-11-23T02:05:00.000Z",
      newestGood: {
        name: "nightly-23",
        started: "2026-11-23T02:00:00.000Z",
        expiration: "2026-12-23T02:00:00.000Z",
      },
      nextRun: "2026-11-24T02:00:00.000Z",
      message: undefined,
    });
  });

  const SCHEDULE = "Schedule velero/nightly-east-0a1b2c3d";
  const edited = (named: string) =>
    `Drifted: ${SCHEDULE} was changed by someone else (${named}); up sets it right`;
  const READ_ONLY = "BackupStorageLocation velero/primary-east is read-only, and every run fails for it";
  const DOUBT = "the location was not validated since yesterday: is Velero's server still running?";
  const template = { storageLocation: "primary-east", ttl: "720h" };
  const relabelled = (labels: Record<string, string>) => {
    const { metadata, ...live } = liveSchedule();
    return { live: { ...live, metadata: { ...metadata, labels } } };
  };
  const paused = { paused: true };
  const patchedBy = (parts: object) => ({ live: liveSchedule(parts) });

  test.each<[string, Partial<ScheduleFindings>, string, Partial<ClusterBackupOutputs>?]>([
    ["is gone", { live: undefined }, `Missing: ${SCHEDULE} is gone; up makes it again`],
    [
      "is refused by Velero",
      { live: liveSchedule({}, { phase: "FailedValidation", validationErrors: ["no cron", "no ttl"] }) },
      `Failing: ${SCHEDULE} is refused by Velero: no cron; no ttl`,
    ],
    ["runs at another time", patchedBy({ schedule: "0 3 * * *" }), edited("schedule")],
    ["was paused", patchedBy(paused), edited("paused")],
    [
      "owns its backups",
      patchedBy({ useOwnerReferencesInBackup: true }),
      edited("useOwnerReferencesInBackup"),
    ],
    ["keeps them shorter", patchedBy({ template: { ...template, ttl: "1h" } }), edited("template")],
    [
      "does something more",
      patchedBy({ template: { ...template, snapshotVolumes: false } }),
      edited("template"),
    ],
    ["has what the server adds", patchedBy({ skipImmediately: false }), "Healthy"],
    [
      "has another incarnation's label",
      relabelled({ ...liveSchedule().metadata.labels, "pulumi-velero.io/incarnation": "ffff" }),
      edited("labels"),
    ],
    [
      "is of a former owner",
      patchedBy({}),
      edited("labels, annotations"),
      { owner: `${OWNER}-renamed`, formerOwners: [OWNED] },
    ],
    [
      "has lost its policy",
      { policyDrift: "it is gone; up makes it again" },
      "Drifted: it is gone; up makes it again",
    ],
    ["has other namespaces", { namespaceDrift: "those have changed" }, "Drifted: those have changed"],
    ["can write nothing to its location", { locationTrouble: READ_ONLY }, `Failing: ${READ_ONLY}`],
    ["may have no Velero", { staleReason: DOUBT }, `Unknown: ${DOUBT}`],
    ["is paused, and resumed by someone else", patchedBy({}), edited("paused"), paused],
    ["is paused, and gone", { live: undefined }, `Missing: ${SCHEDULE} is gone; up makes it again`, paused],
  ])("that %s", (_what, found, expected, changes) => {
    const { health, message } = judge([ran(23)], found, changes);
    expect(message === undefined ? health : `${health}: ${message}`).toBe(expected);
  });

  test("that was made anew without our labels has drifted, and what to do is told, since up refuses it", () => {
    const { health, message } = judge([ran(23)], relabelled({}));
    expect(health).toBe("Drifted");
    expect(message).toMatch(/was made anew by someone else, .*; delete it, and up makes it/);
  });

  test("that is paused is so, however long it has not run, and whatever became of its runs", () => {
    expect(judge([ran(1)], {}, paused)).toMatchObject({
      health: "Paused",
      nextRun: undefined,
      lastSuccessfulBackup: "2026-11-01T02:05:00.000Z",
      message: undefined,
    });
    const shrunk = ran(23, "Completed", { items: 1 });
    for (const taken of [[ran(22), ran(23, "Failed")], [ran(22), shrunk], []])
      expect(judge(taken, { files: new Map() }, { ...paused, maxAge: "1h" })).toMatchObject({
        health: "Paused",
        message: undefined,
      });
  });
});

describe("Of all that is wrong with a schedule, told is", () => {
  const gone = { files: new Map() };
  const [edited, trouble] = [{ live: liveSchedule({ schedule: "0 3 * * *" }) }, { locationTrouble: "gone" }];
  const ending = ran(21, "Completed", { expiration: NOW.toISOString() });
  const failed = ran(23, "Failed");
  test.each([
    ["an edit before why no run can succeed", { ...edited, ...trouble }, [ran(23)], "Drifted"],
    ["a dead Velero before what it last said", { ...trouble, staleReason: "dead" }, [ran(23)], "Unknown"],
    ["why no run can succeed before the last one", trouble, [failed], "Failing"],
    ["the last run before the data of the one before", gone, [ran(22), failed], "Failing"],
    ["lost data before a missed run", gone, [ran(21)], "Missing"],
    ["a missed run before one that ends", {}, [ending], "Stale"],
  ])("%s", (_what, found, taken, health) => {
    expect(judge(taken, found).health).toBe(health);
  });
});

test("a schedule whose cadence state does not know any more, as of a damaged state, is judged without one", () => {
  const nameless = { schedule: "at noon" };
  const live = liveSchedule({}, { phase: "Enabled" }, { ...scheduled, ...nameless });
  expect(judge([ran(1)], { live }, nameless)).toMatchObject({ health: "Healthy", nextRun: undefined });
});
