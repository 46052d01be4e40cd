import { httpAgent } from "./http-agent.ts";
import { proxyFor } from "../proxy/proxy-for.ts";
import { requireHttp } from "../proxy/tunnel.ts";

/**
 * Google's package takes no agent for requests to the store. It finds proxies by rules of its own (HTTP_PROXY even for
 * https; NO_PROXY without domains, ports and networks), so that it is told of each request what ours say.
 */
export const googleConnections = {
  request<Options extends { uri: string }>(options: Options): Options {
    const proxy = proxyFor(options.uri);
    if (proxy) return { ...options, proxy: requireHttp(proxy).url.href };
    spellOut(new URL(options.uri).hostname);
    return options;
  },
};

/** Direct requests it makes only to hosts that NO_PROXY names one by one. */
function spellOut(host: string, env: NodeJS.ProcessEnv = process.env): void {
  if (!["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some((name) => env[name])) return;
  const listed = env["NO_PROXY"] || env["no_proxy"] || "";
  if (listed.split(",").some((entry) => entry.trim() === host)) return;
  env["NO_PROXY"] = [listed, host].filter(Boolean).join(",");
}

/** Of google-auth-library, which asks other servers for tokens, and does take agents. */
export const googleTokenConnections = {
  agent: ({ protocol }: URL) => httpAgent({ isHttps: protocol === "https:" }),
};
