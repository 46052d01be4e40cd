import { rbac } from "../../sdk/index.ts";
import { KubernetesError } from "../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { accountWith } from "./account-with.ts";

const known = new Map<string, Promise<string>>();

/**
 * What programs of scenarios reach a cluster by: a service account with the rights that `velero.rbac.provider()` gives,
 * and no other, so that every scenario proves that they are enough. One for each cluster and test file.
 */
export function kubeconfigForPrograms(cluster: SandboxCluster): Promise<string> {
  const { server, kubeconfig } = cluster;
  const { role, clusterRole } = rbac.provider();
  const made =
    known.get(server) ?? accountWith(cluster, [role, clusterRole]).then((account) => account.kubeconfig);
  known.set(server, made);
  return made.catch((error: unknown) => {
    known.delete(server);
    // Down, or without Velero's namespace: that is what the test is about.
    if (error instanceof KubernetesError && error.status !== 404) throw error;
    return kubeconfig;
  });
}
