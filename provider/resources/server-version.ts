import type { KubernetesClient } from "../kubernetes/client.ts";
import { askVelero } from "./ask-velero.ts";

const known = new WeakMap<KubernetesClient, Map<string, Promise<string | undefined>>>();

/**
 * The version of the Velero in that namespace, `v1.18.3`: asked once in a process. Undefined where it cannot be told,
 * which nothing may take for an old one. Nothing of that sort is remembered.
 */
export async function serverVersion(
  client: KubernetesClient,
  namespace: string,
): Promise<string | undefined> {
  const ofClient = known.get(client) ?? new Map<string, Promise<string | undefined>>();
  known.set(client, ofClient);
  const asked = ofClient.get(namespace) ?? ask(client, namespace);
  ofClient.set(namespace, asked);
  const version = await asked.catch(() => undefined);
  if (version === undefined) ofClient.delete(namespace);
  return version;
}

async function ask(client: KubernetesClient, namespace: string): Promise<string | undefined> {
  const status = await askVelero(client, namespace);
  return typeof status === "object" ? status.version : undefined;
}
