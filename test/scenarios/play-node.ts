import { onTestFinished } from "vitest";
import { KubernetesError, type KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";

const NODE = "played";
const EACH_MS = 200;
/** As a provisioner marks what it has made. */
const PROVISIONED = { "pv.kubernetes.io/provisioned-by": "played.csi.example.com" };

const velero = (kind: string) => `/apis/velero.io/v1/namespaces/velero/${kind}`;

/**
 * Plays, until the test ends, what a cluster with a node has and the sandbox has not: a scheduler, a provisioner of
 * volumes that retains them, and Velero's node agent, for all that comes into those namespaces. It runs no container and
 * moves no data.
 */
export async function playNode(cluster: SandboxCluster, namespaces: string[]): Promise<void> {
  const { kubernetes } = cluster;
  await beNodeAgent(cluster);
  const over = new AbortController();
  const played = (async () => {
    while (!over.signal.aborted) {
      for (const namespace of namespaces)
        for (const work of [schedule, provision, bringFilesBack, removeDisks])
          await work(cluster, namespace).catch(untilNextRound);
      await new Promise((resolve) => setTimeout(resolve, EACH_MS));
    }
  })();
  onTestFinished(async () => {
    over.abort();
    await played;
    await kubernetes.delete(`/apis/apps/v1/namespaces/velero/daemonsets/node-agent`);
  });
}

/** What is gone or has changed between a look and a write is looked at again, as real controllers do it. */
function untilNextRound(error: unknown): void {
  if (!(error instanceof KubernetesError && [404, 409].includes(error.status))) throw error;
}

/** Velero asks for the DaemonSet by its name, and for a pod of it on the node of the pod that it restores. */
async function beNodeAgent({ kubernetes }: SandboxCluster): Promise<void> {
  const labels = { role: "node-agent" };
  const spec = { containers: [{ name: "node-agent", image: "velero" }] };
  await kubernetes.create("/apis/apps/v1/namespaces/velero/daemonsets", {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "node-agent" },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  });
  const pods = "/api/v1/namespaces/velero/pods";
  if (await kubernetes.get(`${pods}/node-agent`)) return;
  await kubernetes.create(pods, {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "node-agent", labels },
    spec: { ...spec, nodeName: NODE },
  });
  await kubernetes.patch(`${pods}/node-agent/status`, { status: { phase: "Running" } });
}

/** The node has the labels of a node with Linux, and no other. A kubelet says when a pod is gone from it. */
async function schedule({ kubernetes }: SandboxCluster, namespace: string): Promise<void> {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  for (const { metadata, spec = {} } of await kubernetes.list(pods)) {
    if (metadata["deletionTimestamp"] !== undefined) {
      await kubernetes.delete(`${pods}/${metadata.name}?gracePeriodSeconds=0`);
      continue;
    }
    const selector = Object.entries((spec["nodeSelector"] ?? {}) as Record<string, string>);
    const fits = selector.every(([key, value]) => key === "kubernetes.io/os" && value === "linux");
    if (spec["nodeName"] !== undefined || !fits) continue;
    await kubernetes.create(`${pods}/${metadata.name}/binding`, {
      apiVersion: "v1",
      kind: "Binding",
      metadata: { name: metadata.name },
      target: { apiVersion: "v1", kind: "Node", name: NODE },
    });
  }
}

async function provision({ kubernetes }: SandboxCluster, namespace: string): Promise<void> {
  const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  for (const { metadata, spec = {}, status } of await kubernetes.list(claims)) {
    if (status?.["phase"] === "Bound" || metadata["deletionTimestamp"] !== undefined) continue;
    const { accessModes, storageClassName } = spec;
    const volume = await kubernetes.create("/api/v1/persistentvolumes", {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name: `pvc-${metadata.uid}`, annotations: PROVISIONED },
      spec: {
        accessModes,
        storageClassName,
        capacity: { storage: "1Gi" },
        hostPath: { path: "/tmp/nothing" },
        persistentVolumeReclaimPolicy: "Retain",
        claimRef: { kind: "PersistentVolumeClaim", namespace, name: metadata.name, uid: metadata.uid },
      },
    });
    const { name } = volume.metadata;
    await kubernetes.patch(`${claims}/${metadata.name}`, { spec: { volumeName: name } });
    await kubernetes.patch(`${claims}/${metadata.name}/status`, { status: { phase: "Bound" } });
    await kubernetes.patch(`/api/v1/persistentvolumes/${name}/status`, { status: { phase: "Bound" } });
  }
}

/** Once the pod is on a node. */
async function bringFilesBack({ kubernetes }: SandboxCluster, namespace: string): Promise<void> {
  for (const { metadata, spec = {}, status } of await kubernetes.list(velero("podvolumerestores"))) {
    const pod = spec["pod"] as { name: string; namespace: string };
    if (pod.namespace !== namespace || status?.["phase"] === "Completed") continue;
    const live = await kubernetes.get(`/api/v1/namespaces/${namespace}/pods/${pod.name}`);
    if (live?.spec?.["nodeName"] === undefined) continue;
    await kubernetes.patch(`${velero("podvolumerestores")}/${metadata.name}`, {
      status: { phase: "Completed", progress: { bytesDone: 9, totalBytes: 9 } },
    });
  }
}

/** A claim lets go of its finalizer once no pod mounts it, and a volume that is not retained goes with its claim. */
async function removeDisks({ kubernetes }: SandboxCluster, namespace: string): Promise<void> {
  const claims = `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;
  for (const { metadata } of await kubernetes.list(claims)) {
    if (metadata["deletionTimestamp"] === undefined) continue;
    await kubernetes.patch(`${claims}/${metadata.name}`, { metadata: { finalizers: null } });
  }
  const left = new Set((await kubernetes.list(claims)).map(({ metadata }) => metadata.uid));
  for (const volume of await volumesOf({ kubernetes } as SandboxCluster, namespace)) {
    const { claimRef, persistentVolumeReclaimPolicy: policy } = volume.spec as VolumeSpec;
    if (policy !== "Delete" || left.has(claimRef?.uid)) continue;
    const path = `/api/v1/persistentvolumes/${volume.metadata.name}`;
    await kubernetes.delete(path);
    await kubernetes.patch(path, { metadata: { finalizers: null } });
  }
}

interface VolumeSpec {
  claimRef?: { namespace?: string; uid?: string };
  persistentVolumeReclaimPolicy?: string;
}

/** The volumes of claims in a namespace, also when that is gone. */
export async function volumesOf(
  { kubernetes }: SandboxCluster,
  namespace: string,
): Promise<KubernetesObject[]> {
  const volumes = await kubernetes.list("/api/v1/persistentvolumes");
  return volumes.filter(({ spec }) => (spec as unknown as VolumeSpec).claimRef?.namespace === namespace);
}
