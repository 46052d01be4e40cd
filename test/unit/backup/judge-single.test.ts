import { describe, expect, test } from "vitest";
import type { ClusterBackupOutputs } from "../../../provider/resources/backup/outputs.ts";
import { judgeSingle, type SingleFindings } from "../../../provider/resources/backup/judge-single.ts";
import type { StoredFiles } from "../../../provider/resources/backup/stored-files.ts";
import { stampOf } from "../../../provider/lifecycle/identity.ts";
import type { BackupStatus } from "../../../provider/velero/types.ts";
import { backupOf, NOW, requestFor, state } from "./state.ts";

const taken: ClusterBackupOutputs = { ...state, backupName: "b", expiration: "2026-12-23T12:00:00Z" };
const completed: BackupStatus = { phase: "Completed", startTimestamp: "2026-11-23T11:00:00Z", warnings: 1 };

const tarball = { size: 1_000, etag: "0a1b" };
const METADATA = "east/backups/b/velero-backup.json";
const TARBALL = "east/backups/b/b.tar.gz";
const inStore = (...keys: string[]): StoredFiles => new Map(keys.map((key) => [key, tarball]));

const judged = (
  live: BackupStatus | undefined,
  found: Partial<SingleFindings> = {},
  changes: Partial<ClusterBackupOutputs> = {},
) =>
  judgeSingle(
    { ...taken, ...changes },
    { live: live && backupOf(live), files: undefined, requests: [], now: NOW, ...found },
  );

describe("A single backup", () => {
  test("is healthy while it is there and complete, with its counts", () => {
    expect(judged(completed)).toMatchObject({
      health: "Healthy",
      phase: "Completed",
      backupName: "b",
      warnings: 1,
      errors: 0,
      message: undefined,
    });
  });

  test("has drifted when a label that is declared is another one on it, unless its data is gone", () => {
    const labels = { team: "payments" };
    expect(judged(completed, {}, { labels })).toMatchObject({
      health: "Drifted",
      message: 'label "team" of Backup velero/b is not what is declared; up sets it right',
    });
    expect(judged(completed, { files: inStore(METADATA) }, { labels }).health).toBe("Missing");
    const live = backupOf(completed);
    const tagged = { ...live, metadata: { ...live.metadata, ...stampOf({ ...state, labels }) } };
    expect(judged(completed, { live: tagged }, { labels }).health).toBe("Healthy");
  });

  test("is missing when it vanished before its time", () => {
    expect(judged(undefined)).toEqual({
      health: "Missing",
      message: "Backup velero/b is gone before its time; up takes another",
    });
    expect(judged(undefined, {}, { expiration: undefined }).health).toBe("Missing");
  });

  test("has done its work when it is gone by its TTL: no drift, and none to take again", () => {
    expect(judged(undefined, {}, { expiration: "2026-11-23T12:00:00Z" })).toEqual({
      health: "Healthy",
      phase: "Expired",
      message: undefined,
    });
  });

  test("has done its work, too, while Velero is about to delete it for its TTL, its data first", () => {
    const over = { expiration: "2026-11-23T12:00:00Z" };
    const done = { health: "Healthy", phase: "Expired" };
    const deleting: BackupStatus = { ...completed, phase: "Deleting" };
    expect(judged(deleting, {}, over)).toMatchObject(done);
    expect(judged(completed, { files: inStore(METADATA) }, over)).toMatchObject(done);
    const request = requestFor("b", "object is locked");
    expect(judged(deleting, { requests: [request] }, over)).toMatchObject({ health: "Stuck" });
  });

  test("that was refused, so that there is none to be missing, is unhealthy in the words of that up", () => {
    const refused = {
      backupName: undefined,
      phase: "FailedValidation",
      unfinished: "Velero refuses it",
    } as const;
    expect(judged(undefined, {}, refused)).toEqual({ health: "Unhealthy", message: "Velero refuses it" });
  });

  test("that is complete but in part is healthy only where that was accepted", () => {
    const partly = { phase: "PartiallyFailed", errors: 2 };
    expect(judged(partly)).toMatchObject({
      health: "Failing",
      phase: "PartiallyFailed",
      message: "Backup velero/b: 2 errors, 0 warnings; up takes another",
    });
    expect(judged(partly, {}, { allowPartialFailure: true })).toMatchObject({
      health: "Healthy",
      phase: "PartiallyFailed",
      errors: 2,
      message: undefined,
    });
  });

  test.each(["Failed", "FailedValidation"])("in phase %s is failing, in Velero's words", (phase) => {
    expect(judged({ phase, failureReason: "disk full" })).toMatchObject({
      health: "Failing",
      phase,
      message: `Backup velero/b is ${phase}: disk full; up takes another`,
    });
  });

  test.each(["New", "Queued", "InProgress", "SomethingNew", undefined])(
    "in phase %s is not done with, and the next up waits for it",
    (phase) => {
      expect(judged({ ...(phase && { phase }), startTimestamp: "2026-11-23T11:00:00Z" })).toMatchObject({
        health: "Unhealthy",
        // A program is told of no phase that this version does not know; the message has Velero's own word.
        phase: phase === "SomethingNew" ? "InProgress" : (phase ?? "New"),
        message: `Backup velero/b is ${phase ?? "New"}; up waits for it`,
      });
    },
  );

  test("that runs for longer than Velero allows is stuck", () => {
    expect(judged({ phase: "InProgress", startTimestamp: "2026-11-23T03:00:00Z" })).toMatchObject({
      health: "Stuck",
      message: "Backup velero/b has been InProgress since 2026-11-23T03:00:00Z",
    });
    const waiting = backupOf({ phase: "Queued" });
    waiting.metadata.creationTimestamp = "2026-11-22T12:00:00Z";
    expect(judgeSingle(taken, { live: waiting, files: undefined, requests: [], now: NOW })).toMatchObject({
      health: "Stuck",
      message: "Backup velero/b has been Queued since 2026-11-22T12:00:00Z",
    });
  });

  test("that is being deleted is as good as missing, and stuck where Velero could not", () => {
    const deleting = { ...completed, phase: "Deleting" };
    expect(judged(deleting, { requests: [requestFor("another", "locked")] })).toMatchObject({
      health: "Missing",
      phase: "Deleting",
      message: "Backup velero/b is being deleted before its time; up takes another",
    });
    expect(judged(deleting, { requests: [requestFor("b", "object is locked")] })).toMatchObject({
      health: "Stuck",
      phase: "Deleting",
      message: "Backup velero/b was to be deleted and could not be: object is locked",
    });
  });
});

