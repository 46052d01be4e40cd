import { dirname, resolve as resolvePath } from "node:path";
import { resolveIn, type Secret } from "../core/references.ts";

/**
 * The connection to a cluster: exactly one of `kubeconfig`, `ambient` and `offline`. `S` is `Secret` as declared, and
 * `string` when resolved.
 */
export interface Connection<S = Secret> {
  /** The content of a kubeconfig, YAML or JSON, or the path of one (a k8s.Provider accepts both). */
  kubeconfig?: S | undefined;
  /** Uses KUBECONFIG, ~/.kube/config or the pod's service account. */
  ambient?: true | undefined;
  /** The cluster is never contacted from here. */
  offline?: true | undefined;
  /** The context in the kubeconfig. Default: its current one. */
  context?: string | undefined;
  /**
   * The folder of the file, for relative paths, if a resolved connection's content was read from a file by reference.
   */
  folder?: string | undefined;
}

/** The name of a cluster in messages: its key in the location's `clusters`, and the property that declares it. */
export interface ClusterLabel {
  key: string;
  property: string;
}

export const clusterLabel = (key: string): ClusterLabel => ({ key, property: `clusters.${key}` });

export function resolveConnection(connection: Connection, property: string): Connection<string> {
  const { kubeconfig } = connection;
  const resolved = resolveIn(connection, property) as Connection<string>;
  return typeof kubeconfig === "object" && "file" in kubeconfig
    ? { ...resolved, folder: dirname(resolvePath(kubeconfig.file)) }
    : resolved;
}
