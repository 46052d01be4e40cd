import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ensureBinaries,
  ensureKubernetesPlugin,
  ensureNodeBinaries,
  type NodeBinaries,
  type RunCommand,
} from "./build/ensure-binaries.ts";
import { SandboxUnavailable } from "./build/sandbox-unavailable.ts";
import type { SandboxDescription } from "./description.ts";
import { requireNode } from "./node/require-node.ts";
import { startNodeCluster } from "./node/start-node-cluster.ts";
import { startWorld, type World } from "./node/world.ts";
import type { ClusterOptions, SandboxOptions } from "./options.ts";
import { thisMachine } from "./parts/place.ts";
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
  const { signal, clusters = ["east", "west"] } = options;
  const named = clusters.map((cluster) => (typeof cluster === "string" ? { name: cluster } : cluster));
  const hasNode = named.some(({ node }) => node);
  signal?.throwIfAborted();
  if (hasNode) await requireNode();
  await removeLeftovers();

  const dir = await mkdtemp(join(tmpdir(), dirPrefix));
  await mkdir(join(dir, "tmp"));
  const supervisor = new Supervisor(await startSupervisor(dir));
  try {
    const run: RunCommand = (name, spec) => supervisor.run(name, spec, signal);
    const binaries = await ensureBinaries(run, signal);
    const nodeBinaries = hasNode ? await ensureNodeBinaries(run, signal) : undefined;
    if (options.kubernetesPlugin) await ensureKubernetesPlugin(run, signal);
    const site: SandboxSite = { dir, binaries, nodeBinaries, supervisor, signal };
    const description = await putUp(site, named, options);
    return sandboxFrom(description, () => supervisor.shutDown());
  } catch (error) {
    await supervisor.shutDown();
    throw error;
  }
}

interface SandboxSite extends Site {
  nodeBinaries: NodeBinaries | undefined;
}

async function putUp(
  site: SandboxSite,
  named: ClusterOptions[],
  options: SandboxOptions,
): Promise<SandboxDescription> {
  const worlds = await Promise.all(
    named.filter(({ node }) => node).map(({ name }) => startWorld(site, name)),
  );
  const [clusters, minio, gcs, azure] = await Promise.all([
    putUpClusters(site, named, worlds),
    // An address of this machine that pods reach as well, of any node.
    startMinio(site, worlds[0]?.gateway ?? thisMachine.address),
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
  site: SandboxSite,
  named: ClusterOptions[],
  worlds: World[],
): Promise<SandboxDescription["clusters"]> {
  const { nodeBinaries } = site;
  const etcd = worlds.length < named.length ? await startEtcd(site) : "";
  const putUpCluster = async (options: ClusterOptions) => {
    const world = worlds.find(({ cluster }) => cluster === options.name);
    if (world && nodeBinaries) return startNodeCluster({ ...site, nodeBinaries }, world, options);
    const cluster = await startCluster(site, etcd, options);
    if (cluster.hasVelero) await startVelero(site, cluster, options);
    return cluster;
  };
  const clusters = await Promise.all(named.map(putUpCluster));
  return Object.fromEntries(clusters.map((cluster) => [cluster.name, cluster]));
}
