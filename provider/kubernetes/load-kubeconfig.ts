import type { KubeConfig } from "@kubernetes/client-node";
import { existsSync } from "node:fs";
import { Problem, wordsOf } from "../errors.ts";
import type { ClusterLabel, Connection } from "./connection.ts";

/** The kubeconfig that a resolved connection means, with the context that it asks for. */
export async function loadKubeconfig(
  connection: Connection<string>,
  label: ClusterLabel,
): Promise<KubeConfig> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  const property = `${label.property}.${connection.ambient ? "ambient" : "kubeconfig"}`;
  try {
    if (connection.ambient) config.loadFromDefault();
    else if (isPath(connection.kubeconfig ?? "")) config.loadFromFile(connection.kubeconfig ?? "");
    else config.loadFromString(connection.kubeconfig ?? "");
  } catch (error) {
    throw new Problem({
      code: "BadKubeconfig",
      property,
      what: `the kubeconfig of cluster "${label.key}" cannot be read`,
      // A YAML parser quotes the line that it stumbled over, and that line may be a token.
      said: connection.ambient ? wordsOf(error) : undefined,
      todo: "Give the whole content of a kubeconfig file, as `kubectl config view --raw --minify` prints it.",
    });
  }
  if (!connection.ambient && config.getClusters().length === 0 && isOneLine(connection.kubeconfig ?? "")) {
    throw new Problem({
      code: "BadKubeconfig",
      property,
      what: `the kubeconfig of cluster "${label.key}" is one line, and not the path of a file that is there`,
      todo: "Give the whole content of a kubeconfig file, not base64 of it, or a path, in which ~ stands for no folder.",
    });
  }
  if (connection.context !== undefined) chooseContext(config, connection.context, label);
  if (!config.getCurrentCluster()) {
    throw new Problem({
      code: "BadKubeconfig",
      property,
      what: `the kubeconfig of cluster "${label.key}" has no cluster for its current context`,
      todo: "Set its current-context, or name one in `context`.",
    });
  }
  return config;
}

function chooseContext(config: KubeConfig, context: string, label: ClusterLabel): void {
  if (!config.getContextObject(context)) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Problem({
      code: "BadKubeconfig",
      property: `${label.property}.context`,
      what: `the kubeconfig of cluster "${label.key}" has no context "${context}"`,
      todo: known.length > 0 ? `It has: ${known.join(", ")}.` : "It has none.",
    });
  }
  config.setCurrentContext(context);
}

/** A k8s.Provider takes a path where it takes content; content is never one line that is a file. */
const isPath = (text: string): boolean => isOneLine(text) && existsSync(text);

const isOneLine = (text: string): boolean => !text.includes("\n") && !text.includes("{");
