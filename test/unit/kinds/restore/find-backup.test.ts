import { describe, expect, test } from "vitest";
import { backups } from "../../../../provider/kubernetes/resources.ts";
import { stampOf } from "../../../../provider/core/identity.ts";
import type { BackupRequest } from "../../../../provider/restore-model/choose-backup.ts";
import { findBackup } from "../../../../provider/kinds/restore/find-backup.ts";
import type { ObjectStore } from "../../../../provider/store/object-store.ts";
import type { Backup } from "../../../../provider/velero/types.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";
import { fakeStore } from "../../store/fake-store.ts";
import { MAKER, SOURCE } from "./state.ts";

interface Parts {
  phase?: string;
  start?: string;
  owner?: string;
  location?: string;
  failureReason?: string;
}

const backup = (
  name: string,
  {
    phase = "Completed",
    start = timeIn(name),
    owner = SOURCE,
    location = "sees-east",
    failureReason,
  }: Parts = {},
): Backup => ({
  metadata: { name, namespace: "velero", ...stampOf({ ...MAKER, owner, incarnation: "0a1b" }) },
  spec: { storageLocation: location },
  status: {
    phase,
    startTimestamp: start,
    completionTimestamp: start,
    ...(failureReason === undefined ? {} : { failureReason }),
  },
});

