import { setTimeout as sleep } from "node:timers/promises";
import { Problem } from "../errors.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { askVelero } from "./ask-velero.ts";

/** A wait that lasts longer asks whether there is anybody to wait for, and again each minute. */
const FIRST_MS = 15_000;
const EACH_MS = 60_000;

/**
 * Fails where no Velero answers: a location that once was Available stays so when its Velero dies
 * (docs/design/velero-facts.md#a-stopped-server). Who may not ask is not held up.
 */
export async function requireVelero(
  client: KubernetesClient,
  namespace: string,
  consequence: string,
): Promise<void> {
  if ((await askVelero(client, namespace)) === "silent") throw silent(client, namespace, consequence);
}

/** Ends a wait for something of Velero's as soon as no Velero works there any more. */
export async function whileVeleroWorks<T>(
  client: KubernetesClient,
  namespace: string,
  consequence: string,
  wait: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const dead = new AbortController();
  const over = new AbortController();
  void watchOver();
  try {
    return await wait(dead.signal);
  } finally {
    over.abort();
  }

  async function watchOver(): Promise<void> {
    for (let pause = FIRST_MS; !over.signal.aborted; pause = EACH_MS) {
      await sleep(pause, undefined, { signal: over.signal }).catch(() => undefined);
      if (over.signal.aborted) return;
      await requireVelero(client, namespace, consequence).catch((error: unknown) => {
        // A cluster that does not answer is the wait's own business.
        if (error instanceof Problem && error.code === "VeleroSilent") dead.abort(error);
      });
    }
  }
}

const silent = (client: KubernetesClient, namespace: string, consequence: string) =>
  new Problem({
    code: "VeleroSilent",
    property: `${client.label.property}.namespace`,
    what: `no Velero works in namespace "${namespace}" of cluster "${client.label.key}": ${consequence}`,
    todo: `See that its server runs there (kubectl -n ${namespace} get pods), and run up again.`,
  });
