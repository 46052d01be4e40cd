import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { load } from "js-yaml";
import type { NodeBinaryName } from "../build/go-modules.ts";
import type { ClusterDescription } from "../description.ts";
import { KubernetesClient, type NewKubernetesObject } from "../kubernetes-client.ts";
import { createCrds } from "../parts/create-crds.ts";
import { cleanEnvironment, processNames, type StorageProcess } from "../parts/processes.ts";
import { csiSocket, kubeletDir, type NodeSite } from "./node-site.ts";

const DRIVER = "directories.csi.test";

/** Volumes and snapshots of a CSI driver of ours, by Kubernetes' own sidecars. */
export async function startStorage(site: NodeSite, cluster: ClusterDescription): Promise<void> {
  const { clusterDir, nodeBinaries, supervisor, world } = site;
  const kubernetes = new KubernetesClient(cluster);
  await createCrds(kubernetes, await snapshotCrds(nodeBinaries.kubelet));
  await Promise.all(classes.map(([path, object]) => kubernetes.create(path, object)));

  const start = async (name: StorageProcess & NodeBinaryName, ...args: string[]) => {
    const env = cleanEnvironment(clusterDir, {
      POD_NAMESPACE: "kube-system",
      NODE_NAME: `${cluster.name}-node`,
    });
    const spec = { command: nodeBinaries[name], args, env };
    await supervisor.start(processNames.storage(name, cluster.name), world.within(spec));
  };
  const kubeconfig = `--kubeconfig=${cluster.kubeconfigPath}`;
  const socket = `--csi-address=${csiSocket(site)}`;
  await start("csi-driver", storageDir(clusterDir), kubeletDir(site), `${cluster.name}-node`);
  await Promise.all([
    start("csi-provisioner", kubeconfig, socket, "--extra-create-metadata"),
    start("csi-snapshotter", kubeconfig, socket, "--extra-create-metadata"),
    start("snapshot-controller", kubeconfig),
  ]);
}

/** The folder of its volumes and snapshots: each is a folder in it. */
export function storageDir(clusterDir: string): string {
  return join(clusterDir, "storage");
}

async function snapshotCrds(binary: string): Promise<NewKubernetesObject[]> {
  const kinds = ["volumesnapshotclasses", "volumesnapshotcontents", "volumesnapshots"];
  const files = kinds.map((kind) => join(dirname(binary), `snapshot.storage.k8s.io_${kind}.yaml`));
  const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
  return texts.map((text) => load(text) as NewKubernetesObject);
}

const storageClass = (name: string, fields: object = {}): [string, NewKubernetesObject] => [
  "/apis/storage.k8s.io/v1/storageclasses",
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name },
    provisioner: DRIVER,
    ...fields,
  },
];

const classes: [string, NewKubernetesObject][] = [
  [
    "/apis/storage.k8s.io/v1/csidrivers",
    {
      apiVersion: "storage.k8s.io/v1",
      kind: "CSIDriver",
      metadata: { name: DRIVER },
      spec: { attachRequired: false, fsGroupPolicy: "None" },
    },
  ],
  storageClass("at-once"),
  storageClass("first-consumer", { volumeBindingMode: "WaitForFirstConsumer" }),
  storageClass("retained", { reclaimPolicy: "Retain" }),
  [
    "/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses",
    {
      apiVersion: "snapshot.storage.k8s.io/v1",
      kind: "VolumeSnapshotClass",
      metadata: { name: "directories" },
      driver: DRIVER,
      deletionPolicy: "Delete",
    },
  ],
];
