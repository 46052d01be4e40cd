import { Problem } from "../errors.ts";
import { parseProxy } from "../proxy/parse-proxy.ts";
import { ProxyError, proxyTodo } from "../proxy/proxy-error.ts";
import { proxyFor } from "../proxy/proxy-for.ts";
import type { Proxy } from "../proxy/proxy.ts";
import type { ClusterLabel } from "./connection.ts";
import type { ClusterEntry } from "./kubeconfig/kubeconfig-fields.ts";

/** The proxy before a cluster: its kubeconfig's `proxy-url`, else the environment's. */
export function chooseProxy(cluster: ClusterEntry, label: ClusterLabel): Proxy | undefined {
  const declared = cluster["proxy-url"];
  try {
    return declared ? parseProxy(declared, "proxy-url") : proxyFor(cluster.server);
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
