import { expect, test } from "vitest";
import {
  daemonSets,
  deployments,
  persistentVolumeClaims,
  persistentVolumes,
  pods,
  type ResourceType,
  snapshotLocations,
  storageClasses,
  volumeSnapshotClasses,
} from "../../../provider/kubernetes/resources.ts";
import { KubernetesError } from "../../../provider/kubernetes/kubernetes-error.ts";
import { volumesOfCluster } from "../../../provider/volumes/volumes-of-cluster.ts";
import { type MemoryCluster, memoryCluster } from "../kinds/backup/memory-cluster.ts";
import { hide } from "../kinds/restore/stage.ts";
import { claim, pod, volume } from "./volume-objects.ts";

const SNAPSHOTS = { snapshots: true };

function clusterWith(args: string[] = [], replicas = 1): MemoryCluster {
  const cluster = memoryCluster(() => undefined);
  cluster.put(persistentVolumeClaims, claim("shop/data"));
  cluster.put(pods, pod("shop/web", "data"));
  cluster.put(pods, { metadata: { name: "idle", namespace: "shop" } });
  cluster.put(persistentVolumes, volume("pv-data"));
  cluster.put(daemonSets, { metadata: { name: "node-agent", namespace: "velero" } });
  const containers = [
    { name: "sidecar", args: ["--features=EnableCSI"] },
    { name: "velero", args },
  ];
  const spec = { replicas, template: { spec: { containers } } };
  cluster.put(deployments, { metadata: { name: "velero", namespace: "velero" }, spec } as never);
  return cluster;
}

test("A cluster is looked at by lists, and by what it has to save volumes with", async () => {
  const cluster = clusterWith(["server", "--features=EnableCSI", "--default-volumes-to-fs-backup"]);
  cluster.put(snapshotLocations, { metadata: { name: "aws", namespace: "velero" } });
  const found = await volumesOfCluster(cluster.client, "velero", SNAPSHOTS);
  expect(found.objects).toMatchObject({
    claims: [claim("shop/data")],
    pods: [pod("shop/web", "data")],
    volumes: [volume("pv-data")],
  });
  expect(found.objects?.pods).toHaveLength(1);
  expect(found).toMatchObject({
    means: { nodeAgent: true, csi: true, locations: ["aws"], snapshotClasses: [], storageClasses: [] },
    defaults: { csi: true, defaultVolumesToFsBackup: true, snapshotMoveData: false },
    isServerHidden: false,
  });
  expect(cluster.writes).toEqual([]);
});

test.each([
  [["server"], { csi: false, defaultVolumesToFsBackup: false, snapshotMoveData: false }],
  [
    ["--features", "EnableX,EnableCSI", "--default-snapshot-move-data=true"],
    { csi: true, defaultVolumesToFsBackup: false, snapshotMoveData: true },
  ],
  [
    ["--features=EnableX", "--default-volumes-to-fs-backup=false"],
    { csi: false, defaultVolumesToFsBackup: false, snapshotMoveData: false },
  ],
])("%j are the server's defaults", async (args, defaults) => {
  const { client } = clusterWith(args);
  expect((await volumesOfCluster(client, "velero", SNAPSHOTS)).defaults).toEqual(defaults);
});

test("A Deployment that runs nothing, or that is not there, says nothing of the server", async () => {
  const scaled = await volumesOfCluster(clusterWith(["--features=EnableCSI"], 0).client, "velero", SNAPSHOTS);
  const cluster = clusterWith();
  cluster.remove(deployments, "velero");
  const gone = await volumesOfCluster(cluster.client, "velero", SNAPSHOTS);
  for (const found of [scaled, gone])
    expect(found).toMatchObject({ defaults: undefined, means: { csi: undefined }, isServerHidden: false });
});

test("What is not served is not there; what may not be seen is left open", async () => {
  const cluster = clusterWith();
  const { list, get } = cluster.client;
  cluster.client.list = (scope) =>
    scope.type === volumeSnapshotClasses
      ? Promise.reject(new KubernetesError({ status: 404, reason: "NotFound", what: "not served" }))
      : list(scope);
  for (const type of [storageClasses, snapshotLocations, pods]) hide(cluster, type);
  const forbidden: ResourceType[] = [daemonSets, deployments];
  cluster.client.get = (target) =>
    forbidden.includes(target.type)
      ? Promise.reject(new KubernetesError({ status: 403, reason: "Forbidden", what: "may not" }))
      : get(target);
  expect(await volumesOfCluster(cluster.client, "velero", SNAPSHOTS)).toEqual({
    objects: undefined,
    means: {
      nodeAgent: undefined,
      csi: undefined,
      locations: undefined,
      snapshotClasses: [],
      storageClasses: undefined,
    },
    defaults: undefined,
    isServerHidden: true,
  });
});

test("Of snapshots nothing is asked where none is to be taken", async () => {
  const cluster = clusterWith();
  const asked: string[] = [];
  const { list } = cluster.client;
  cluster.client.list = (scope) => {
    asked.push(scope.type.plural);
    return list(scope);
  };
  await volumesOfCluster(cluster.client, "velero", { snapshots: false });
  expect(asked.toSorted()).toEqual(["persistentvolumeclaims", "persistentvolumes", "pods"]);
});
