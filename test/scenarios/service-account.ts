import { KubernetesClient } from "../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";

/** A service account of its own in Velero's namespace, and the ways to be it. */
export interface ServiceAccount {
  name: string;
  namespace: string;
  kubeconfig: string;
  kubernetes: KubernetesClient;
}

/** A service account that has no rights yet but everybody's. */
export async function serviceAccount(cluster: SandboxCluster, prefix: string): Promise<ServiceAccount> {
  const { kubernetes, kubeconfig, token, ...access } = cluster;
  const [name, namespace] = [uniqueName(prefix), "velero"];
  const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
  await kubernetes.create(accounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  const { status } = await kubernetes.create(`${accounts}/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name },
    spec: { expirationSeconds: 3_600 },
  });
  const own = String(status?.["token"]);
  return {
    name,
    namespace,
    kubeconfig: kubeconfig.replace(token, own),
    kubernetes: new KubernetesClient({ ...access, token: own }),
  };
}
