import type { NodeBinaries } from "../build/ensure-binaries.ts";
import type { Site } from "../parts/site.ts";
import type { World } from "./world.ts";

/** Where a node is being put up, and with what. */
export interface NodeSite extends Site {
  nodeBinaries: NodeBinaries;
  /** An OCI archive with all that containers run. */
  image: string;
  world: World;
  /** The cluster's own folder. */
  clusterDir: string;
}

/** The names of that image: the kubelet's, Velero's own, and that of the containers of tests. */
export const imageNames = {
  pause: "sandbox.test/pause:1",
  velero: (version: string) => `sandbox.test/velero:${version}`,
  tool: "sandbox.test/tool:1",
};

export const kubeletDir = ({ clusterDir }: Pick<NodeSite, "clusterDir">): string => `${clusterDir}/kubelet`;

export const csiSocket = (site: Pick<NodeSite, "clusterDir">): string =>
  `${kubeletDir(site)}/plugins/directories.csi.test/csi.sock`;
