import type { KubernetesClient } from "../kubernetes/client.ts";
import type { KubernetesObject, ResourceType } from "../kubernetes/resources.ts";

/** How long a list may serve others: long enough for a refresh of hundreds, short enough to be called now. */
const FRESH_MS = 5_000;

interface Shared {
  at: number;
  answer: Promise<unknown>;
}

const shared = new WeakMap<KubernetesClient, Map<string, Shared>>();

/**
 * All objects of a kind by name, in a namespace or of the cluster: one list for all resources that are read at the same
 * time (docs/design/rules.md#shared-reads).
 */
export const sharedList = <T extends KubernetesObject>(
  client: KubernetesClient,
  type: ResourceType,
  namespace?: string,
): Promise<Map<string, T>> =>
  sharedAnswer(client, `${type.plural}.${namespace}`, async () => {
    const { items } = await client.list<T>({ type, ...(namespace === undefined ? {} : { namespace }) });
    return new Map(items.map((item) => [item.metadata.name, item]));
  });

/** One answer for all resources that ask for the same at the same time. A failed answer is not shared with who asks later. */
export async function sharedAnswer<T>(
  client: KubernetesClient,
  key: string,
  ask: () => Promise<T>,
): Promise<T> {
  const ofClient = shared.get(client) ?? new Map<string, Shared>();
  shared.set(client, ofClient);
  const known = ofClient.get(key);
  if (known && Date.now() - known.at < FRESH_MS) return (await known.answer) as T;

  const answer = ask();
  ofClient.set(key, { at: Date.now(), answer });
  // A newer answer may be there by then.
  answer.catch(() => ofClient.get(key)?.answer === answer && ofClient.delete(key));
  return answer;
}

/** What was just written is not to be judged by a list from before. */
export const forgetLists = (client: KubernetesClient): void => void shared.delete(client);
