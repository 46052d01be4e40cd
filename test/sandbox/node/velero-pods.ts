import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import type { ClusterDescription } from "../description.ts";
import { KubernetesClient, type NewKubernetesObject } from "../kubernetes-client.ts";
import type { ClusterOptions } from "../options.ts";
import { createCrds } from "../parts/create-crds.ts";
import { flagsForTests, requestStatus } from "../parts/start-velero.ts";
import { waitUntil } from "../wait-until.ts";
import { kubeletDir, type NodeSite } from "./node-site.ts";

/** Velero's own installer, and what its server is told for tests: a wait of hours would block all later restores. */
export async function installVeleroPods(
  site: NodeSite,
  cluster: ClusterDescription,
  image: string,
  { veleroFlags = [] }: ClusterOptions,
): Promise<void> {
  const kubernetes = new KubernetesClient(cluster);
  const objects = await manifests(site, cluster, image);
  const isCrd = ({ kind }: Manifest) => kind === "CustomResourceDefinition";
  await createCrds(kubernetes, objects.filter(isCrd));
  for (const object of objects.filter((each) => !isCrd(each))) {
    if (object.kind === "Deployment") changeServer(object, veleroFlags);
    await kubernetes.create(collectionOf(object), object);
  }
  await waitForVeleroPods(cluster);
}

const flags = [
  ...flagsForTests,
  "--plugin-dir=/plugins",
  "--fs-backup-timeout=60s",
  "--resource-timeout=30s",
  "--item-operation-sync-frequency=2s",
];

async function manifests(site: NodeSite, cluster: ClusterDescription, image: string): Promise<Manifest[]> {
  const args = [
    "install",
    "--dry-run",
    "--output=json",
    `--kubeconfig=${cluster.kubeconfigPath}`,
    `--namespace=${cluster.veleroNamespace}`,
    `--image=${image}`,
    // The image has them.
    `--plugins=${image}`,
    "--no-default-backup-location",
    "--no-secret",
    "--use-volume-snapshots=false",
    "--features=EnableCSI",
    "--use-node-agent",
    `--kubelet-root-dir=${kubeletDir(site)}`,
    ...["cpu-request", "mem-request", "cpu-limit", "mem-limit"].map((limit) => `--velero-pod-${limit}=0`),
  ];
  const { stdout } = await promisify(execFile)(site.binaries.velero, args, {
    env: { HOME: tmpdir() },
    maxBuffer: 64 * 1024 * 1024,
  });
  return (JSON.parse(stdout) as { items: Manifest[] }).items;
}

type Manifest = NewKubernetesObject & { apiVersion: string; kind: string };

interface PodSpec {
  initContainers?: unknown[];
  containers: { args: string[]; volumeMounts: { name: string }[] }[];
  volumes: { name: string }[];
}

/** Its plugins are in its image, and need no containers that bring them. */
function changeServer({ spec }: Manifest, furtherFlags: string[]): void {
  const { template } = spec as { template: { spec: PodSpec } };
  delete template.spec.initContainers;
  for (const container of template.spec.containers) {
    container.args.push(...flags, ...furtherFlags);
    container.volumeMounts = container.volumeMounts.filter(({ name }) => name !== "plugins");
  }
  template.spec.volumes = template.spec.volumes.filter(({ name }) => name !== "plugins");
}

function collectionOf({ apiVersion, kind, metadata: { namespace } }: Manifest): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${kind.toLowerCase()}s`;
}

/** Ready is a server that has answered a request for its status, and a node agent in each node. */
export async function waitForVeleroPods(cluster: ClusterDescription): Promise<void> {
  const request = await requestStatus(cluster);
  await waitUntil("Velero answers", async () => (await request.isAnswered()) || undefined);
  await request.remove();
  const kubernetes = new KubernetesClient(cluster);
  await waitUntil("the node agent runs", async () => {
    const agent = await kubernetes.get(
      `/apis/apps/v1/namespaces/${cluster.veleroNamespace}/daemonsets/node-agent`,
    );
    return agent?.status?.["numberReady"] === 1 || undefined;
  });
}

/** Velero's server, by the replicas of its Deployment. */
export function veleroServerPods(cluster: ClusterDescription): {
  stop: () => Promise<void>;
  start: () => Promise<void>;
} {
  const kubernetes = new KubernetesClient(cluster);
  const namespace = cluster.veleroNamespace;
  const scale = (replicas: number) =>
    kubernetes.patch(`/apis/apps/v1/namespaces/${namespace}/deployments/velero`, { spec: { replicas } });
  return {
    async stop() {
      await scale(0);
      await waitUntil("Velero has ended", async () => {
        const pods = await kubernetes.list(
          `/api/v1/namespaces/${namespace}/pods?labelSelector=deploy%3Dvelero`,
        );
        return pods.length === 0 || undefined;
      });
    },
    async start() {
      await scale(1);
      await waitForVeleroPods(cluster);
    },
  };
}
