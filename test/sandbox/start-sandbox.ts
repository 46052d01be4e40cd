import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureBinaries, ensureKubernetesPlugin, type RunCommand } from "./build/ensure-binaries.ts";
import { SandboxUnavailable } from "./build/sandbox-unavailable.ts";
import type { SandboxDescription } from "./description.ts";
import type { ClusterOptions, SandboxOptions } from "./options.ts";
import type { Site } from "./parts/site.ts";
import { startAzure } from "./parts/start-azure.ts";
import { startCluster } from "./parts/start-cluster.ts";
import { startEtcd } from "./parts/start-etcd.ts";
import { startGcs } from "./parts/start-gcs.ts";
import { startMinio } from "./parts/start-minio.ts";
import { startVelero } from "./parts/start-velero.ts";
import type { Sandbox } from "./sandbox.ts";
import { sandboxFrom } from "./sandbox-from.ts";
import { dirPrefix, removeLeftovers } from "./supervisor/remove-leftovers.ts";
import { startSupervisor } from "./supervisor/start-supervisor.ts";
import { Supervisor } from "./supervisor/supervisor.ts";

/**
 * Starts the real stack, built first if need be, and returns when it serves.
 * Nothing of it outlives the process that calls this, however that ends.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  if (process.platform === "win32") throw new SandboxUnavailable("the sandbox runs on Linux and macOS only");
  const { signal } = options;
  signal?.throwIfAborted();
  await removeLeftovers();

  const dir = await mkdtemp(join(tmpdir(), dirPrefix));
  await mkdir(join(dir, "tmp"));
  const supervisor = new Supervisor(await startSupervisor(dir));
  try {
    const run: RunCommand = (name, spec) => supervisor.run(name, spec, signal);
    const binaries = await ensureBinaries(run, signal);
    if (options.kubernetesPlugin) await ensureKubernetesPlugin(run, signal);
    const description = await putUp({ dir, binaries, supervisor, signal }, options);
    return sandboxFrom(description, () => supervisor.shutDown());
  } catch (error) {
    await supervisor.shutDown();
    throw error;
  }
}

async function putUp(site: Site, options: SandboxOptions): Promise<SandboxDescription> {
  const [clusters, minio, gcs, azure] = await Promise.all([
    putUpClusters(site, options),
    startMinio(site),
    options.gcs ? startGcs(site) : undefined,
    options.azure ? startAzure(site) : undefined,
  ]);
  return {
    dir: site.dir,
    supervisor: site.supervisor.address,
    clusters,
    minio,
    ...(gcs && { gcs }),
    ...(azure && { azure }),
  };
}

async function putUpClusters(
  site: Site,
  { clusters = ["east", "west"] }: SandboxOptions,
): Promise<SandboxDescription["clusters"]> {
  const etcd = await startEtcd(site);
  const putUpCluster = async (options: ClusterOptions) => {
    const cluster = await startCluster(site, etcd, options);
    if (cluster.hasVelero) await startVelero(site, cluster, options);
    return [cluster.name, cluster] as const;
  };
  const named = clusters.map((cluster) => (typeof cluster === "string" ? { name: cluster } : cluster));
  return Object.fromEntries(await Promise.all(named.map(putUpCluster)));
}
