import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";

/** The kubeconfig of a service account that may read these kinds of Velero's, and the namespaces; no Secret among them. */
export async function limitedKubeconfig(
  { kubernetes, kubeconfig, token }: SandboxCluster,
  kinds: string[],
): Promise<string> {
  const name = uniqueName("monitor");
  const metadata = { name };
  const api = "rbac.authorization.k8s.io";
  const account = { kind: "ServiceAccount", name, namespace: "velero" };
  const accounts = "/api/v1/namespaces/velero/serviceaccounts";
  await kubernetes.create(accounts, { apiVersion: "v1", kind: "ServiceAccount", metadata });
  await kubernetes.create(`/apis/${api}/v1/clusterroles`, {
    apiVersion: `${api}/v1`,
    kind: "ClusterRole",
    metadata,
    rules: [
      { apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list"] },
      { apiGroups: ["velero.io"], resources: kinds, verbs: ["get", "list", "watch"] },
    ],
  });
  await kubernetes.create(`/apis/${api}/v1/clusterrolebindings`, {
    apiVersion: `${api}/v1`,
    kind: "ClusterRoleBinding",
    metadata,
    roleRef: { apiGroup: api, kind: "ClusterRole", name },
    subjects: [account],
  });
  const { status } = await kubernetes.create(`${accounts}/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata,
    spec: { expirationSeconds: 3_600 },
  });
  return kubeconfig.replace(token, String(status?.["token"]));
}
