import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { backups, customResourceDefinitions, locations } from "../../../../provider/kubernetes/resources.ts";
import type { ClusterBackupOutputs } from "../../../../provider/schemas/cluster-backup.ts";
import { takeBackup } from "../../../../provider/kinds/backup/take-backup.ts";
import type { Backup, BackupStatus, BackupStorageLocation } from "../../../../provider/velero/types.ts";
import { servedDocuments } from "../../kubernetes/served.ts";
import { fakeStore } from "../../store/fake-store.ts";
import { memoryCluster } from "./memory-cluster.ts";
import { NOW, OWNED, state } from "./state.ts";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const SETTLED = "pulumi-velero.io/accepted";
// Nobody looks for what became of their data, which would be a write.
const aim: ClusterBackupOutputs = { ...state, volumes: "none" };
const nameAt = (second: number) => `nightly-east-0a1b2c3d-2026112312000${second}`;
const completed: BackupStatus = { phase: "Completed", progress: { itemsBackedUp: 7, totalItems: 7 } };

/** A cluster whose Velero gives new Backups these statuses at once, and from then on the last, and a way to take some. */
function velero(status: BackupStatus = completed, ...later: BackupStatus[]) {
  const statuses = [status, ...later];
  const cluster = memoryCluster((type) => {
    if (type !== backups) return undefined;
    return statuses.length > 1 ? statuses.shift() : statuses[0];
  });
  cluster.put(locations, {
    metadata: { name: "primary-east", namespace: "velero" },
    spec: { accessMode: "ReadWrite" },
    status: { phase: "Available", lastValidationTime: new Date().toISOString() },
  } as BackupStorageLocation);
  const store = fakeStore();
  const deferred: (() => Promise<void>)[] = [];
  const effects: object[] = [];
  const reports: string[] = [];
  const how = {
    client: cluster.client,
    store,
    deadline: { name: "timeouts.create (1m)", signal: AbortSignal.timeout(60_000) },
    now: () => NOW,
    onEffect: (outcome: object) => void effects.push(outcome),
    finish: async (write: () => Promise<void>) => void deferred.push(write),
    progress: {
      report: (phase: string, details = "") => void reports.push(`${phase}: ${details}`),
      stop: () => void reports.push("stopped"),
    },
  };
  return {
    ...cluster,
    store,
    deferred,
    effects,
    reports,
    take: (changes: Partial<ClusterBackupOutputs> = {}, limit: { endsAt?: number } = {}) =>
      takeBackup({ ...aim, ...changes }, { ...how, deadline: { ...how.deadline, ...limit } }),
    takeAtOnce: (changes: Partial<ClusterBackupOutputs> = {}) =>
      takeBackup({ ...aim, ...changes }, { ...how, finish: (write) => write() }),
    names: () => cluster.all(backups).map(({ metadata }) => metadata.name),
    verdictOn: (name: string) => cluster.at(backups, name)?.metadata.labels?.[SETTLED],
    label: (name: string, labels: Record<string, string>) => {
      const backup = cluster.at(backups, name) as Backup;
      cluster.put(backups, {
        ...backup,
        metadata: { ...backup.metadata, labels: { ...backup.metadata.labels, ...labels } },
      });
    },
    become: (name: string, next: BackupStatus) =>
      cluster.put(backups, { ...(cluster.at(backups, name) as Backup), status: next }),
  };
}

