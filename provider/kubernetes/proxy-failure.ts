import { wordsOf } from "../errors.ts";
import { type ProxyError, refusedByProxy, unreachableProxy } from "../proxy/proxy-error.ts";
import type { Proxy } from "../proxy/proxy.ts";

/** What undici (or the SOCKS client) makes of a proxy that fails, or undefined where it was the way behind it. */
export function proxyFailure(proxy: Proxy, server: string, error: unknown): ProxyError | undefined {
  const words = wordsOf(error);
  const [, tunnel, forward] =
    /Proxy response \((\d+)\) !== 200|Proxy Authentication Required \((407)\)/.exec(words) ?? [];
  const status = Number(tunnel ?? forward);
  if (status) return refusedByProxy(proxy, new URL(server).host, status);
  // All connections are to the proxy: what is behind it, it tells by its answer.
  const code =
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)\b/.exec(
      `${codeOf(error)} ${words}`,
    )?.[1];
  return code === undefined ? undefined : unreachableProxy(proxy, error, code);
}

const codeOf = (error: unknown): string => {
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown };
  return typeof code === "string" ? code : cause === undefined ? "" : codeOf(cause);
};
