import { request } from "node:https";
import { createInterface } from "node:readline";
import type { KubernetesObject } from "../../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../../sandbox/sandbox.ts";

/** Every object of one of Velero's kinds as it is made, in all namespaces. */
export function watchNew(
  { server, token, certificateAuthority }: SandboxCluster,
  plural: string,
  onNew: (object: KubernetesObject) => void,
): { stop(): void } {
  const call = request(
    `${server}/apis/velero.io/v1/${plural}?watch=true`,
    { ca: certificateAuthority, headers: { authorization: `Bearer ${token}` } },
    (response) => {
      const lines = createInterface({ input: response });
      // Destroyed in the end, it ends as a broken connection.
      lines.on("error", () => undefined);
      lines.on("line", (line) => {
        const { type, object } = JSON.parse(line) as { type: string; object: KubernetesObject };
        if (type === "ADDED") onNew(object);
      });
    },
  );
  call.on("error", () => undefined);
  call.end();
  return { stop: () => void call.destroy() };
}
