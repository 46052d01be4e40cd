import type { ClusterDescription, SandboxDescription } from "./description.ts";
import { KubernetesClient } from "./kubernetes-client.ts";
import { logPathOf, processNames } from "./parts/processes.ts";
import { waitForAzure } from "./parts/start-azure.ts";
import { waitForGcs } from "./parts/start-gcs.ts";
import { waitForMinio } from "./parts/start-minio.ts";
import { waitForVelero } from "./parts/start-velero.ts";
import type { Sandbox, SandboxCluster, SandboxServer } from "./sandbox.ts";
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
    const restart = async () => {
      await stopServer();
      await startServer();
    };
    return { logPath: logPathOf(dir, name), stop: stopServer, start: startServer, restart };
  };

  const clusterFrom = ({ hasVelero, ...cluster }: ClusterDescription): SandboxCluster => {
    const kubernetes = new KubernetesClient(cluster);
    const api = processNames.api(cluster.name);
    const waitForApi = () => supervisor.waitUntilReady(api, () => kubernetes.isReady());
    return {
      ...cluster,
      kubernetes,
      velero: server(processNames.velero(cluster.name), () =>
        waitForVelero(supervisor, { hasVelero, ...cluster }),
      ),
      api: server(api, waitForApi, "SIGKILL"),
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
