import type { KubernetesClient, KubernetesObject, NewKubernetesObject } from "../kubernetes-client.ts";
import { waitUntil } from "../wait-until.ts";

const collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

/** Makes kinds, and waits until they are served. */
export async function createCrds(
  kubernetes: KubernetesClient,
  crds: readonly NewKubernetesObject[],
): Promise<void> {
  const created = await Promise.all(crds.map((crd) => kubernetes.create(collection, crd)));
  const names = new Set(created.map(({ metadata }) => metadata.name));
  await waitUntil("new kinds are served", async () => {
    const live = await kubernetes.list(collection);
    const served = live.filter((crd) => names.has(crd.metadata.name) && isEstablished(crd));
    return served.length === names.size || undefined;
  });
}

function isEstablished(crd: KubernetesObject): boolean {
  const conditions = (crd.status?.["conditions"] ?? []) as { type: string; status: string }[];
  return conditions.some(({ type, status }) => type === "Established" && status === "True");
}
