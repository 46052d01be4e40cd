import { Problem } from "../errors.ts";
import { parseProxy } from "../proxy/parse-proxy.ts";
import { ProxyError, proxyTodo } from "../proxy/proxy-error.ts";
import { proxyFor } from "../proxy/proxy-for.ts";
import type { Proxy } from "../proxy/proxy.ts";
import type { ClusterLabel } from "./connection.ts";
import type { loadKubeconfig } from "./load-kubeconfig.ts";

type KubeConfig = Awaited<ReturnType<typeof loadKubeconfig>>;

/**
 * The proxy before the current cluster: its kubeconfig's `proxy-url`, else the environment's. Requests and watches go
 * there by what the kubeconfig says, so that the environment's is written into it.
 */
export function chooseProxy(config: KubeConfig, label: ClusterLabel): Proxy | undefined {
  const cluster = config.getCurrentCluster();
  if (!cluster) return undefined;
  const declared = cluster.proxyUrl;
  try {
    const proxy = declared ? parseProxy(declared, "proxy-url") : proxyFor(cluster.server);
    if (!proxy) return undefined;
    const throughIt = (each: KubeConfig["clusters"][number]) =>
      each === cluster ? { ...each, proxyUrl: proxy.url.href } : each;
    config.clusters = config.clusters.map(throughIt);
    return proxy;
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    throw new Problem({
      code: "BadProxy",
      property: declared ? `${label.property}.kubeconfig` : label.property,
      what: `cluster "${label.key}" cannot be reached: ${error.message}`,
      todo: proxyTodo[error.code],
    });
  }
}
