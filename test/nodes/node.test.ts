import { expect, test } from "vitest";
import { describeOnNodes } from "../sandbox/describe-on-nodes.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { createShop, dataOf } from "./shop.ts";

await describeOnNodes("A cluster with a node", ["east", "west"], (sandbox) => {
  test.each(["east", "west"])("runs pods with volumes of each class: %s", async (name) => {
    const cluster = sandbox().cluster(name);
    for (const storageClass of ["at-once", "first-consumer", "retained"]) {
      const shop = await createShop(cluster, { storageClass });
      expect(Object.keys((await dataOf(cluster, shop)) ?? {}).toSorted()).toEqual([
        "ledger",
        "orders/empty",
        "orders/november/1",
      ]);
    }
  });

  test("takes snapshots, and refuses them in the words that it is given", async () => {
    const { kubernetes, node } = sandbox().cluster("east");
    const shop = await createShop(sandbox().cluster("east"));
    const snapshots = `/apis/snapshot.storage.k8s.io/v1/namespaces/${shop}/volumesnapshots`;
    const take = (name: string) =>
      kubernetes.create(snapshots, {
        apiVersion: "snapshot.storage.k8s.io/v1",
        kind: "VolumeSnapshot",
        metadata: { name },
        spec: { volumeSnapshotClassName: "directories", source: { persistentVolumeClaimName: "data" } },
      });
    const statusOf = async (name: string) => (await kubernetes.get(`${snapshots}/${name}`))?.status;
    await take("good");
    await waitUntil(
      "it is ready",
      async () => (await statusOf("good"))?.["readyToUse"] === true || undefined,
    );

    await node?.refuseSnapshots("the array is full");
    await take("refused");
    const said = await waitUntil("it is refused", async () => (await statusOf("refused"))?.["error"]);
    expect(said).toMatchObject({ message: expect.stringContaining("the array is full") });

    await node?.refuseSnapshots(undefined);
    await waitUntil(
      "it is taken",
      async () => (await statusOf("refused"))?.["readyToUse"] === true || undefined,
    );
  });

  test("stops and starts its Velero", async () => {
    const { velero, kubernetes } = sandbox().cluster("east");
    await velero.stop();
    const pods = "/api/v1/namespaces/velero/pods?labelSelector=deploy%3Dvelero";
    expect(await kubernetes.list(pods)).toEqual([]);
    await velero.start();
    expect(await kubernetes.list(pods)).toHaveLength(1);
  });
});
