import { mkdir, statfs, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ClusterDescription } from "../description.ts";
import { KubernetesClient } from "../kubernetes-client.ts";
import { cleanEnvironment, processNames } from "../parts/processes.ts";
import { imageNames, kubeletDir, type NodeSite } from "./node-site.ts";

/** The magic number of overlayfs in statfs(2), on which no other overlay can be mounted. */
const OVERLAYFS = 0x794c7630;

/** A container runtime with the image of all containers, ready for a kubelet. */
export async function startContainerd(site: NodeSite): Promise<void> {
  const { clusterDir, nodeBinaries, image, supervisor, world, signal } = site;
  const snapshotter = (await statfs(clusterDir)).type === OVERLAYFS ? "native" : "overlayfs";
  const config = join(clusterDir, "containerd.toml");
  const network = join(clusterDir, "cni");
  await mkdir(network);
  await writeFile(join(network, "pods.conflist"), JSON.stringify(podNetwork(site)));
  await writeFile(config, containerdConfig(site, snapshotter, network));

  const name = processNames.containerd(world.cluster);
  const env = cleanEnvironment(clusterDir);
  await supervisor.start(
    name,
    world.within({
      command: nodeBinaries.containerd,
      args: ["--config", config, "--log-level", "warn"],
      env,
    }),
  );
  const ctr = (...args: string[]) =>
    world.within({ command: nodeBinaries.ctr, args: ["--address", socket(site), ...args], env });
  const images = processNames.images(world.cluster);
  const isReady = async () => {
    await supervisor.run(images, ctr("version"));
    return true;
  };
  await supervisor.waitUntilReady(name, isReady, signal);
  await supervisor.run(
    images,
    ctr("--namespace", "k8s.io", "images", "import", "--local", "--snapshotter", snapshotter, image),
    signal,
  );
}

/** The kubelet and the scheduler, once the cluster is there. */
export async function startNode(site: NodeSite, cluster: ClusterDescription): Promise<void> {
  const { clusterDir, nodeBinaries, supervisor, world, signal } = site;
  const env = cleanEnvironment(clusterDir);
  const kubeconfig = `--kubeconfig=${cluster.kubeconfigPath}`;
  const config = join(clusterDir, "kubelet.json");
  await writeFile(config, JSON.stringify(kubeletConfig(site)));

  const kubelet = processNames.kubelet(cluster.name);
  await supervisor.start(
    processNames.scheduler(cluster.name),
    world.within({
      command: nodeBinaries["kube-scheduler"],
      args: [kubeconfig, "--leader-elect=false", "--secure-port=0"],
      env,
    }),
  );
  await supervisor.start(
    kubelet,
    world.within({
      command: nodeBinaries.kubelet,
      args: [
        `--config=${config}`,
        kubeconfig,
        `--root-dir=${kubeletDir(site)}`,
        `--cert-dir=${join(clusterDir, "kubelet-certificates")}`,
        `--hostname-override=${cluster.name}-node`,
        `--node-ip=${world.address}`,
      ],
      env,
    }),
  );
  const kubernetes = new KubernetesClient(cluster);
  const isReady = async () => {
    const node = await kubernetes.get(`/api/v1/nodes/${cluster.name}-node`);
    const conditions = (node?.status?.["conditions"] ?? []) as { type: string; status: string }[];
    return conditions.some(({ type, status }) => type === "Ready" && status === "True");
  };
  await supervisor.waitUntilReady(kubelet, isReady, signal);
}

function socket({ clusterDir }: NodeSite): string {
  return join(clusterDir, "containerd.sock");
}

function podNetwork({ clusterDir, world }: NodeSite): object {
  return {
    cniVersion: "1.0.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: "pods",
        isGateway: true,
        // It would need iptables.
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: join(clusterDir, "cni-addresses"),
          ranges: [[{ subnet: world.podSubnet }]],
          routes: [{ dst: "0.0.0.0/0" }],
        },
      },
    ],
  };
}

function containerdConfig(site: NodeSite, snapshotter: string, network: string): string {
  const { clusterDir, nodeBinaries } = site;
  const text = (value: string) => JSON.stringify(value);
  return `version = 3
root = ${text(join(clusterDir, "containerd"))}
state = ${text(join(clusterDir, "containerd-state"))}

[grpc]
address = ${text(socket(site))}

[ttrpc]
address = ${text(`${socket(site)}.ttrpc`)}

[plugins."io.containerd.internal.v1.opt"]
path = ${text(join(clusterDir, "containerd-opt"))}

[plugins."io.containerd.nri.v1.nri"]
disable = true

[plugins."io.containerd.cri.v1.images"]
snapshotter = ${text(snapshotter)}

[plugins."io.containerd.cri.v1.images".pinned_images]
sandbox = ${text(imageNames.pause)}

[plugins."io.containerd.cri.v1.runtime"]
# Without CAP_SYS_RESOURCE no process may lower its score.
restrict_oom_score_adj = true
disable_apparmor = true

[plugins."io.containerd.cri.v1.runtime".cni]
bin_dirs = [${text(dirname(nodeBinaries.bridge))}]
conf_dir = ${text(network)}

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
runtime_path = ${text(nodeBinaries["containerd-shim-runc-v2"])}

[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
BinaryName = ${text(nodeBinaries["runc-without-seccomp"])}
Root = ${text(join(clusterDir, "runc"))}
SystemdCgroup = false
`;
}

function kubeletConfig(site: NodeSite): object {
  const { clusterDir, world } = site;
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: "AlwaysAllow" },
    address: world.address,
    healthzPort: 0,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${world.cgroup}`,
    containerRuntimeEndpoint: `unix://${socket(site)}`,
    podLogsDir: podLogsDir(clusterDir),
    volumePluginDir: join(clusterDir, "volume-plugins"),
    resolvConf: "",
    // What a machine for tests may be, and a node in production should not.
    enforceNodeAllocatable: [],
    failSwapOn: false,
    failCgroupV1: false,
    makeIPTablesUtilChains: false,
    localStorageCapacityIsolation: false,
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      "memory.available": "1Mi",
      ...Object.fromEntries(
        ["nodefs.available", "nodefs.inodesFree", "imagefs.available", "imagefs.inodesFree"].map((signal) => [
          signal,
          "0%",
        ]),
      ),
    },
  };
}

export function podLogsDir(clusterDir: string): string {
  return join(clusterDir, "pod-logs");
}
