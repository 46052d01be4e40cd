import { join } from "node:path";

export interface GoModule {
  name: string;
  /** For people. */
  title: string;
  dir: string;
  /** Name of the binary → the package that it is built from. */
  packages: Record<string, string>;
  /** Files that the binaries look for beside them: of the folder, or of a Go module that it requires. */
  files?: readonly { module?: string; file: string }[];
  /** Go variable → the module whose version in go.mod it gets, for binaries that learn their version when linked. */
  linkedVersions: Record<string, string>;
  /** Needs a C compiler. */
  cgo?: boolean;
}

const goDir = join(import.meta.dirname, "..", "go");

/**
 * One module for everything that stands on the Kubernetes libraries, so that they are compiled once,
 * one for the object stores, whose requirements contradict them, one for the parsers of cron, which are built in seconds,
 * and one for the CLI that runs stacks on all of that.
 */
export const goModules = [
  {
    name: "cluster",
    title: "Velero and Kubernetes",
    dir: join(goDir, "cluster"),
    packages: {
      etcd: "go.etcd.io/etcd/server/v3",
      "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
      "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
      velero: "./velero",
      "velero-plugin-for-aws": "github.com/vmware-tanzu/velero-plugin-for-aws/velero-plugin-for-aws",
      "velero-plugin-for-gcp": "github.com/vmware-tanzu/velero-plugin-for-gcp/velero-plugin-for-gcp",
    },
    linkedVersions: {
      "github.com/vmware-tanzu/velero/pkg/buildinfo.Version": "github.com/vmware-tanzu/velero",
      "k8s.io/component-base/version.gitVersion": "k8s.io/kubernetes",
    },
  },
  {
    name: "stores",
    title: "MinIO and fake-gcs-server",
    dir: join(goDir, "stores"),
    packages: {
      minio: "github.com/minio/minio",
      "fake-gcs-server": "github.com/fsouza/fake-gcs-server",
    },
    linkedVersions: {},
  },
  {
    name: "cron",
    title: "Velero's parsers of cron",
    dir: join(goDir, "cron"),
    packages: { "next-runs": "./next-runs" },
    linkedVersions: {},
  },
  {
    name: "pulumi",
    title: "the Pulumi CLI",
    dir: join(goDir, "pulumi"),
    packages: {
      pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
      "pulumi-language-nodejs": "./pulumi-language-nodejs",
    },
    files: [{ file: "pulumi-resource-pulumi-nodejs" }],
    linkedVersions: {
      "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "github.com/pulumi/pulumi/sdk/v3",
    },
  },
] as const satisfies GoModule[];

/** Built on demand only: it takes as long as all the others together. */
export const kubernetesPlugin = {
  name: "pulumi-kubernetes",
  title: "Pulumi's Kubernetes plugin",
  dir: join(goDir, "pulumi-kubernetes"),
  packages: { "pulumi-resource-kubernetes": "./pulumi-resource-kubernetes" },
  files: ["schema.json", "terraform-mapping.json"].map((name) => ({
    module: "github.com/pulumi/pulumi-kubernetes/provider/v4",
    file: `cmd/pulumi-resource-kubernetes/${name}`,
  })),
  linkedVersions: {
    "github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/version.Version":
      "github.com/pulumi/pulumi-kubernetes/provider/v4",
  },
} as const satisfies GoModule;

/**
 * Built on demand only: what a cluster with a node has beside the others. containerd requires other versions than
 * Kubernetes, and runc alone has parts in C.
 */
export const nodeModules = [
  {
    name: "node",
    title: "kubelet, scheduler and storage of a node",
    dir: join(goDir, "node"),
    packages: {
      kubelet: "k8s.io/kubernetes/cmd/kubelet",
      "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
      "csi-provisioner": "github.com/kubernetes-csi/external-provisioner/v5/cmd/csi-provisioner",
      "csi-snapshotter": "github.com/kubernetes-csi/external-snapshotter/v8/cmd/csi-snapshotter",
      "snapshot-controller": "github.com/kubernetes-csi/external-snapshotter/v8/cmd/snapshot-controller",
      "velero-helper": "github.com/vmware-tanzu/velero/cmd/velero-helper",
      "velero-restore-helper": "github.com/vmware-tanzu/velero/cmd/velero-restore-helper",
      "csi-driver": "./csi-driver",
      tool: "./tool",
    },
    files: ["volumesnapshotclasses", "volumesnapshotcontents", "volumesnapshots"].map((kind) => ({
      module: "github.com/kubernetes-csi/external-snapshotter/client/v8",
      file: `config/crd/snapshot.storage.k8s.io_${kind}.yaml`,
    })),
    linkedVersions: { "k8s.io/component-base/version.gitVersion": "k8s.io/kubernetes" },
  },
  {
    name: "containers",
    title: "containerd and CNI",
    dir: join(goDir, "containers"),
    packages: {
      containerd: "github.com/containerd/containerd/v2/cmd/containerd",
      "containerd-shim-runc-v2": "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
      ctr: "github.com/containerd/containerd/v2/cmd/ctr",
      bridge: "github.com/containernetworking/plugins/plugins/main/bridge",
      loopback: "github.com/containernetworking/plugins/plugins/main/loopback",
      "host-local": "github.com/containernetworking/plugins/plugins/ipam/host-local",
    },
    linkedVersions: {},
  },
  {
    name: "runc",
    title: "runc",
    dir: join(goDir, "containers"),
    packages: {
      runc: "github.com/opencontainers/runc",
      "runc-without-seccomp": "./runc-without-seccomp",
    },
    linkedVersions: {},
    cgo: true,
  },
] as const satisfies GoModule[];

type PackagesOf<Modules> = Modules extends readonly { packages: infer Packages }[]
  ? Packages extends Packages
    ? keyof Packages
    : never
  : never;

export type BinaryName = PackagesOf<typeof goModules>;

export type NodeBinaryName = PackagesOf<typeof nodeModules>;

/** `go build` names a binary after the last part of its package's path that is not a version. */
export function builtName(goPackage: string): string {
  const parts = goPackage.split("/").filter((part) => !/^v\d+$/.test(part));
  return parts.at(-1) ?? goPackage;
}

export function linkerFlags(module: GoModule, goMod: string): string {
  const versions = Object.entries(module.linkedVersions).map(
    ([variable, path]) => `-X ${variable}=${requiredVersion(goMod, path)}`,
  );
  return ["-s", "-w", ...versions].join(" ");
}

/** The version that a go.mod requires of a module. */
export function requiredVersion(goMod: string, path: string): string {
  const line = goMod
    .split("\n")
    .map((each) => each.trim().replace(/^require /, ""))
    .find((each) => each.startsWith(`${path} v`));
  if (!line) throw new Error(`go.mod does not require ${path}.`);
  return line.split(" ")[1] ?? "";
}
