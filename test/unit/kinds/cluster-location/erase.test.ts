import { beforeEach, describe, expect, test, vi } from "vitest";
import { backups, deleteBackupRequests, locations } from "../../../../provider/kubernetes/resources.ts";
import { stampOf } from "../../../../provider/core/identity.ts";
import { eraseBackups, eraseRest, mayErase } from "../../../../provider/kinds/cluster-location/remove.ts";
import type { ClusterLocationOutputs } from "../../../../provider/schemas/cluster-location.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";
import { fakeStore } from "../../store/fake-store.ts";
import { LINEAGE, urnOf } from "../arbitrary-inputs.ts";

beforeEach(() => void vi.spyOn(console, "log").mockImplementation(() => undefined));

const owner = urnOf("ClusterLocation", "primary-east");
const OURS = { owner, lineage: LINEAGE, incarnation: "i1" };
const HAND_MADE = { metadata: { name: "by-hand", namespace: "velero" } };
const state = {
  ...OURS,
  cluster: "east",
  clusterUid: "u",
  locationName: "primary-east",
  namespace: "velero",
  storePrefix: "east",
  storage: { minio: { bucket: "b", endpoint: "http://minio:9000" } },
  accessMode: "ReadWrite",
  deletionPolicy: "delete",
  readLocations: {},
} as unknown as ClusterLocationOutputs;
const deadline = { name: "timeouts.delete (1m)", signal: AbortSignal.timeout(60_000) };

const location = (incarnation = "i1") => ({
  metadata: { name: "primary-east", namespace: "velero", ...stampOf({ ...OURS, incarnation }) },
});

/** A cluster with a location, and a store that has its claim. `taken` are backups of this stack. */
async function begin({ taken = [] as string[], claimed = true } = {}) {
  const cluster = memoryCluster();
  const store = fakeStore();
  if (claimed) {
    const claim = { version: 1, ...OURS, formerOwners: [], cluster: { key: "east", uid: "u" } };
    await store.put("east/metadata/pulumi-velero.json", JSON.stringify(claim));
  }
  const put = async (name: string, stamp: object = stampOf(OURS)) => {
    const backup = {
      metadata: { name, namespace: "velero", ...stamp },
      spec: { storageLocation: "primary-east" },
      status: { phase: "Completed" },
    };
    cluster.put(backups, backup);
    await store.put(`east/backups/${name}/velero-backup.json`, JSON.stringify(backup));
  };
  for (const name of taken) await put(name);
  const open = { client: cluster.client, uid: "u" };
  const asks = async (own: object | undefined, { hasWay = true } = {}) => {
    const how = {
      store: hasWay ? store : undefined,
      deadline,
      own: own as ReturnType<typeof location> | undefined,
    };
    return mayErase(open, state, how).catch((error: Error) => error.message);
  };
  return { cluster, store, put, asks };
}

describe("What a location has stored may be deleted with it", () => {
  test("no more where a killed run has done all of it, with a way to the store or without", async () => {
    const { asks, store } = await begin({ claimed: false });
    expect(await asks(undefined)).toBe(false);
    expect(await asks(undefined, { hasWay: false })).toBe(false);
    // The claim alone is gone.
    expect(await asks(location(), { hasWay: false })).toContain("does not carry this location's claim");
    await store.put("east/backups/b/velero-backup.json", "{}");
    expect(await asks(undefined)).toContain("does not carry this location's claim");
  });

  test("where claim, location and backups are its own, and not where one of them is another's or gone", async () => {
    const { asks, put } = await begin({ taken: ["b"] });
    expect(await asks(location())).toBe(true);
    expect(await asks(HAND_MADE)).toContain("BackupStorageLocation velero/by-hand");
    expect(await asks(undefined)).toContain("BackupStorageLocation is gone, without which Velero deletes no");
    await put("theirs", {});
    expect(await asks(location())).toContain("1 of the backups there were not made by this stack (theirs)");
  });
});

describe("While it is deleted", () => {
  test("a backup that somebody takes meanwhile stays, and so does all that is left", async () => {
    const { cluster, store, put } = await begin({ taken: ["b"] });
    cluster.put(locations, {
      ...location(),
      spec: { accessMode: "ReadWrite" },
      status: { phase: "Available" },
    });
    const create = cluster.client.create.bind(cluster.client);
    // Velero works through the request, and somebody runs `velero backup create`.
    cluster.client.create = async (type, object) => {
      const created = await create(type, object);
      if (type === deleteBackupRequests) {
        cluster.remove(backups, "b");
        store.objects.delete("east/backups/b/velero-backup.json");
        await put("theirs", {});
      }
      return created as never;
    };
    const erased = eraseBackups(cluster.client, state, { store, deadline });
    await expect(erased).rejects.toThrow("not made by this stack (theirs)");
    expect(cluster.at(backups, "theirs")).toBeDefined();
    expect([...store.objects.keys()]).toContain("east/backups/theirs/velero-backup.json");
  });

  test("one that lies in the store once the location is gone keeps what is stored", async () => {
    const { cluster, store } = await begin({ taken: ["late"] });
    const rest = eraseRest(cluster.client, state, { store, deadline });
    await expect(rest).rejects.toThrow("backups were taken meanwhile (late)");
    expect([...store.objects.keys()]).toHaveLength(2);
  });
});
