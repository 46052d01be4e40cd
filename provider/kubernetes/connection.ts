import { dirname, resolve as resolvePath } from "node:path";
import { resolveIn, type Secret } from "../core/references.ts";

/**
 * How a cluster is reached. Exactly one of `kubeconfig`, `ambient` and `offline`; `S` is `Secret` as declared,
 * `string` once resolved.
 */
export interface Connection<S = Secret> {
  /** Content of a kubeconfig, YAML or JSON, or the path of one (a k8s.Provider takes both). */
  kubeconfig?: S | undefined;
  /** KUBECONFIG, ~/.kube/config or the pod's service account. */
  ambient?: true | undefined;
  /** Never contacted from here. */
  offline?: true | undefined;
  /** Context inside the kubeconfig; default: its current one. */
  context?: string | undefined;
  /** Of a resolved one whose content was read from a file by reference: that file's folder, for relative paths. */
  folder?: string | undefined;
}

/** What messages call a cluster: its key among the location's `clusters`, and where the user declared it. */
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
