import type { KubernetesClient } from "../kubernetes/client.ts";
import { discover, type Served } from "../kubernetes/discovery.ts";

/** How long an answer may serve others: those that ask at the same time. */
const FRESH_MS = 5_000;

const shared = new WeakMap<KubernetesClient, { at: number; served: Promise<Served> }>();

/** What a cluster serves, asked once for all that want to know it at the same time. */
export function sharedDiscovery(client: KubernetesClient): Promise<Served> {
  const known = shared.get(client);
  if (known && Date.now() - known.at < FRESH_MS) return known.served;
  const served = discover(client);
  shared.set(client, { at: Date.now(), served });
  served.catch(() => shared.delete(client));
  return served;
}

/** The same as of now: what was just defined counts. */
export function freshDiscovery(client: KubernetesClient): Promise<Served> {
  shared.delete(client);
  return sharedDiscovery(client);
}
