import { join } from "node:path";
import type { ProcessSpec } from "../supervisor/protocol.ts";

/** The names under which the supervisor runs a sandbox's servers. */
export const processNames = {
  etcd: (cluster?: string) => (cluster === undefined ? "etcd" : `etcd-${cluster}`),
  minio: "minio",
  gcs: "fake-gcs-server",
  azure: "azurite",
  api: (cluster: string) => `kube-apiserver-${cluster}`,
  controllers: (cluster: string) => `kube-controller-manager-${cluster}`,
  velero: (cluster: string) => `velero-${cluster}`,
  /** What only a cluster with a node has. */
  world: (cluster: string) => `world-${cluster}`,
  scheduler: (cluster: string) => `kube-scheduler-${cluster}`,
  containerd: (cluster: string) => `containerd-${cluster}`,
  images: (cluster: string) => `ctr-${cluster}`,
  kubelet: (cluster: string) => `kubelet-${cluster}`,
  storage: (part: StorageProcess, cluster: string) => `${part}-${cluster}`,
};

/**
 * The environment of a server: nothing of the developer's own, whose cloud credentials,
 * proxies and configuration files would leak into the tests.
 */
export function cleanEnvironment(dir: string, extra: Record<string, string> = {}): ProcessSpec["env"] {
  return { PATH: process.env["PATH"], HOME: dir, TMPDIR: join(dir, "tmp"), ...extra };
}

export function logPathOf(sandboxDir: string, processName: string): string {
  return join(sandboxDir, "logs", `${processName}.log`);
}

export type StorageProcess = "csi-driver" | "csi-provisioner" | "csi-snapshotter" | "snapshot-controller";
