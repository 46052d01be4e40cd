import { describe, expect, test, vi } from "vitest";
import { backups, locations } from "../../../../provider/kubernetes/resources.ts";
import { awaitBackup } from "../../../../provider/kinds/restore/restore-in-cluster.ts";
import type { Backup, BackupStorageLocation } from "../../../../provider/velero/types.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";
import { BACKUP } from "./state.ts";

const status = {
  phase: "Completed",
  startTimestamp: "2026-11-23T02:00:00Z",
  completionTimestamp: "2026-11-23T02:01:00Z",
};
const backup = (storageLocation: string, name = BACKUP, more: Backup["status"] = {}): Backup => ({
  metadata: { name, namespace: "velero" },
  spec: { storageLocation },
  status: { ...status, ...more },
});
/** As the store knows it: in the source's own location. */
const chosen = backup("primary-east");

const location = (
  name: string,
  prefix: string,
  spec: Partial<BackupStorageLocation["spec"]> = {},
): BackupStorageLocation => ({
  metadata: { name, namespace: "velero" },
  spec: { provider: "aws", objectStorage: { bucket: "backups", prefix }, ...spec },
});

function waiting(limit = AbortSignal.timeout(60_000)) {
  const cluster = memoryCluster();
  const reports: string[] = [];
  return {
    ...cluster,
    reports,
    wait: () =>
      awaitBackup(cluster.client, chosen, {
        location: { namespace: "velero", locationName: "primary-west-east" },
        deadline: { name: "timeouts.create (1m)", signal: limit },
        progress: { report: (words) => void reports.push(words), stop: () => undefined },
      }),
  };
}

describe("A backup in the cluster into which it is to go", () => {
  test("is there at once where Velero has seen it", async () => {
    const { put, wait, reports } = waiting();
    put(backups, backup("primary-west-east"));
    expect((await wait()).metadata.name).toBe(BACKUP);
    expect(reports).toEqual([]);
  });

  test("is waited for until Velero has, which is told", async () => {
    const { put, wait, reports } = waiting();
    const seen = wait();
    await vi.waitFor(() =>
      expect(reports).toEqual([
        `waiting until cluster "east" has seen Backup velero/${BACKUP} in the store, which takes a minute or two`,
      ]),
    );
    put(backups, backup("primary-west-east", "another"));
    put(backups, backup("primary-west-east"));
    expect((await seen).metadata.name).toBe(BACKUP);
  });

  describe("that has its name and is of another location", () => {
    const other = (
      name = "primary-west",
      prefix = "west",
      spec: Partial<BackupStorageLocation["spec"]> = {},
    ) => location(name, prefix, spec);
    /** It is there so; the other location is the one that is given. */
    const meeting = (seen: Backup, ...there: BackupStorageLocation[]) => {
      const cluster = waiting();
      for (const each of [location("primary-west-east", "east"), ...there]) cluster.put(locations, each);
      cluster.put(backups, seen);
      return cluster;
    };
    const refused = `backup: Backup velero/${BACKUP} in cluster "east" is another one, of location "primary-west": Velero tells backups apart by their names alone`;

    test("is refused, at once and whenever it comes", async () => {
      const there = meeting(backup("primary-west"), other());
      await expect(there.wait()).rejects.toThrow(refused);
      await expect(there.wait()).rejects.toThrow(`velero -n velero backup delete ${BACKUP}`);
      const later = waiting();
      const put = vi
        .waitFor(() => expect(later.reports).toHaveLength(1))
        .then(() => later.put(backups, backup("primary-west")));
      await expect(later.wait()).rejects.toThrow(refused);
      await put;
      expect([...there.writes, ...later.writes]).toEqual([]);
    });

    test("is refused where its location is gone, with another way out", async () => {
      await expect(meeting(backup("primary-west")).wait()).rejects.toThrow(
        `Its location is gone, and it was left behind: kubectl -n velero delete backups.velero.io ${BACKUP}.`,
      );
    });

    test("is the same one where both locations are one place, and it was made at the same time", async () => {
      for (const same of [
        other("primary-west", "east"),
        other("primary-west", "/east/", { provider: "velero.io/aws" }),
      ])
        expect((await meeting(backup("primary-west"), same).wait()).metadata.name).toBe(BACKUP);
    });

    test.each<[string, BackupStorageLocation, Backup["status"]]>([
      ["at another time", other("primary-west", "east"), { startTimestamp: "2026-11-22T02:00:00Z" }],
      ["in another folder", other("primary-west", "east-2"), {}],
      [
        "in another bucket",
        other("primary-west", "east", { objectStorage: { bucket: "others", prefix: "east" } }),
        {},
      ],
      ["in another store", other("primary-west", "east", { config: { s3Url: "http://minio:9000" } }), {}],
      ["of another kind of store", other("primary-west", "east", { provider: "gcp" }), {}],
    ])("is another one where it was made %s", async (_what, there, more) => {
      await expect(meeting(backup("primary-west", BACKUP, more), there).wait()).rejects.toThrow(refused);
    });
  });

  test("that does not come in time is told, with what to look at", async () => {
    const { wait } = waiting(AbortSignal.timeout(50));
    await expect(wait()).rejects.toThrow(
      `timeouts: Backup velero/${BACKUP} did not appear in cluster "east" within timeouts.create (1m). ` +
        "See that BackupStorageLocation velero/primary-west-east is Available there and its lastSyncedTime moves on.",
    );
  });
});
