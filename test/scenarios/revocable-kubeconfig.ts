import { KubernetesClient, KubernetesError } from "../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";

const api = "rbac.authorization.k8s.io";
const bindings = `/apis/${api}/v1/clusterrolebindings`;

/** The kubeconfig of an administrator of its own, whose rights can be taken and given back. */
export async function revocableKubeconfig({
  kubernetes,
  kubeconfig,
  token,
  ...access
}: SandboxCluster): Promise<{
  kubeconfig: string;
  revoke(): Promise<void>;
  grant(): Promise<void>;
}> {
  const name = uniqueName("administrator");
  const accounts = "/api/v1/namespaces/velero/serviceaccounts";
  await kubernetes.create(accounts, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } });
  const { status } = await kubernetes.create(`${accounts}/${name}/token`, {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name },
    spec: { expirationSeconds: 3_600 },
  });
  const own = String(status?.["token"]);
  const its = new KubernetesClient({ ...access, token: own });

  const isAllowed = async () => {
    try {
      await its.get("/api/v1/namespaces/kube-system");
      return true;
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 403) return false;
      throw error;
    }
  };
  const until = (wanted: boolean) =>
    waitUntil(
      `its rights are ${wanted ? "there" : "gone"}`,
      async () => (await isAllowed()) === wanted || undefined,
    );
  const grant = async () => {
    await kubernetes.create(bindings, {
      apiVersion: `${api}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: api, kind: "ClusterRole", name: "cluster-admin" },
      subjects: [{ kind: "ServiceAccount", name, namespace: "velero" }],
    });
    await until(true);
  };
  const revoke = async () => {
    await kubernetes.delete(`${bindings}/${name}`);
    await until(false);
  };
  await grant();
  return { kubeconfig: kubeconfig.replace(token, own), revoke, grant };
}