/** As Velero would have it with that name: `b-20261123020000`. */
const timeIn = (name: string): string =>
  name.replace(/^.*-(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/, "$1-$2-$3T$4:$5:$6Z");

const [old, middle, young] = [21, 22, 23].map((day) => `b-202611${day}020000`) as [string, string, string];

/** A store with these backups of east, each written as it ended, and which of their files were read. */
function storeWith(...stored: Backup[]) {
  const read: string[] = [];
  const written = new Map<string, Date>();
  const { objects, ...store } = fakeStore();
  for (const each of stored) {
    const key = `east/backups/${each.metadata.name}/velero-backup.json`;
    objects.set(key, Buffer.from(JSON.stringify(each)));
    written.set(key, new Date(each.status?.completionTimestamp ?? ""));
  }
  return {
    ...store,
    objects,
    read,
    written,
    async *list(prefix: string) {
      for await (const each of store.list(prefix))
        yield { ...each, modified: written.get(each.key) ?? each.modified };
    },
    get: (key: string) => {
      read.push(key);
      return store.get(key);
    },
  };
}

const places = (store?: ObjectStore, seen: readonly Backup[] = []) => {
  const { client, put, writes } = memoryCluster();
  for (const each of seen) put(backups, each);
  return {
    client,
    writes,
    location: { namespace: "velero", locationName: "sees-east" },
    store,
    storePrefix: "east",
    source: "east",
  };
};

const newest: BackupRequest = { owners: [MAKER] };
const foundIn = async (wish: BackupRequest, ...stored: Backup[]) =>
  (await findBackup(wish, places(storeWith(...stored)))).metadata.name;

describe("In the store", () => {
  test("the newest good one is found, and only some others are read beside it", async () => {
    const store = storeWith(backup(old), backup(young, { phase: "Failed" }), backup(middle));
    expect((await findBackup(newest, places(store))).metadata.name).toBe(middle);
    const month = Array.from({ length: 30 }, (_, day) =>
      backup(`b-202609${String(day + 1).padStart(2, "0")}020000`),
    );
    const many = storeWith(...month, backup(young));
    expect((await findBackup(newest, places(many))).metadata.name).toBe(young);
    expect(many.read[0]).toBe(`east/backups/${young}/velero-backup.json`);
    expect(many.read.length).toBeLessThan(10);
  });

  test("the newest is the one that began last, whatever the digits in the names say", async () => {
    // Named by a server in New York, five hours behind UTC.
    const later = backup("b-20261123070000", { start: "2026-11-23T12:00:00Z" });
    const earlier = backup("b-20261123110000", { start: "2026-11-23T11:00:00Z" });
    expect(await foundIn(newest, earlier, later)).toBe("b-20261123070000");
    expect(await foundIn(newest, later, earlier)).toBe("b-20261123070000");
  });

  test("the newest is found among many that were written after it began, and that began before it", async () => {
    const ended = { completionTimestamp: "2026-11-23T14:00:00Z" };
    const slow = Array.from({ length: 20 }, (_, minute) => {
      const each = backup(`slow-${minute}`, { start: `2026-11-23T10:${String(minute + 10)}:00Z` });
      return { ...each, status: { ...each.status, ...ended } };
    });
    const quick = backup("quick", { start: "2026-11-23T12:00:00Z" });
    expect(await foundIn(newest, ...slow, quick)).toBe("quick");
  });

  test("the newest is found in a bucket that was copied, whose files are all younger than the backups", async () => {
    const month = Array.from({ length: 30 }, (_, day) =>
      backup(`b-202609${String(day + 1).padStart(2, "0")}020000`),
    );
    const store = storeWith(...month, backup(young));
    for (const key of store.written.keys()) store.written.set(key, new Date("2026-12-01T00:00:00Z"));
    expect((await findBackup(newest, places(store))).metadata.name).toBe(young);
    // A store that tells no time.
    store.written.clear();
    expect((await findBackup(newest, places(store))).metadata.name).toBe(young);
  });

  test("an old one that cannot be read keeps nobody from a newer one", async () => {
    const store = storeWith(backup(old), backup(young));
    store.objects.set(`east/backups/${old}/velero-backup.json`, Buffer.from("garbage"));
    expect((await findBackup(newest, places(store))).metadata.name).toBe(young);
  });

  test("one that is named is the only one that is read", async () => {
    const store = storeWith(backup(old), backup(young));
    expect((await findBackup({ backupName: old }, places(store))).metadata.name).toBe(old);
    expect(store.read).toEqual([`east/backups/${old}/velero-backup.json`]);
  });

  test("others' are passed over, and a folder without a backup is none", async () => {
    const store = storeWith(backup(old), backup(young, { owner: "urn:another" }));
    store.objects.set(`east/backups/${middle}/${middle}.tar.gz`, Buffer.from("x"));
    expect((await findBackup(newest, places(store))).metadata.name).toBe(old);
  });
});

describe("Without a way to the store", () => {
  test("it is what the target cluster has seen, in the location of the source alone", async () => {
    const seen = [backup(old), backup(middle), backup(young, { location: "own" })];
    const where = places(undefined, seen);
    expect((await findBackup(newest, where)).metadata.name).toBe(middle);
    expect((await findBackup({ backupName: old }, where)).metadata.name).toBe(old);
    await expect(findBackup({ backupName: young }, where)).rejects.toThrow(
      `there is no Backup ${young} of cluster "east".`,
    );
    expect(where.writes).toEqual([]);
  });

  test("the newest of those that cannot be restored is named", async () => {
    const seen = [backup(old, { phase: "Failed" }), backup(young, { phase: "InProgress" })];
    await expect(findBackup(newest, places(undefined, seen))).rejects.toThrow(`Backup ${young}`);
  });
});

describe("It is said at once", () => {
  test.each<[string, BackupRequest, RegExp]>([
    [
      "that a schedule has made none yet, and how to have one",
      { schedule: "nightly" },
      /^backup: there is no good backup of cluster "east" below east\/ in a store in memory\. .*`runNow: true`/,
    ],
    [
      "that there was none by then",
      { schedule: "nightly", before: "2026-11-01T00:00:00Z" },
      /^backup: there is no good backup of cluster "east" that had ended by 2026-11-01T00:00:00Z below east\//,
    ],
    [
      "that there is none of that name",
      { backupName: "typo" },
      /^backup: there is no Backup typo of cluster "east" below east\/ in a store in memory\. Mend its name/,
    ],
  ])("%s", async (_what, wish, words) => {
    await expect(findBackup(wish, places(storeWith()))).rejects.toThrow(words);
  });

  test("that the one that is meant cannot be restored, which it is, and Velero's own words", async () => {
    const failed = backup(young, { phase: "Failed", failureReason: "disk full" });
    for (const wish of [newest, { backupName: young }]) {
      await expect(foundIn(wish, failed)).rejects.toThrow(
        `backup: Backup ${young} of cluster "east" is Failed: disk full. Only a backup that ended Completed`,
      );
    }
    await expect(
      foundIn({ ...newest, allowPartialFailure: true }, backup(young, { phase: "InProgress" })),
    ).rejects.toThrow(`Backup ${young} of cluster "east" is InProgress`);
  });

  test("that one which ended in part is not taken, unless such are allowed", async () => {
    const partial = backup(young, { phase: "PartiallyFailed" });
    await expect(foundIn({ backupName: young }, partial)).rejects.toThrow(
      /is PartiallyFailed: 0 errors, 0 warnings\. .*allowPartialFailure: true/,
    );
    expect(await foundIn({ backupName: young, allowPartialFailure: true }, partial)).toBe(young);
  });

  test("that what Velero has written of it cannot be read, and where that is", async () => {
    const store = storeWith(backup(old));
    const key = `east/backups/${young}/velero-backup.json`;
    for (const garbage of ["", "not json", '{"metadata":']) {
      store.objects.set(key, Buffer.from(garbage));
      for (const wish of [newest, { backupName: young }]) {
        await expect(findBackup(wish, places(store))).rejects.toThrow(
          `backup: what Velero has written of Backup ${young} cannot be read (${key} in a store in memory)`,
        );
      }
    }
  });

  test("that the store does not answer", async () => {
    const store = { ...storeWith(), get: () => Promise.reject(new Error("the store is down")) };
    await expect(findBackup({ backupName: young }, places(store))).rejects.toThrow("the store is down");
  });
});
