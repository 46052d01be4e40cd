import { createHash, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace } from "../sandbox/seed-namespace.ts";
import { waitUntil } from "../sandbox/wait-until.ts";

type Cluster = Pick<SandboxCluster, "kubernetes" | "node">;

interface ShopOptions {
  /** @default "at-once" */
  storageClass?: string;
  /** Of its pod. */
  annotations?: Record<string, string>;
  /** @default 1 */
  replicas?: number;
  /** Of its pod, over what it has by itself. */
  pod?: object;
  /** Of its container, likewise. */
  container?: object;
  /** Of its claim. */
  labels?: Record<string, string>;
  /** Whether the shop gets its files, and its pod runs. @default true */
  isOpen?: boolean;
}

/** A namespace with the claim `data` and files in it, and a Deployment `web` whose pod mounts it. */
export async function createShop(
  cluster: Cluster,
  {
    storageClass = "at-once",
    annotations = {},
    replicas = 1,
    pod = {},
    container = {},
    labels = {},
    isOpen = true,
  }: ShopOptions = {},
): Promise<string> {
  const namespace = await createNamespace(cluster, "shop");
  const { kubernetes } = cluster;
  await kubernetes.create(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", labels },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: storageClass,
      resources: { requests: { storage: "1Gi" } },
    },
  });
  const app = { app: "web" };
  await kubernetes.create(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web" },
    spec: {
      replicas,
      selector: { matchLabels: app },
      template: {
        metadata: { labels: app, annotations },
        spec: {
          volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }],
          containers: [
            {
              name: "web",
              image: cluster.node?.image,
              command: ["/tool", "pause"],
              volumeMounts: [{ name: "data", mountPath: "/data" }],
              ...container,
            },
          ],
          ...pod,
        },
      },
    },
  });
  if (!isOpen) return namespace;
  const dir = await waitUntil("the claim is bound", () => volumeDir(cluster, namespace));
  await fill(dir);
  if (replicas > 0) await shopRuns(cluster, namespace);
  return namespace;
}

export async function shopRuns({ kubernetes }: Cluster, namespace: string): Promise<void> {
  await waitUntil(`the pod in ${namespace} runs`, async () => {
    const web = await kubernetes.get(`/apis/apps/v1/namespaces/${namespace}/deployments/web`);
    return web?.status?.["readyReplicas"] === 1 || undefined;
  });
}

/** As an application would have written them: no two volumes have the same. */
async function fill(dir: string): Promise<void> {
  await mkdir(join(dir, "orders", "november"), { recursive: true });
  await writeFile(join(dir, "ledger"), randomBytes(3_000_000));
  await writeFile(join(dir, "orders", "november", "1"), randomBytes(200_000));
  await writeFile(join(dir, "orders", "empty"), "");
}

/** The folder behind a bound claim, read past Kubernetes. */
export async function volumeDir(
  { kubernetes, node }: Cluster,
  namespace: string,
  claim = "data",
): Promise<string | undefined> {
  const bound = await kubernetes.get(`/api/v1/namespaces/${namespace}/persistentvolumeclaims/${claim}`);
  const name = bound?.spec?.["volumeName"];
  if (bound?.status?.["phase"] !== "Bound" || typeof name !== "string" || !node) return undefined;
  const volume = await kubernetes.get(`/api/v1/persistentvolumes/${name}`);
  const csi = volume?.spec?.["csi"] as { volumeHandle: string } | undefined;
  return csi && join(node.storageDir, "volumes", csi.volumeHandle);
}

/** A checksum of every file behind a claim: by path, without what Velero leaves there. Undefined while it is unbound. */
export async function dataOf(
  cluster: Cluster,
  namespace: string,
  claim?: string,
): Promise<Record<string, string> | undefined> {
  const dir = await volumeDir(cluster, namespace, claim);
  return dir === undefined ? undefined : checksums(dir);
}

async function checksums(dir: string, prefix = ""): Promise<Record<string, string>> {
  const entries = await readdir(join(dir, prefix), { withFileTypes: true });
  const sums = await Promise.all(
    entries.map(async (entry): Promise<Record<string, string>> => {
      const path = join(prefix, entry.name);
      if (path === ".velero") return {};
      if (entry.isDirectory()) return checksums(dir, path);
      const content = await readFile(join(dir, path));
      return { [path]: createHash("sha256").update(content).digest("hex") };
    }),
  );
  return Object.assign({}, ...sums) as Record<string, string>;
}

/** How many snapshots the storage of a cluster holds. */
export async function snapshotsIn({ node }: Cluster): Promise<string[]> {
  return node ? readdir(join(node.storageDir, "snapshots")) : [];
}
