import { describe, expect, test } from "vitest";
import { NOW, OWNED, OWNER } from "./state.ts";
import { judge, liveSchedule, ran, scheduled } from "./schedule-state.ts";

const healthy = expect.objectContaining({ health: "Healthy", message: undefined });

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

  test("that is gone is missing", () => {
    expect(judge([ran(23)], { live: undefined })).toEqual({
      health: "Missing",
      message: "Schedule velero/nightly-east-0a1b2c3d is gone; up makes it again",
    });
  });

  test("that Velero refuses is failing in Velero's words", () => {
    const live = liveSchedule(
      {},
      { phase: "FailedValidation", validationErrors: ["invalid schedule", "no ttl"] },
    );
    expect(judge([ran(23)], { live })).toMatchObject({
      health: "Failing",
      phase: "FailedValidation",
      message: "Schedule velero/nightly-east-0a1b2c3d is refused by Velero: invalid schedule; no ttl",
    });
  });

  test.each([
    ["cron", { schedule: "0 3 * * *" }, "schedule"],
    ["pause", { paused: true }, "paused"],
    ["ownership", { useOwnerReferencesInBackup: true }, "useOwnerReferencesInBackup"],
    ["template", { template: { storageLocation: "primary-east", ttl: "1h" } }, "template"],
    [
      "template, by something added",
      { template: { storageLocation: "primary-east", ttl: "720h", snapshotVolumes: false } },
      "template",
    ],
  ])("whose %s someone else has changed has drifted, and what it was is told", (_what, parts, named) => {
    expect(judge([ran(23)], { live: liveSchedule(parts) })).toMatchObject({
      health: "Drifted",
      message: `Schedule velero/nightly-east-0a1b2c3d was changed by someone else (${named}); up sets it right`,
    });
  });

  test("of which another incarnation's label is on it has drifted", () => {
    const live = liveSchedule();
    const labels = { ...live.metadata.labels, "pulumi-velero.io/incarnation": "ffff" };
    expect(judge([ran(23)], { live: { ...live, metadata: { ...live.metadata, labels } } })).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining("(labels)"),
    });
  });

  test("that was made anew without our labels has drifted, and what to do is told, since up refuses it", () => {
    const live = liveSchedule();
    expect(judge([ran(23)], { live: { ...live, metadata: { ...live.metadata, labels: {} } } })).toMatchObject(
      {
        health: "Drifted",
        message: expect.stringMatching(/was made anew by someone else, .*; delete it, and up makes it/),
      },
    );
    const former = { owner: `${OWNER}-renamed`, formerOwners: [OWNED] };
    expect(judge([ran(23)], { live }, former).message).not.toContain("made anew");
  });

  test("to which the server has added its own defaults is not changed", () => {
    expect(judge([ran(23)], { live: liveSchedule({ skipImmediately: false }) })).toEqual(healthy);
  });

  test.each([
    ["resource policy", { policyDrift: "ConfigMap velero/x is gone; up makes it again" }],
    ["namespaces", { namespaceDrift: "the namespaces that match have changed" }],
  ])("whose %s have changed behind our back has drifted, in the words of who found it", (_what, found) => {
    expect(judge([ran(23)], found)).toMatchObject({ health: "Drifted", message: Object.values(found)[0] });
  });
});

describe("A schedule of which no run can succeed", () => {
  test("since nothing can be written to its location is failing, however good the last one was", () => {
    const locationTrouble =
      "BackupStorageLocation velero/primary-east is read-only, and every run fails for it";
    expect(judge([ran(23)], { locationTrouble })).toMatchObject({
      health: "Failing",
      message: locationTrouble,
    });
  });

  test("since its Velero may be dead is unknown", () => {
    const doubt = "the location was not validated since yesterday: is Velero's server still running?";
    expect(judge([ran(23)], { doubt })).toMatchObject({ health: "Unknown", message: doubt });
  });
});

describe("A paused schedule", () => {
  const paused = { paused: true };

  test("is paused, however long it has not run, and has no next run", () => {
    expect(judge([ran(1)], {}, paused)).toMatchObject({
      health: "Paused",
      nextRun: undefined,
      lastSuccessfulBackup: "2026-11-01T02:05:00.000Z",
      message: undefined,
    });
  });

  test.each([
    ["has failed", [ran(22), ran(23, "Failed")]],
    ["has shrunk", [ran(22), ran(23, "Completed", { items: 1 })]],
    ["was none", []],
  ])("is no drift for what became of its runs: the last one %s", (_what, taken) => {
    expect(judge(taken, { files: new Map() }, { ...paused, maxAge: "1h" })).toMatchObject({
      health: "Paused",
      message: undefined,
    });
  });

  test("has drifted where someone else has resumed it, and is missing where it is gone", () => {
    expect(judge([], { live: liveSchedule() }, paused)).toMatchObject({
      health: "Drifted",
      message: expect.stringContaining("(paused)"),
    });
    expect(judge([], { live: undefined }, paused)).toMatchObject({ health: "Missing" });
  });
});

describe("Of all that is wrong with a schedule, told is", () => {
  const gone = { files: new Map() };
  const edited = { live: liveSchedule({ schedule: "0 3 * * *" }) };
  test.each([
    ["an edit before why no run can succeed", { ...edited, locationTrouble: "gone" }, [ran(23)], "Drifted"],
    [
      "a dead Velero before what it last said",
      { doubt: "dead", locationTrouble: "gone" },
      [ran(23)],
      "Unknown",
    ],
    [
      "why no run can succeed before the last one",
      { locationTrouble: "gone" },
      [ran(23, "Failed")],
      "Failing",
    ],
    ["the last run before the data of the one before", gone, [ran(22), ran(23, "Failed")], "Failing"],
    ["lost data before a missed run", gone, [ran(21)], "Missing"],
    [
      "a missed run before one that ends",
      {},
      [ran(21, "Completed", { expiration: NOW.toISOString() })],
      "Stale",
    ],
  ])("%s", (_what, found, taken, health) => {
    expect(judge(taken, found).health).toBe(health);
  });
});

test("a schedule whose cadence state does not know any more, as of a damaged state, is judged without one", () => {
  const nameless = { schedule: "at noon" };
  expect(
    judge(
      [ran(1)],
      { live: liveSchedule({}, { phase: "Enabled" }, { ...scheduled, ...nameless }) },
      nameless,
    ),
  ).toMatchObject({ health: "Healthy", nextRun: undefined });
});
