import { dirname, resolve as resolvePath } from "node:path";
import * as v from "valibot";
import { secret, text } from "../core/fields.ts";
import { type Secrets, type Resolved, resolveIn } from "../core/secrets.ts";

/**
 * The connection to a cluster. Each kind has its own rule that exactly one is given, because only the kind knows what
 * the user calls the cluster.
 */
export const connection = v.strictObject({
  /** The content of a kubeconfig, YAML or JSON, or the path of one (a k8s.Provider accepts both). */
  kubeconfig: v.optional(secret),
  ambient: v.optional(v.literal(true)),
  offline: v.optional(v.literal(true)),
  context: v.optional(text),
});

export type Connection = v.InferOutput<typeof connection>;

export interface ResolvedConnection extends Resolved<Connection> {
  /** The folder of the file, for relative paths, if the content was read from a file by reference. */
  folder?: string | undefined;
}

/** The name of a cluster in messages: its key in the location's `clusters`, and the property that declares it. */
export interface ClusterLabel {
  key: string;
  property: string;
}

export const clusterLabel = (key: string): ClusterLabel => ({ key, property: `clusters.${key}` });

export function resolveConnection(
  secrets: Secrets,
  connection: Connection,
  property: string,
): ResolvedConnection {
  const { kubeconfig } = connection;
  const resolved = resolveIn(secrets, connection, property) as ResolvedConnection;
  return typeof kubeconfig === "object" && "file" in kubeconfig
    ? { ...resolved, folder: dirname(resolvePath(kubeconfig.file)) }
    : resolved;
}
