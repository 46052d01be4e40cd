import { behindProxies } from "./recording-proxy.ts";

/** The kubeconfig of a cluster of the sandbox, by an address that proxies stand before. */
export function proxiedKubeconfig(kubeconfig: string, proxyUrl?: string): string {
  const proxy = proxyUrl === undefined ? "" : `\n      proxy-url: ${proxyUrl}`;
  // Its certificate is for 127.0.0.1, and for names that lead nowhere here.
  return behindProxies(kubeconfig).replace(
    /( +)server: .*/,
    (line) => `${line}\n      tls-server-name: kubernetes${proxy}`,
  );
}
