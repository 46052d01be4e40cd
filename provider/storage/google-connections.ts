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
    // Node's own agent is used so, which keeps a connection for five seconds: the package's keeps it for ever.
    const brief = { ...options, forever: false };
    return proxy ? { ...brief, proxy: requireHttp(proxy).url.href } : brief;
  },
};

/** Of google-auth-library, which asks other servers for tokens, and does take agents. */
export const googleTokenConnections = {
  agent: ({ protocol }: URL) => httpAgent({ isHttps: protocol === "https:" }),
};

type Requests<R> = { [K in keyof R]: (...args: never[]) => Promise<unknown> };

/** The same requests, which go to `url` directly where our rules say so. */
export const directly = <R extends Requests<R>>(url: string, requests: R): R =>
  Object.fromEntries(
    Object.entries<(...args: never[]) => Promise<unknown>>(requests).map(([name, send]) => [
      name,
      (...args: never[]) => whileSpelledOut(url, () => send(...args)),
    ]),
  ) as R;

/** The number of requests on their way to each host that NO_PROXY has to name. */
const spelledOut = new Map<string, number>();
/** NO_PROXY as it was, and as it is meanwhile. */
let before: { NO_PROXY: string | undefined } | undefined;
let meanwhile = "";

/**
 * Google's package makes direct requests only to hosts that NO_PROXY names one by one, and reads it from the
 * environment for each request. The environment is the whole process's, that of a user's program in a look-up: it is
 * put back as soon as the last of these requests has ended.
 */
async function whileSpelledOut<T>(url: string, work: () => Promise<T>): Promise<T> {
  const { hostname } = new URL(url);
  if (proxyFor(url) || !isProxied()) return work();
  spelledOut.set(hostname, (spelledOut.get(hostname) ?? 0) + 1);
  listHosts();
  try {
    return await work();
  } finally {
    const left = (spelledOut.get(hostname) ?? 1) - 1;
    if (left > 0) spelledOut.set(hostname, left);
    else spelledOut.delete(hostname);
    listHosts();
  }
}

const isProxied = (): boolean =>
  ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some((name) => process.env[name]);

function listHosts(env: NodeJS.ProcessEnv = process.env): void {
  // A value that somebody else has set since is kept.
  if (before && env["NO_PROXY"] !== meanwhile) before = undefined;
  before ??= { NO_PROXY: env["NO_PROXY"] };
  if (spelledOut.size === 0) {
    if (before.NO_PROXY === undefined) delete env["NO_PROXY"];
    else env["NO_PROXY"] = before.NO_PROXY;
    before = undefined;
    return;
  }
  meanwhile = [before.NO_PROXY || env["no_proxy"], ...spelledOut.keys()].filter(Boolean).join(",");
  env["NO_PROXY"] = meanwhile;
}
