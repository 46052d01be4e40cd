import type { KubernetesClient } from "../kubernetes/client.ts";
import { createUnderRandomName } from "../kubernetes/create-under-random-name.ts";
import { isForbidden } from "../kubernetes/kubernetes-error.ts";
import { type KubernetesObject, serverStatusRequests } from "../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../kubernetes/wait.ts";

interface ServerStatusRequest extends KubernetesObject {
  spec: object;
  status?: { phase?: string; serverVersion?: string };
}

/** What Velero's server says of itself. */
export interface ServerStatus {
  /** `v1.18.3`. */
  version?: string | undefined;
}

/** A server that is being restarted is back by then, and answers what was asked meanwhile. */
const ANSWER_MS = 45_000;

/** Asks Velero's server for its status, which it gives at once whatever else it does; not everybody may ask. */
export async function askVelero(
  client: KubernetesClient,
  namespace: string,
): Promise<ServerStatus | "silent" | "forbidden"> {
  const request = { metadata: { namespace }, spec: {} };
  const name = await createUnderRandomName<ServerStatusRequest>(
    client,
    serverStatusRequests,
    "pulumi-velero",
    request,
  ).catch((error: unknown) => {
    if (isForbidden(error)) return undefined;
    throw error;
  });
  if (name === undefined) return "forbidden";
  const target = { type: serverStatusRequests, name, namespace };
  try {
    return await waitFor<ServerStatusRequest, ServerStatus>(
      client,
      target,
      // Velero removes it a minute after its answer.
      (live) =>
        live?.status?.phase === "Processed" || !live ? { version: live?.status?.serverVersion } : undefined,
      { deadline: { name: "", signal: AbortSignal.timeout(ANSWER_MS) }, what: "", todo: "" },
    );
  } catch (error) {
    if (error instanceof WaitTimeout) return "silent";
    throw error;
  } finally {
    await client.delete(target).catch(() => undefined);
  }
}
