import { describe, expect, test } from "vitest";
import type { ClusterBackupOutputs } from "../../../provider/schemas/cluster-backup.ts";
import {
  type BackupFindings,
  judgeSingle,
  type SingleFindings,
} from "../../../provider/rules/judge-single.ts";
import { stampOf } from "../../../provider/core/identity.ts";
import type { BackupStatus } from "../../../provider/velero/types.ts";
import { backupOf, NOW, requestFor, state } from "../kinds/backup/state.ts";

const taken: ClusterBackupOutputs = { ...state, backupName: "b", expiration: "2026-12-23T12:00:00Z" };
const startTimestamp = "2026-11-23T11:00:00Z";
const completed: BackupStatus = { phase: "Completed", startTimestamp, warnings: 1 };
const partly: BackupStatus = { phase: "PartiallyFailed", errors: 2 };
const deleting: BackupStatus = { ...completed, phase: "Deleting" };
const allowed = { allowPartialFailure: true };
const over = { expiration: NOW.toISOString() };

const inStore = (...keys: string[]): Partial<SingleFindings> => ({
  files: new Map(keys.map((key) => [key, { size: 1_000, etag: "0a1b" }])),
});
const METADATA = "east/backups/b/velero-backup.json";
const TARBALL = "east/backups/b/b.tar.gz";
const refusing = (name: string) => ({ requests: [requestFor(name, "object is locked")] });

const judged = (
  live: BackupStatus | undefined,
  found: Partial<SingleFindings> = {},
  changes: Partial<ClusterBackupOutputs> = {},
) =>
  judgeSingle(
    { ...taken, ...changes },
    { live: live && backupOf(live), files: undefined, requests: [], now: NOW, ...found },
  );
/** `Failing Failed: Backup velero/b is …` */
const told = ({ health, phase, message }: BackupFindings): string =>
  [health, ...(phase ? [` ${phase}`] : []), ...(message ? [`: ${message}`] : [])].join("");

type Row = [
  what: string,
  live: BackupStatus | undefined,
  expected: string,
  found?: Partial<SingleFindings>,
  changes?: Partial<ClusterBackupOutputs>,
];
const STUCK = "Stuck Deleting: Backup velero/b was to be deleted and could not be: object is locked";
const GONE = "Missing: Backup velero/b is gone before its time; up takes another";