describe("The data of a single backup", () => {
  test("is looked for where the store could be asked, and else believed", () => {
    expect(judged(completed, { files: inStore(METADATA, TARBALL) }).health).toBe("Healthy");
    expect(judged(completed, { files: undefined }).health).toBe("Healthy");
  });

  test.each([
    ["nothing of it", []],
    ["no tarball", [METADATA]],
    ["no metadata, by which Velero knows it", [TARBALL]],
    ["only another backup's", ["east/backups/b2/velero-backup.json", "east/backups/b2/b2.tar.gz"]],
    ["only another cluster's", ["west/backups/b/velero-backup.json", "west/backups/b/b.tar.gz"]],
  ])("is missing where %s is in the store, though the object is there and complete", (_what, keys) => {
    const lost = {
      health: "Missing",
      phase: "Completed",
      message: "the data of Backup velero/b is gone from the store (east/backups/b/); up takes another",
    };
    expect(judged(completed, { files: inStore(...keys) })).toMatchObject(lost);
    const partly = { ...completed, phase: "PartiallyFailed" };
    expect(judged(partly, { files: inStore(...keys) }, { allowPartialFailure: true })).toMatchObject({
      ...lost,
      phase: "PartiallyFailed",
    });
  });

  test.each([
    ["size", { size: 10, etag: "0a1b" }, /it has 1000 bytes, and had 10\./],
    ["content", { size: 1_000, etag: "ffff" }, /is not the one that Velero stored/],
  ])("is suspect where its tarball has another %s than the one that was stored", (_what, stored, words) => {
    const found = judged(completed, { files: inStore(METADATA, TARBALL) }, { stored });
    expect(found).toMatchObject({ health: "Suspect", message: expect.stringMatching(words) });
    expect(found.message).toContain("change `triggers` to take another backup");
  });

  test("is good where its tarball is the one that was stored, or nobody noted that", () => {
    const files = inStore(METADATA, TARBALL);
    expect(judged(completed, { files }, { stored: { etag: "0a1b", size: 1_000 } }).health).toBe("Healthy");
    expect(judged(completed, { files }, { stored: undefined }).health).toBe("Healthy");
  });

  test("is nothing to a backup that ended by its TTL, or is none", () => {
    const files = inStore();
    const expired = { expiration: "2026-11-23T11:59:59Z" };
    expect(judged(undefined, { files }, expired)).toMatchObject({ health: "Healthy", phase: "Expired" });
    expect(judged({ phase: "Failed", failureReason: "full" }, { files }).message).toContain("full");
  });
});
