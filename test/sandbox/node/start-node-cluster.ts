import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { NodeBinaries } from "../build/ensure-binaries.ts";
import { goModules, requiredVersion } from "../build/go-modules.ts";
import type { ClusterDescription } from "../description.ts";
import type { ClusterOptions } from "../options.ts";
import type { Site } from "../parts/site.ts";
import { startCluster } from "../parts/start-cluster.ts";
import { startEtcd } from "../parts/start-etcd.ts";
import { ensureImage } from "./ensure-image.ts";
import { imageNames, type NodeSite } from "./node-site.ts";
import { startContainerd, startNode } from "./start-node.ts";
import { startStorage, storageDir } from "./start-storage.ts";
import { installVeleroPods } from "./velero-pods.ts";
import type { World } from "./world.ts";

/** A cluster with one node, all of it in a world of its own. */
export async function startNodeCluster(
  site: Site & { nodeBinaries: NodeBinaries },
  world: World,
  options: ClusterOptions,
): Promise<ClusterDescription> {
  const velero = imageNames.velero(await veleroVersion());
  const image = await ensureImage(site.binaries, site.nodeBinaries, [
    imageNames.pause,
    imageNames.tool,
    velero,
  ]);
  const clusterDir = join(site.dir, options.name);
  await mkdir(join(clusterDir, "tmp"), { recursive: true });
  const nodeSite: NodeSite = { ...site, image, world, clusterDir };

  const [cluster] = await Promise.all([
    startEtcd(site, world).then((etcd) => startCluster(site, etcd, options, world)),
    startContainerd(nodeSite),
  ]);
  await Promise.all([startNode(nodeSite, cluster), startStorage(nodeSite, cluster)]);
  if (cluster.hasVelero) await installVeleroPods(nodeSite, cluster, velero, options);
  return { ...cluster, node: { storageDir: storageDir(clusterDir), image: imageNames.tool } };
}

async function veleroVersion(): Promise<string> {
  const [{ dir }] = goModules;
  return requiredVersion(await readFile(join(dir, "go.mod"), "utf8"), "github.com/vmware-tanzu/velero");
}
