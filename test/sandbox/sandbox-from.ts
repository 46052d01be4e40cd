import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ClusterDescription, NodeDescription, SandboxDescription } from "./description.ts";
import { KubernetesClient } from "./kubernetes-client.ts";
import { podLogsDir } from "./node/start-node.ts";
import { veleroServerPods } from "./node/velero-pods.ts";
import { logPathOf, processNames } from "./parts/processes.ts";
import { waitForAzure } from "./parts/start-azure.ts";
import { waitForGcs } from "./parts/start-gcs.ts";
import { waitForMinio } from "./parts/start-minio.ts";
import { waitForVelero } from "./parts/start-velero.ts";
import type { Sandbox, SandboxCluster, SandboxNode, SandboxServer } from "./sandbox.ts";
import { azureStore } from "./stores/azure-store.ts";
import { gcsStore } from "./stores/gcs-store.ts";
import { minioStore } from "./stores/minio-store.ts";
import type { StopSignal } from "./supervisor/protocol.ts";
import { Supervisor } from "./supervisor/supervisor.ts";

/** Makes the handles that work on a described sandbox, in whatever process. */
export function sandboxFrom(description: SandboxDescription, stop: () => Promise<void>): Sandbox {
  const { dir, minio, gcs, azure } = description;
  const supervisor = new Supervisor(description.supervisor);

  const server = (
    name: string,
    waitUntilReady: () => Promise<void>,
    usualSignal?: StopSignal,
  ): SandboxServer => {
    const stopServer = async (signal = usualSignal) => void (await supervisor.stop(name, signal));
    const startServer = async () => {
      await supervisor.start(name);
      await waitUntilReady();
    };
    return withRestart({ stop: stopServer, start: startServer }, logPathOf(dir, name));
  };

  const clusterFrom = (description: ClusterDescription): SandboxCluster => {
    const { hasVelero: _, node, ...cluster } = description;
    const kubernetes = new KubernetesClient(cluster);
    const api = processNames.api(cluster.name);
    const waitForApi = () => supervisor.waitUntilReady(api, () => kubernetes.isReady());
    return {
      ...cluster,
      kubernetes,
      velero: node
        ? withRestart(veleroServerPods(description), podLogsDir(join(dir, cluster.name)))
        : server(processNames.velero(cluster.name), () => waitForVelero(supervisor, description)),
      api: server(api, waitForApi, "SIGKILL"),
      ...(node && { node: nodeFrom(node) }),
    };
  };

  const clusters = Object.fromEntries(
    Object.values(description.clusters).map((cluster) => [cluster.name, clusterFrom(cluster)]),
  );
  return {
    clusters,
    cluster(name) {
      const found = clusters[name];
      if (found) return found;
      throw new Error(`The sandbox has no cluster ${name}, only ${Object.keys(clusters).join(", ")}.`);
    },
    minio: { ...minioStore(minio), ...server(processNames.minio, () => waitForMinio(supervisor, minio)) },
    ...(gcs && {
      gcs: { ...gcsStore(gcs), ...server(processNames.gcs, () => waitForGcs(supervisor, gcs.endpoint)) },
    }),
    ...(azure && {
      azure: { ...azureStore(azure), ...server(processNames.azure, () => waitForAzure(supervisor, azure)) },
    }),
    dir,
    description,
    stop,
  };
}

function withRestart({ stop, start }: Pick<SandboxServer, "stop" | "start">, logPath: string): SandboxServer {
  const restart = async () => {
    await stop();
    await start();
  };
  return { logPath, stop, start, restart };
}

function nodeFrom(node: NodeDescription): SandboxNode {
  const refusal = join(node.storageDir, "refuse-snapshots");
  return {
    ...node,
    refuseSnapshots: (words) =>
      words === undefined ? rm(refusal, { force: true }) : writeFile(refusal, words),
  };
}
