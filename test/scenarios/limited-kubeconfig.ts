import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { accountWith } from "./account-with.ts";

/** The kubeconfig of a service account that may read these kinds of Velero's, and the namespaces; no Secret among them. */
export async function limitedKubeconfig(cluster: SandboxCluster, kinds: string[]): Promise<string> {
  const { kubeconfig } = await accountWith(cluster, [
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "ClusterRole",
      metadata: { name: "monitor" },
      rules: [
        { apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list"] },
        { apiGroups: ["velero.io"], resources: kinds, verbs: ["get", "list", "watch"] },
      ],
    },
  ]);
  return kubeconfig;
}
