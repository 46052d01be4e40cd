import type { KubernetesClient } from "./kubernetes-client.ts";

interface Service {
  spec?: { ports?: { nodePort?: number }[] };
}

/** Of the service node port range, Kubernetes gives these away last: they are for Services that name theirs. */
const STATIC_BAND = { first: 30_000, size: 86 };

/** A node port that is free in all of these clusters, and that none of them gives away by itself. */
export async function freeNodePort(...clusters: { kubernetes: KubernetesClient }[]): Promise<number> {
  const lists = await Promise.all(clusters.map(({ kubernetes }) => kubernetes.list("/api/v1/services")));
  const services = lists.flat() as Service[];
  const taken = new Set(services.flatMap(({ spec }) => spec?.ports?.map(({ nodePort }) => nodePort) ?? []));
  const { first, size } = STATIC_BAND;
  const free = Array.from({ length: size }, (_, index) => first + index).filter((port) => !taken.has(port));
  return free[Math.floor(Math.random() * free.length)] ?? first;
}
