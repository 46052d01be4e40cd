import { request } from "node:https";
import { createInterface } from "node:readline";
import type { KubernetesObject } from "../../sandbox/kubernetes-client.ts";
import type { SandboxCluster } from "../../sandbox/sandbox.ts";

/**
 * Every object of one of Velero's kinds, once, as soon as it is made, in all namespaces. An API server ends watches when
 * it likes (a stalled etcd is enough), and refuses them while a kind is new: then it is asked again, and says all anew.
 */
export function watchNew(
  { server, token, certificateAuthority }: SandboxCluster,
  plural: string,
  onNew: (object: KubernetesObject) => void,
): { stop(): void } {
  const seen = new Set<unknown>();
  const take = (line: string): void => {
    const { type, object } = JSON.parse(line) as { type: string; object: KubernetesObject };
    if (type !== "ADDED" || seen.has(object.metadata.uid)) return;
    seen.add(object.metadata.uid);
    onNew(object);
  };

  let stop = (): void => undefined;
  const watch = (): void => {
    const call = request(
      `${server}/apis/velero.io/v1/${plural}?watch=true`,
      { ca: certificateAuthority, headers: { authorization: `Bearer ${token}` } },
      (response) => {
        if (response.statusCode !== 200) return void response.resume();
        const lines = createInterface({ input: response });
        // Destroyed in the end, it ends as a broken connection.
        lines.on("error", () => undefined);
        lines.on("line", take);
      },
    );
    let next: NodeJS.Timeout | undefined;
    stop = () => {
      call.off("close", again).destroy();
      clearTimeout(next);
    };
    const again = () => void (next = setTimeout(watch, 200));
    call.on("error", () => undefined);
    call.on("close", again);
    call.end();
  };
  watch();
  return { stop: () => stop() };
}
