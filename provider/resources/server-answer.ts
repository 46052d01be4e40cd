import type { KubernetesClient } from "../kubernetes/client.ts";
import { askVelero } from "./ask-velero.ts";

/** Long enough for a refresh of hundreds, which would each wait for a Velero that is dead. */
const FRESH_MS = 60_000;

type Answer = "answered" | "silent" | "forbidden";

interface Shared {
  at: number;
  answer: Promise<Answer>;
}

const shared = new WeakMap<KubernetesClient, Map<string, Shared>>();

/** Tells if Velero's server answers in that namespace: one question for all resources that are read at the same time. */
export async function serverAnswer(client: KubernetesClient, namespace: string): Promise<Answer> {
  const ofClient = shared.get(client) ?? new Map<string, Shared>();
  shared.set(client, ofClient);
  const known = ofClient.get(namespace);
  if (known && Date.now() - known.at < FRESH_MS) return known.answer;

  const answer = askVelero(client, namespace).then((said) => (typeof said === "object" ? "answered" : said));
  ofClient.set(namespace, { at: Date.now(), answer });
  // A newer question may be there by then.
  answer.catch(() => ofClient.get(namespace)?.answer === answer && ofClient.delete(namespace));
  return answer;
}
