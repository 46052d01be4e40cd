import type { NewKubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";

const BATCH = 20;

/** An object, and the path of the collection that it goes into. */
interface Placed {
  collection: string;
  kind: string;
  object: NewKubernetesObject;
}

/** One of each kind that an application may have, by that name, in a namespace; and another state of each. */
export function mixture(namespace: string, name: string, { changed = false } = {}): Placed[] {
  const [number, word] = changed ? [2, "two"] : [1, "one"];
  const make = (apiVersion: string, kind: string, plural: string, content: object, suffix = ""): Placed => ({
    collection: `${apiVersion.includes("/") ? "/apis" : "/api"}/${apiVersion}/namespaces/${namespace}/${plural}`,
    kind,
    object: { apiVersion, kind, metadata: { name: name + suffix, labels: { app: name } }, ...content },
  });
  const matchLabels = { app: name };
  const containers = [{ name: "app", image: "app" }];
  const template = { metadata: { labels: matchLabels }, spec: { containers } };
  const toEnd = { template: { spec: { containers, restartPolicy: "Never" } } };
  const workload = { selector: { matchLabels }, template };
  const storage = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: `${number}Gi` } } };
  const service = (spec: object) => ({
    spec: { selector: { app: word }, ports: [{ port: 80 }], ...spec },
  });
  const rbac = "rbac.authorization.k8s.io";
  return [
    make("v1", "ConfigMap", "configmaps", { data: { price: word } }),
    make("v1", "Secret", "secrets", { stringData: { password: word } }),
    make("v1", "ServiceAccount", "serviceaccounts", { imagePullSecrets: [{ name: word }] }),
    make("v1", "Service", "services", service({})),
    make("v1", "Service", "services", service({ clusterIP: "None" }), "-headless"),
    make("v1", "Service", "services", service({ type: "NodePort" }), "-node"),
    make(
      "v1",
      "Service",
      "services",
      service({
        type: "LoadBalancer",
        externalTrafficPolicy: "Local",
        loadBalancerSourceRanges: ["10.0.0.0/8"],
        externalIPs: ["10.1.2.3"],
      }),
      "-outside",
    ),
    make("v1", "PersistentVolumeClaim", "persistentvolumeclaims", { spec: storage }),
    make("v1", "Pod", "pods", {
      spec: { containers: [{ name: "app", image: word }], automountServiceAccountToken: false },
    }),
    make("apps/v1", "Deployment", "deployments", { spec: { ...workload, replicas: number } }),
    make("apps/v1", "StatefulSet", "statefulsets", {
      spec: { ...workload, serviceName: name, replicas: number },
    }),
    make("apps/v1", "DaemonSet", "daemonsets", { spec: { ...workload, minReadySeconds: number } }),
    make("batch/v1", "Job", "jobs", { spec: { ...toEnd, parallelism: number } }),
    make("batch/v1", "CronJob", "cronjobs", {
      spec: { schedule: `${number} * * * *`, jobTemplate: { spec: toEnd } },
    }),
    make("networking.k8s.io/v1", "Ingress", "ingresses", {
      spec: { defaultBackend: { service: { name: word, port: { number: 80 } } } },
    }),
    make("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies", {
      spec: { podSelector: { matchLabels: { app: word } } },
    }),
    make(`${rbac}/v1`, "Role", "roles", {
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: [changed ? "get" : "list"] }],
    }),
    make(`${rbac}/v1`, "RoleBinding", "rolebindings", {
      roleRef: { apiGroup: rbac, kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name: word, namespace }],
    }),
    make("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", {
      spec: { minAvailable: number, selector: { matchLabels } },
    }),
    make("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", {
      spec: {
        maxReplicas: number + 1,
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      },
    }),
    make("coordination.k8s.io/v1", "Lease", "leases", { spec: { holderIdentity: word } }),
  ];
}

/** Makes them, and the namespaces that they need. */
export async function createAll({ kubernetes }: SandboxCluster, all: readonly Placed[]): Promise<void> {
  const names = new Set(all.map(({ collection }) => /\/namespaces\/([^/]+)/.exec(collection)?.[1] ?? ""));
  for (const name of names) {
    if (await kubernetes.get(`/api/v1/namespaces/${name}`)) continue;
    await kubernetes.create("/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    });
  }
  await inBatches(all, ({ collection, object }) => kubernetes.create(collection, object));
}

export const deleteAll = ({ kubernetes }: SandboxCluster, all: readonly Placed[]): Promise<void> =>
  inBatches(all, async ({ collection, object }) => {
    const path = `${collection}/${object.metadata.name}`;
    await kubernetes.delete(path);
    // A claim is kept until its own controller lets it go, and there is none.
    if (collection.endsWith("/persistentvolumeclaims")) {
      await kubernetes.patch(path, { metadata: { finalizers: null } });
    }
  });

async function inBatches<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  for (let start = 0; start < items.length; start += BATCH) {
    await Promise.all(items.slice(start, start + BATCH).map(work));
  }
}
