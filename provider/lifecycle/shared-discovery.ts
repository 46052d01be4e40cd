import type { KubernetesClient } from "../kubernetes/client.ts";
import { discover, type Served } from "../kubernetes/discovery.ts";

/** An answer serves others that ask within this time. */
const FRESH_MS = 5_000;

const shared = new WeakMap<KubernetesClient, { at: number; served: Promise<Served> }>();

/** Asks a cluster once for all callers that want to know at the same time what it serves. */
export function sharedDiscovery(client: KubernetesClient): Promise<Served> {
  const known = shared.get(client);
  if (known && Date.now() - known.at < FRESH_MS) return known.served;
  const served = discover(client);
  shared.set(client, { at: Date.now(), served });
  // A newer answer may be there by then.
  served.catch(() => shared.get(client)?.served === served && shared.delete(client));
  return served;
}

/** Asks anew, so that a kind which was just defined counts. */
export function freshDiscovery(client: KubernetesClient): Promise<Served> {
  shared.delete(client);
  return sharedDiscovery(client);
}