describe("A backup that ended well", () => {
  test("is settled by the write that finish is given, and not before that is done", async () => {
    const { take, deferred, verdictOn } = velero();
    expect(await take()).toMatchObject({ phase: "Completed", backupName: nameAt(0), itemsBackedUp: 7 });
    expect(deferred).toHaveLength(1);
    expect(verdictOn(nameAt(0))).toBeUndefined();
    await deferred[0]?.();
    expect(verdictOn(nameAt(0))).toBe("true");
  });

  test("is settled before it is told, where it stands for itself", async () => {
    const { takeAtOnce, verdictOn } = velero();
    await takeAtOnce();
    expect(verdictOn(nameAt(0))).toBe("true");
  });

  test("and was not settled, since the others of its run were not there yet, is found again by the next up", async () => {
    const { take, takeAtOnce, names, verdictOn } = velero();
    await take();
    expect(await take()).toMatchObject({ backupName: nameAt(0) });
    expect(names()).toEqual([nameAt(0)]);
    await takeAtOnce();
    expect(verdictOn(nameAt(0))).toBe("true");
    // State knows it by then.
    expect(await take({ startTime: NOW.toISOString() })).toMatchObject({ backupName: nameAt(1) });
  });

  describe("and was settled by a run that was killed before it told", () => {
    const at = (time: string): BackupStatus => ({ ...completed, startTimestamp: `2026-11-23T${time}Z` });

    test("is found again by the update that is repeated, where it is younger than all that state knows", async () => {
      const { takeAtOnce, names } = velero(at("12:00:00"));
      await takeAtOnce();
      expect(await takeAtOnce({ startTime: "2026-11-23T11:00:00Z" })).toMatchObject({
        backupName: nameAt(0),
      });
      expect(await takeAtOnce({ startTime: "2026-11-23T12:00:00Z" })).toMatchObject({
        backupName: nameAt(1),
      });
      expect(names()).toEqual([nameAt(0), nameAt(1)]);
    });

    test("is no answer to a create, which may be of a replacement that the user asks for, nor at any age", async () => {
      const one = velero();
      await one.takeAtOnce();
      expect(await one.takeAtOnce({ incarnation: "ffff" })).toMatchObject({ backupName: nameAt(1) });

      const two = velero();
      await two.takeAtOnce();
      const old = two.at(backups, nameAt(0)) as Backup;
      two.put(backups, {
        ...old,
        metadata: { ...old.metadata, creationTimestamp: "2026-11-23T11:00:00Z" },
      });
      expect(await two.takeAtOnce()).toMatchObject({ backupName: nameAt(1) });
    });

    test("is no answer where it was rejected", async () => {
      const { takeAtOnce, label, names } = velero();
      await takeAtOnce();
      label(nameAt(0), { [SETTLED]: "rejected" });
      await takeAtOnce();
      expect(names()).toHaveLength(2);
    });
  });

  test("is no answer to another wish, nor to another owner's", async () => {
    const { take, names } = velero();
    await take();
    await take({ ttl: "24h" });
    await take({ triggers: [1] });
    const another = { owner: `${state.owner}-2`, incarnation: "ffff" };
    await take(another);
    expect(names()).toHaveLength(4);
    expect(await take({ ...another, formerOwners: [OWNED] })).toMatchObject({ backupName: nameAt(3) });
    expect(await take({ owner: `${state.owner}-3`, formerOwners: [OWNED] })).toMatchObject({
      backupName: nameAt(0),
    });
    expect(names()).toHaveLength(4);
  });

  test("tells its tarball, to be known again", async () => {
    const { take, store } = velero();
    const folder = `east/backups/${nameAt(0)}`;
    const begun = take();
    for (const file of ["velero-backup.json", `${nameAt(0)}.tar.gz`])
      store.objects.set(`${folder}/${file}`, Buffer.from("x"));
    expect(await begun).toMatchObject({ backupName: nameAt(1), stored: undefined });
    store.objects.set(`east/backups/${nameAt(1)}/velero-backup.json`, Buffer.from("x"));
    store.objects.set(`east/backups/${nameAt(1)}/${nameAt(1)}.tar.gz`, Buffer.from("x"));
    expect(await take()).toMatchObject({ backupName: nameAt(1), stored: { size: 1, etag: "etag" } });
  });
});

describe("A backup that did not end well", () => {
  test("is rejected at once, though others are waited for, so that the next up takes another", async () => {
    const { take, deferred, verdictOn } = velero({ phase: "Failed", failureReason: "disk full" });
    await expect(take()).rejects.toThrow("ended Failed: disk full");
    expect(deferred).toEqual([]);
    expect(verdictOn(nameAt(0))).toBe("rejected");
    await expect(take()).rejects.toThrow(nameAt(1));
  });

  test.each([
    ["was refused", { phase: "FailedValidation", validationErrors: ["no such location"] }],
    [
      "found its name in the store",
      { phase: "Failed", failureReason: "backup already exists in object storage" },
    ],
  ])("and %s is gone at once, as a mere object, and state names none", async (_why, status) => {
    const { take, deferred, names, writes, effects } = velero(status);
    await expect(take()).rejects.toThrow(/ended Failed/);
    expect(names()).toEqual([]);
    expect(writes.at(-1)).toBe(`delete Backup ${nameAt(0)}`);
    expect(effects.at(-1)).toMatchObject({ backupName: undefined });
    expect(deferred).toEqual([]);
  });

  test("since Velero was just writing its keys is followed by another, and by no more than two", async () => {
    const keyless = {
      phase: "Failed",
      failureReason: "backup execution failed: failed to refresh cached credentials, no EC2 IMDS role found",
    };
    const once = velero(keyless, completed);
    expect(await once.takeAtOnce()).toMatchObject({ phase: "Completed", backupName: nameAt(1) });
    expect([0, 1].map((second) => once.verdictOn(nameAt(second)))).toEqual(["rejected", "true"]);
    const unseen = {
      phase: "Failed",
      failureReason: `error checking if backup already exists in object storage: ${keyless.failureReason}`,
    };
    const early = velero(unseen, completed);
    expect(await early.takeAtOnce()).toMatchObject({ phase: "Completed" });
    expect(early.names()).toHaveLength(1);
    const always = velero(keyless);
    await expect(always.take()).rejects.toThrow(`${nameAt(2)} in cluster "east" ended Failed: backup exec`);
    expect(always.names()).toEqual([0, 1, 2].map(nameAt));
  });

  test("but in part is good where such are allowed, and rejected where not", async () => {
    const partial = { phase: "PartiallyFailed", errors: 1 };
    const allowing = velero(partial);
    expect(await allowing.take({ allowPartialFailure: true })).toMatchObject({
      phase: "PartiallyFailed",
      errors: 1,
    });
    expect(allowing.deferred).toHaveLength(1);
    const strict = velero(partial);
    await expect(strict.take()).rejects.toThrow("ended PartiallyFailed (1 errors, 0 warnings)");
    expect(strict.verdictOn(nameAt(0))).toBe("rejected");
  });
});

