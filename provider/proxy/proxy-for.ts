import { isDirect } from "./is-direct.ts";
import { parseProxy } from "./parse-proxy.ts";
import type { Proxy } from "./proxy.ts";

/**
 * The proxy that the environment names for a URL, by the rules that Go's programs go by, and so kubectl, Velero and
 * Pulumi's own Kubernetes provider (golang.org/x/net/http/httpproxy): HTTPS_PROXY for https, HTTP_PROXY for http, in
 * capitals first; what NO_PROXY lists, and this machine itself, is reached directly.
 */
export function proxyFor(url: string, env: NodeJS.ProcessEnv = process.env): Proxy | undefined {
  const target = new URL(url);
  const names = target.protocol === "https:" ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"];
  const from = names.find((name) => env[name]);
  if (from === undefined || isDirect(target, env["NO_PROXY"] || env["no_proxy"])) return undefined;
  return parseProxy(env[from] ?? "", from);
}
