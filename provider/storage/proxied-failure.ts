import {
  isPassingProxyError,
  isProxyCode,
  ProxyError,
  proxyErrorIn,
  proxyTodo,
  refusedByProxy,
  unreachableProxy,
} from "../proxy/proxy-error.ts";
import { proxyFor } from "../proxy/proxy-for.ts";
import { type Proxy, shownProxy } from "../proxy/proxy.ts";
import type { StoreFailure } from "./store-failure.ts";
import type { StorePlace, Verdict } from "./verdict.ts";

/**
 * The same failure, or the proxy's where it was that: in its own words (our connections), or in what a proxy that
 * passes requests on answers in the store's stead.
 */
export function proxiedFailure(
  thrown: unknown,
  failure: StoreFailure,
  { url, isVendorsProxy = false }: Pick<StorePlace, "url" | "isVendorsProxy">,
): StoreFailure {
  if (isProxyCode(failure.code)) return failure;
  const told = proxyErrorIn(thrown) ?? proxyErrorIn(failure.said);
  if (told) return told;
  if (url === undefined) return failure;
  const proxy = before(url);
  if (!proxy) return failure;
  if (proxy instanceof ProxyError) return proxyErrorIn(proxy) ?? failure;
  const isPassedOn = isVendorsProxy || url.startsWith("http:");
  return (isPassedOn && ofProxy(proxy, failure, url, isVendorsProxy)) || throughProxy(proxy, failure);
}

/** The proxy before it, or what is wrong with its address. */
function before(url: string): Proxy | ProxyError | undefined {
  try {
    return proxyFor(url);
  } catch (error) {
    if (error instanceof ProxyError) return error;
    throw error;
  }
}

function ofProxy(
  proxy: Proxy,
  failure: StoreFailure,
  url: string,
  isVendorsProxy: boolean,
): StoreFailure | undefined {
  const { code, said, status, from } = failure;
  const tell = (error: Error) => proxyErrorIn(error) ?? failure;
  if (status === 407) return tell(refusedByProxy(proxy, new URL(url).host, 407));
  // The package connects to the proxy by itself; what it says of the token's server may be true.
  const isConnection = isVendorsProxy && status === undefined && from === undefined;
  if (isConnection && connectionCodes.has(code)) return tell(unreachableProxy(proxy, new Error(said), code));
  const isNobodys = /^Not(S3|Gcs|Azure|Sts)$/.test(code) || /^Http(403|50[234])$/.test(code);
  if (!isNobodys) return undefined;
  return { code: "ERR_PROXY_ANSWER", said: `${shownProxy(proxy)} handed on: ${said}`, status };
}

/** What failed behind the proxy is told with it: the way there is part of what to look at. */
function throughProxy(proxy: Proxy, failure: StoreFailure): StoreFailure {
  if (failure.status !== undefined || !connectionCodes.has(failure.code)) return failure;
  return { ...failure, said: `${failure.said} (through ${shownProxy(proxy)})` };
}

const connectionCodes = new Set([
  ...[
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "EPIPE",
    "EPROTO",
  ],
  "ETIMEDOUT",
]);

/** What a failure of the proxy means, to whichever store it was. */
export function proxyVerdictOn({ code }: StoreFailure): Verdict | undefined {
  if (!isProxyCode(code)) return undefined;
  return {
    code: "Unreachable",
    blame: undefined,
    todo: proxyTodo[code],
    isPassing: isPassingProxyError(code),
  };
}