test("a backup is known to state as soon as it exists, and how far it is is told until it ends", async () => {
  const { take, effects, reports, become } = velero({});
  const taking = take();
  const until = (condition: () => void) => vi.waitFor(condition, { interval: 1 });
  await until(() =>
    expect(effects).toEqual([expect.objectContaining({ phase: "New", backupName: nameAt(0) })]),
  );
  const place = `Backup velero/${nameAt(0)}`;
  for (const [status, words] of [
    [{ phase: "Queued", queuePosition: 2 }, "Queued: number 2 of those that wait"],
    [{ phase: "InProgress" }, "InProgress: "],
    [{ phase: "InProgress", progress: { totalItems: 20, itemsBackedUp: 5 } }, "InProgress: 5 of 20 items"],
  ] as const) {
    become(nameAt(0), status);
    await until(() => expect(reports.at(-1)).toBe(`${place} is ${words}`));
  }
  become(nameAt(0), completed);
  expect(await taking).toMatchObject({ phase: "Completed" });
  expect(reports.at(-1)).toBe("stopped");
  expect(reports[0]).toBe(`${place} is New: `);
});

test("a backup that lacks a kind which was defined just before it is rejected and followed by another, and by no third", async () => {
  const widgets = { apiVersion: "example.com/v1", kind: "Widget", plural: "widgets" };
  const before = (seconds: number) => new Date(NOW.getTime() - seconds * 1_000).toISOString();
  const began = (seconds: number) => ({ ...completed, startTimestamp: before(seconds) });
  const { take, takeAtOnce, names, verdictOn, ...place } = velero(began(330), began(1));
  for (const [path, document] of Object.entries(servedDocuments)) place.serve(path, document);
  const creationTimestamp = before(330);
  place.put(customResourceDefinitions, { metadata: { name: "widgets.example.com", creationTimestamp } });
  place.put(widgets, { metadata: { name: "one", namespace: "shop", creationTimestamp } });
  const store = (second: number, held: object) =>
    place.store.objects.set(
      `east/backups/${nameAt(second)}/${nameAt(second)}-resource-list.json.gz`,
      gzipSync(JSON.stringify(held)),
    );
  for (const second of [0, 1]) store(second, { "v1/ConfigMap": ["shop/a"] });
  await expect(take()).rejects.toThrow("Velero should have seen by then that the API serves it, and has not");
  expect(names()).toEqual([nameAt(0), nameAt(1)]);
  expect([0, 1].map((second) => verdictOn(nameAt(second)))).toEqual(["rejected", "rejected"]);
  store(2, { "example.com/v1/Widget": ["shop/one"] });
  expect(await takeAtOnce()).toMatchObject({ phase: "Completed", backupName: nameAt(2) });
});

test("a name that is taken is left to whoever has it, in the store or in the cluster", async () => {
  const { take, store, put, at } = velero();
  store.objects.set(`east/backups/${nameAt(0)}/velero-backup.json`, Buffer.from("theirs"));
  put(backups, { metadata: { name: nameAt(1), uid: "theirs" } });
  expect(await take()).toMatchObject({ backupName: nameAt(2) });
  expect(at(backups, nameAt(1))).toMatchObject({ metadata: { uid: "theirs" } });
});

test("one that is deleted while it is waited for is told as that, and not waited for until the deadline", async () => {
  const { take, remove, effects } = velero({});
  const taking = take();
  await vi.waitFor(() => expect(effects).toHaveLength(1));
  remove(backups, nameAt(0));
  await expect(taking).rejects.toThrow(/was deleted while it was being waited for\. Find out who deletes it/);
});
