import { mkdir, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Binaries } from "../build/ensure-binaries.ts";
import type { BinaryName } from "../build/go-modules.ts";
import type { ClusterDescription } from "../description.ts";
import { freePort } from "../free-port.ts";
import { KubernetesClient } from "../kubernetes-client.ts";
import type { ClusterOptions, VeleroPlugin } from "../options.ts";
import type { ProcessSpec } from "../supervisor/protocol.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";
import { createCrds } from "./create-crds.ts";
import { cleanEnvironment, processNames } from "./processes.ts";
import type { Site } from "./site.ts";
import { veleroCrds } from "./velero-crds.ts";

const pluginBinaries: Record<VeleroPlugin, BinaryName> = {
  aws: "velero-plugin-for-aws",
  gcp: "velero-plugin-for-gcp",
};

export async function startVelero(
  site: Site,
  cluster: ClusterDescription,
  options: ClusterOptions,
): Promise<void> {
  const { binaries, supervisor, signal } = site;
  await installVelero(cluster, binaries);
  const dir = join(site.dir, cluster.name);
  const plugins = await pluginDir(dir, binaries, options.plugins ?? ["aws", "gcp"]);
  const spec = await veleroServer(dir, plugins, binaries, cluster, options.veleroFlags ?? []);
  await supervisor.start(processNames.velero(cluster.name), spec);
  await waitForVelero(supervisor, cluster, signal);
}

/** What the cluster holds before the server runs. */
async function installVelero(cluster: ClusterDescription, binaries: Binaries): Promise<void> {
  const kubernetes = new KubernetesClient(cluster);
  const namespace = cluster.veleroNamespace;
  await Promise.all([
    createCrds(kubernetes, await veleroCrds(binaries.velero)),
    kubernetes.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace },
    }),
  ]);
  await kubernetes.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, deploymentOfVelero());
}

/** Without it every restore ends PartiallyFailed: Velero reads its own Deployment. Its server runs outside of the cluster. */
function deploymentOfVelero() {
  const labels = { component: "velero" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "velero", labels },
    spec: {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "velero", image: "velero" }] } },
    },
  };
}

/** Velero starts every executable in its plugin folder, so that it must hold nothing else. */
async function pluginDir(dir: string, binaries: Binaries, plugins: VeleroPlugin[]): Promise<string> {
  const target = join(dir, "plugins");
  await mkdir(target);
  for (const plugin of plugins) {
    const binary = binaries[pluginBinaries[plugin]];
    await symlink(binary, join(target, basename(binary)));
  }
  return target;
}

export const flagsForTests = [
  "--profiler-address=",
  "--store-validation-frequency=5s",
  "--backup-sync-period=10s",
  // A test's backup does not wait for those of the tests beside it.
  "--concurrent-backups=3",
];

async function veleroServer(
  dir: string,
  plugins: string,
  binaries: Binaries,
  cluster: ClusterDescription,
  furtherFlags: string[],
): Promise<ProcessSpec> {
  return {
    command: binaries.velero,
    args: [
      "server",
      `--kubeconfig=${cluster.kubeconfigPath}`,
      `--namespace=${cluster.veleroNamespace}`,
      `--plugin-dir=${plugins}`,
      `--metrics-address=127.0.0.1:${await freePort()}`,
      ...flagsForTests,
      ...furtherFlags,
    ],
    env: cleanEnvironment(dir, { AWS_EC2_METADATA_DISABLED: "true" }),
  };
}

/** Ready is a server that reconciles: it has answered a request for its status. */
export async function waitForVelero(
  supervisor: Supervisor,
  cluster: ClusterDescription,
  signal?: AbortSignal,
): Promise<void> {
  const request = await requestStatus(cluster);
  await supervisor.waitUntilReady(processNames.velero(cluster.name), request.isAnswered, signal);
  await request.remove();
}

export async function requestStatus(
  cluster: Pick<ClusterDescription, "server" | "token" | "certificateAuthority" | "veleroNamespace">,
): Promise<{ isAnswered: () => Promise<boolean>; remove: () => Promise<void> }> {
  const kubernetes = new KubernetesClient(cluster);
  const collection = `/apis/velero.io/v1/namespaces/${cluster.veleroNamespace}/serverstatusrequests`;
  const request = await kubernetes.create(collection, {
    apiVersion: "velero.io/v1",
    kind: "ServerStatusRequest",
    metadata: { generateName: "sandbox-" },
    spec: {},
  });
  const path = `${collection}/${request.metadata.name}`;
  return {
    isAnswered: async () => (await kubernetes.get(path))?.status?.["phase"] === "Processed",
    remove: () => kubernetes.delete(path),
  };
}
