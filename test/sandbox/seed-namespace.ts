import type { KubernetesClient, NewKubernetesObject } from "./kubernetes-client.ts";
import { uniqueName } from "./unique-name.ts";

type Cluster = { kubernetes: KubernetesClient };

interface ObjectKind {
  collection: (namespace: string) => string;
  make: (name: string) => NewKubernetesObject;
}

/** What a small application consists of; seeding goes round in this list. */
const kinds: ObjectKind[] = [
  {
    collection: (namespace) => `/api/v1/namespaces/${namespace}/configmaps`,
    make: (name) => ({ ...head("v1", "ConfigMap", name), data: { greeting: `hello from ${name}` } }),
  },
  {
    collection: (namespace) => `/api/v1/namespaces/${namespace}/secrets`,
    make: (name) => ({ ...head("v1", "Secret", name), stringData: { password: `secret of ${name}` } }),
  },
  {
    collection: (namespace) => `/apis/apps/v1/namespaces/${namespace}/deployments`,
    make: (name) => ({
      ...head("apps/v1", "Deployment", name),
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: "app", image: "app" }] },
        },
      },
    }),
  },
  {
    collection: (namespace) => `/api/v1/namespaces/${namespace}/services`,
    make: (name) => ({
      ...head("v1", "Service", name),
      // The API server may write an Event beside a Service that has an IP address (kubernetes, ipallocator/controller/
      // repairip.go), and a backup would hold one object more.
      spec: { clusterIP: "None", selector: { app: name }, ports: [{ port: 80 }] },
    }),
  },
];

/** A namespace of one's own: `<prefix>-<random>`. Returns its name. */
export async function createNamespace(cluster: Cluster, prefix = "test"): Promise<string> {
  const name = uniqueName(prefix);
  await cluster.kubernetes.create("/api/v1/namespaces", head("v1", "Namespace", name));
  return name;
}

/** Fills a namespace, made if it is not there, with ConfigMaps, Secrets, Deployments without pods, and Services. */
export async function seedNamespace(
  cluster: Cluster,
  namespace: string,
  { objects = 4 } = {},
): Promise<void> {
  const { kubernetes } = cluster;
  if (!(await kubernetes.get(`/api/v1/namespaces/${namespace}`))) {
    await kubernetes.create("/api/v1/namespaces", head("v1", "Namespace", namespace));
  }
  const seeds = Array.from({ length: objects }, (_, index) => {
    const kind = kinds[index % kinds.length] as ObjectKind;
    const name = `app-${Math.floor(index / kinds.length) + 1}`;
    return () => kubernetes.create(kind.collection(namespace), kind.make(name));
  });
  await inBatches(seeds, 20);
}

function head(apiVersion: string, kind: string, name: string): NewKubernetesObject {
  return { apiVersion, kind, metadata: { name } };
}

async function inBatches(calls: (() => Promise<unknown>)[], size: number): Promise<void> {
  for (let start = 0; start < calls.length; start += size) {
    await Promise.all(calls.slice(start, start + size).map((call) => call()));
  }
}