describe("A single backup", () => {
  test("is healthy while it is there and complete, with its counts", () => {
    expect(judged(completed)).toMatchObject({ backupName: "b", warnings: 1, errors: 0, message: undefined });
  });

  test.each<Row>([
    ["is complete", completed, "Healthy Completed"],
    ["vanished before its time", undefined, GONE],
    ["vanished, of which nobody knows the time", undefined, GONE, {}, { expiration: undefined }],
    // No drift, and none to take again.
    ["is gone by its TTL", undefined, "Healthy Expired", {}, over],
    // Velero deletes its data first.
    ["is about to go for its TTL", deleting, "Healthy Expired", {}, over],
    ["has lost its data at its time", completed, "Healthy Expired", inStore(METADATA), over],
    ["could not go at its time", deleting, STUCK, refusing("b"), over],
    [
      "was refused, so that there is none to be missing",
      undefined,
      "Unhealthy: Velero refuses it",
      {},
      { backupName: undefined, phase: "FailedValidation", unfinished: "Velero refuses it" },
    ],
    [
      "is complete but in part",
      partly,
      "Failing PartiallyFailed: Backup velero/b: 2 errors, 0 warnings; up takes another",
    ],
    ["is so, and that was accepted", partly, "Healthy PartiallyFailed", {}, allowed],
    ...["Failed", "FailedValidation"].map((phase): Row => [
      `is ${phase}`,
      { phase, failureReason: "disk full" },
      `Failing ${phase}: Backup velero/b is ${phase}: disk full; up takes another`,
    ]),
    ...["New", "Queued", "InProgress"].map((phase): Row => [
      `is ${phase}`,
      { phase, startTimestamp },
      `Unhealthy ${phase}: Backup velero/b is ${phase}; up waits for it`,
    ]),
    ["has no phase", { startTimestamp }, "Unhealthy New: Backup velero/b is New; up waits for it"],
    // A program is told of no phase that this version does not know; the message has Velero's own word.
    [
      "is in a phase of a later Velero",
      { phase: "SomethingNew", startTimestamp },
      "Unhealthy InProgress: Backup velero/b is SomethingNew; up waits for it",
    ],
    [
      "runs for longer than Velero allows",
      { phase: "InProgress", startTimestamp: "2026-11-23T03:00:00Z" },
      "Stuck InProgress: Backup velero/b has been InProgress since 2026-11-23T03:00:00Z",
    ],
    [
      "is being deleted",
      deleting,
      "Missing Deleting: Backup velero/b is being deleted before its time; up takes another",
      refusing("another"),
    ],
    ["could not be deleted", deleting, STUCK, refusing("b")],
  ])("that %s: %s", (_what, live, expected, found, changes) => {
    expect(told(judged(live, found, changes))).toBe(expected);
  });

  test("that waits for longer than Velero allows is stuck by when it was created", () => {
    const waiting = backupOf({ phase: "Queued" });
    waiting.metadata.creationTimestamp = "2026-11-22T12:00:00Z";
    expect(told(judged({}, { live: waiting }))).toBe(
      "Stuck Queued: Backup velero/b has been Queued since 2026-11-22T12:00:00Z",
    );
  });

  test("has drifted when a label that is declared is another one on it, unless its data is gone", () => {
    const labels = { team: "payments" };
    expect(told(judged(completed, {}, { labels }))).toBe(
      'Drifted Completed: label "team" of Backup velero/b is not what is declared; up sets it right',
    );
    expect(judged(completed, inStore(METADATA), { labels }).health).toBe("Missing");
    const live = backupOf(completed);
    const tagged = { ...live, metadata: { ...live.metadata, ...stampOf({ ...state, labels }) } };
    expect(judged(completed, { live: tagged }, { labels }).health).toBe("Healthy");
  });
});

describe("The data of a single backup", () => {
  const LOST = ": the data of Backup velero/b is gone from the store (east/backups/b/); up takes another";
  test.each([
    ["nothing of it", []],
    ["no tarball", [METADATA]],
    ["no metadata, by which Velero knows it", [TARBALL]],
    ["only another backup's", ["east/backups/b2/velero-backup.json", "east/backups/b2/b2.tar.gz"]],
    ["only another cluster's", ["west/backups/b/velero-backup.json", "west/backups/b/b.tar.gz"]],
  ])("is missing where %s is in the store, though the object is there and complete", (_what, keys) => {
    expect(told(judged(completed, inStore(...keys)))).toBe(`Missing Completed${LOST}`);
    expect(told(judged(partly, inStore(...keys), allowed))).toBe(`Missing PartiallyFailed${LOST}`);
  });

  const whole = inStore(METADATA, TARBALL);
  test.each([
    ["size", { size: 10, etag: "0a1b" }, /it has 1000 bytes, and had 10\./],
    ["content", { size: 1_000, etag: "ffff" }, /is not the one that Velero stored/],
  ])("is suspect where its tarball has another %s than the one that was stored", (_what, stored, words) => {
    const found = judged(completed, whole, { stored });
    expect(found).toMatchObject({ health: "Suspect", message: expect.stringMatching(words) });
    expect(found.message).toContain("change `triggers` to take another backup");
  });

  test("is good where its tarball is the one that was stored, or nobody noted that", () => {
    for (const stored of [{ etag: "0a1b", size: 1_000 }, undefined])
      expect(judged(completed, whole, { stored }).health).toBe("Healthy");
  });

  test("is nothing to a backup that ended by its TTL, or is none", () => {
    expect(told(judged(undefined, inStore(), over))).toBe("Healthy Expired");
    expect(judged({ phase: "Failed", failureReason: "full" }, inStore()).message).toContain("full");
  });
});
