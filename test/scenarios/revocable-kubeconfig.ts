import { KubernetesError } from "../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { serviceAccount } from "./service-account.ts";

const api = "rbac.authorization.k8s.io";
const bindings = `/apis/${api}/v1/clusterrolebindings`;

/** The kubeconfig of an administrator of its own, whose rights can be taken and given back. */
export async function revocableKubeconfig(cluster: SandboxCluster): Promise<{
  kubeconfig: string;
  revoke(): Promise<void>;
  grant(): Promise<void>;
}> {
  const { kubernetes } = cluster;
  const { name, namespace, kubeconfig, kubernetes: its } = await serviceAccount(cluster, "administrator");

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
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    });
    await until(true);
  };
  const revoke = async () => {
    await kubernetes.delete(`${bindings}/${name}`);
    await until(false);
  };
  await grant();
  return { kubeconfig, revoke, grant };
}
