import type { KubernetesClient } from "../kubernetes/client.ts";
import type { KubernetesObject, ResourceType } from "../kubernetes/resources.ts";

/** How long a list may serve others: long enough for a refresh of hundreds, short enough to be called now. */
const FRESH_MS = 5_000;

interface Shared {
  at: number;
  list: Promise<Map<string, KubernetesObject>>;
}

const shared = new WeakMap<KubernetesClient, Map<string, Shared>>();

/** All objects of a kind by name, in a namespace or of the cluster: one list for all resources that are read at the same time (DESIGN rule 10). */
export async function sharedList<T extends KubernetesObject>(
  client: KubernetesClient,
  type: ResourceType,
  namespace?: string,
): Promise<Map<string, T>> {
  const ofClient = shared.get(client) ?? new Map<string, Shared>();
  shared.set(client, ofClient);
  const key = `${type.plural}.${namespace}`;
  const known = ofClient.get(key);
  if (known && Date.now() - known.at < FRESH_MS) return (await known.list) as Map<string, T>;

  const list = client
    .list<T>({ type, ...(namespace === undefined ? {} : { namespace }) })
    .then(({ items }) => new Map<string, KubernetesObject>(items.map((item) => [item.metadata.name, item])));
  ofClient.set(key, { at: Date.now(), list });
  // A newer list may be there by then.
  list.catch(() => ofClient.get(key)?.list === list && ofClient.delete(key));
  return (await list) as Map<string, T>;
}

/** What was just written is not to be judged by a list from before. */
export const forgetLists = (client: KubernetesClient): void => void shared.delete(client);
