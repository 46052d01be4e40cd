import { describe, expect, test } from "vitest";
import { KubernetesError } from "../../../../provider/kubernetes/kubernetes-error.ts";
import {
  persistentVolumeClaims,
  persistentVolumes,
  type ResourceType,
  snapshotContents,
} from "../../../../provider/kubernetes/resources.ts";
import { awaitLeftovers, releaseLeftovers } from "../../../../provider/kinds/restore/drill.ts";
import { memoryCluster } from "../backup/memory-cluster.ts";

const DRILL = [{ metadata: { name: "shop-drill", creationTimestamp: "2026-11-23T12:00:00Z" } }];
const AFTER = "2026-11-23T12:00:05Z";
const BEFORE = "2026-11-23T11:00:00Z";

function cluster() {
  const memory = memoryCluster();
  const volume = (
    name: string,
    {
      namespace = "shop-drill",
      policy = "Retain",
      provisioned = true,
      creationTimestamp = AFTER,
      uid = "",
    } = {},
  ) =>
    memory.put(persistentVolumes, {
      metadata: {
        name,
        creationTimestamp,
        ...(provisioned && { annotations: { "pv.kubernetes.io/provisioned-by": "dir.csi.test" } }),
      },
      spec: { persistentVolumeReclaimPolicy: policy, claimRef: { namespace, name: "data", uid } },
    });
  const content = (
    name: string,
    {
      namespace = "shop-drill",
      policy = "Retain",
      restored = true,
    }: { namespace?: string; policy?: string; restored?: boolean } = {},
  ) =>
    memory.put(snapshotContents, {
      metadata: { name, ...(restored && { labels: { "velero.io/restore-name": "r" } }) },
      spec: { deletionPolicy: policy, volumeSnapshotRef: { namespace, name: "s" } },
    });
  const policyOf = (name: string) =>
    (memory.at(persistentVolumes, name)?.spec as { persistentVolumeReclaimPolicy?: string } | undefined)
      ?.persistentVolumeReclaimPolicy;
  const waited = (left: Awaited<ReturnType<typeof releaseLeftovers>>, limit = 50) =>
    awaitLeftovers(memory.client, left, { name: "timeouts.create (1m)", signal: AbortSignal.timeout(limit) });
  return { ...memory, volume, content, policyOf, waited };
}

describe("Of the volumes of a drill's claims", () => {
  test("each goes with its claim that was provisioned for it, whatever its class says", async () => {
    const { client, volume, policyOf, writes, remove, waited } = cluster();
    volume("ours");
    volume("goes", { policy: "Delete" });
    volume("theirs", { namespace: "shop" });
    const left = await releaseLeftovers(client, DRILL);
    expect([policyOf("ours"), policyOf("theirs")]).toEqual(["Delete", "Retain"]);
    expect(writes).toEqual(["patch PersistentVolume ours"]);
    // Storage takes a moment.
    const waiting = waited(left, 60_000);
    remove(persistentVolumes, "ours");
    remove(persistentVolumes, "goes");
    expect(await waiting).toEqual([]);
  });

  test("one goes that is named for a claim there, since times are whole seconds, and none of a claim that was there before", async () => {
    const { client, volume, policyOf, put } = cluster();
    put(persistentVolumeClaims, { metadata: { name: "data", namespace: "shop-drill", uid: "u-1" } });
    const { creationTimestamp } = DRILL[0]!.metadata;
    volume("pvc-u-1", { creationTimestamp, uid: "u-1" });
    // Of somebody's namespace that had the name once.
    volume("pvc-u-0", { creationTimestamp: BEFORE, uid: "u-0" });
    volume("disk-7", { creationTimestamp, uid: "u-1" });
    await releaseLeftovers(client, DRILL);
    expect(["pvc-u-1", "pvc-u-0", "disk-7"].map(policyOf)).toEqual(["Delete", "Retain", "Retain"]);
  });

  test.each<[string, object]>([
    ["was there before the drill", { creationTimestamp: BEFORE }],
    ["is as old as its namespace", { creationTimestamp: "2026-11-23T12:00:00Z" }],
    ["was made by hand", { provisioned: false }],
  ])("none is touched that %s, and it is named", async (_what, how) => {
    const { client, volume, policyOf, writes, waited } = cluster();
    volume("pv-1", how);
    const left = await releaseLeftovers(client, DRILL);
    expect([policyOf("pv-1"), writes]).toEqual(["Retain", []]);
    expect(await waited(left)).toEqual(["PersistentVolume pv-1"]);
  });
});

describe("Of the snapshots of a drill's restore", () => {
  test("the object goes, and the snapshot stays with the backup", async () => {
    const { client, content, writes, waited } = cluster();
    content("ours");
    content("theirs", { namespace: "shop" });
    expect(await waited(await releaseLeftovers(client, DRILL))).toEqual([]);
    expect(writes).toEqual(["delete VolumeSnapshotContent ours"]);
  });

  test.each<[string, object]>([
    ["with which the snapshot would go", { policy: "Delete" }],
    ["that no restore has made", { restored: false }],
  ])("none is removed %s, and it is named", async (_what, how) => {
    const { client, content, writes, waited } = cluster();
    content("vsc-1", how);
    expect(await waited(await releaseLeftovers(client, DRILL))).toEqual(["VolumeSnapshotContent vsc-1"]);
    expect(writes).toEqual([]);
  });
});

test("what these credentials may not see is named, and a kind that is not served is none", async () => {
  const { client, volume, waited } = cluster();
  volume("ours");
  const { list } = client;
  const refuse = (status: number, reason: string, ...types: ResourceType[]) => {
    client.list = (scope) =>
      types.some(({ plural }) => plural === scope.type.plural)
        ? Promise.reject(new KubernetesError({ status, reason, what: "no" }))
        : list(scope);
  };
  refuse(403, "Forbidden", persistentVolumes);
  expect(await waited(await releaseLeftovers(client, DRILL))).toEqual([
    "PersistentVolumes of its claims, if there are any: these credentials may not list them",
  ]);
  refuse(404, "NotFound", snapshotContents);
  expect((await releaseLeftovers(client, DRILL)).unseen).toEqual([]);
  refuse(500, "InternalError", snapshotContents);
  await expect(releaseLeftovers(client, DRILL)).rejects.toThrow("no");
});

test("nothing is looked for where there is no namespace of a drill", async () => {
  const { client } = cluster();
  client.list = () => Promise.reject(new Error("asked"));
  expect(await releaseLeftovers(client, [])).toEqual({ objects: [], unseen: [] });
});
