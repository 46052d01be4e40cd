import { beforeEach, expect, test, vi } from "vitest";
import { backups, locations } from "../../../../provider/kubernetes/resources.ts";
import { establishBackup } from "../../../../provider/kinds/backup/take-backup.ts";
import type { ClusterBackupOutputs } from "../../../../provider/schemas/cluster-backup.ts";
import type { BackupStorageLocation } from "../../../../provider/velero/types.ts";
import type { Captured } from "../../../../provider/velero/backup-contents.ts";
import { captured } from "../restore/captured.ts";
import { fakeStore } from "../../store/fake-store.ts";
import { memoryCluster } from "./memory-cluster.ts";
import { backupOf, NOW, state } from "./state.ts";
import { storeBackup } from "./store-backup.ts";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const SETTLED = "pulumi-velero.io/accepted";
const PARTIAL = { phase: "PartiallyFailed", errors: 1 };

/** State knows the backup "b", which failed in part and was rejected for that. Velero completes another at once. */
async function known(items: readonly Captured[] = []) {
  const cluster = memoryCluster((type) =>
    type === backups ? { phase: "Completed", progress: { itemsBackedUp: 7 } } : undefined,
  );
  cluster.put(locations, {
    metadata: { name: "primary-east", namespace: "velero" },
    spec: { accessMode: "ReadWrite" },
    status: { phase: "Available", lastValidationTime: new Date().toISOString() },
  } as BackupStorageLocation);
  const backup = backupOf(PARTIAL);
  const { labels } = backup.metadata;
  cluster.put(backups, {
    ...backup,
    metadata: { ...backup.metadata, labels: { ...labels, [SETTLED]: "rejected" } },
  });
  const store = fakeStore();
  await storeBackup(store, "b", items);
  store.objects.set("east/backups/b/velero-backup.json", Buffer.from("{}"));
  const establish = (changes: Partial<ClusterBackupOutputs>) =>
    establishBackup(
      { ...state, backupName: "b", ...changes },
      {
        client: cluster.client,
        store,
        before: undefined,
        deadline: { name: "timeouts.update (1m)", signal: AbortSignal.timeout(60_000) },
        now: () => NOW,
        onEffect: () => undefined,
        finish: (write) => write(),
        progress: { report: () => undefined, stop: () => undefined },
      },
    );
  return { cluster, establish, verdict: () => cluster.at(backups, "b")?.metadata.labels?.[SETTLED] };
}

test("A backup that failed in part is taken for good once such are allowed, but not one without the data of a claim", async () => {
  const { establish, verdict } = await known();
  const allowed = { allowPartialFailure: true };
  const taken = { backupName: "b", phase: "PartiallyFailed" };
  expect(await establish(allowed)).toMatchObject({ ...taken, volumesBackedUp: 0 });
  expect(verdict()).toBe("true");
  expect(await establish({ ...allowed, volumesBackedUp: 5 })).toMatchObject({ ...taken, volumesBackedUp: 5 });

  const bound = { spec: { volumeName: "pv" }, status: { phase: "Bound" } };
  const lossy = await known([captured("persistentvolumeclaims", "shop/data", bound)]);
  // Another is taken, of which there is no tarball here.
  await expect(lossy.establish(allowed)).rejects.toThrow(
    /the tarball of Backup nightly-east-\S+ is not there/,
  );
  expect(lossy.verdict()).toBe("rejected");
  expect(await lossy.establish({ ...allowed, volumes: "none" })).toMatchObject(taken);
});

test("A backup that is kept has the labels that are declared by now, and those of others", async () => {
  const { establish, cluster } = await known();
  const allowed = { allowPartialFailure: true };
  await establish({ ...allowed, labels: { team: "a", tier: "gold" }, annotations: { page: "x" } });
  const before = cluster.at(backups, "b");
  expect(before?.metadata.labels).toMatchObject({ team: "a", tier: "gold", [SETTLED]: "true" });
  expect(before?.metadata.annotations).toMatchObject({ page: "x" });
  cluster.put(backups, {
    ...before,
    metadata: { ...before?.metadata, name: "b", labels: { ...before?.metadata.labels, theirs: "kept" } },
  });
  await establish({ ...allowed, labels: { team: "b" } });
  const { labels, annotations } = cluster.at(backups, "b")?.metadata ?? {};
  expect(labels).toEqual({
    ...backupOf(PARTIAL).metadata.labels,
    [SETTLED]: "true",
    team: "b",
    theirs: "kept",
  });
  expect(annotations).not.toHaveProperty("page");
});
