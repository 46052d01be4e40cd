import { wordsOf } from "../core/errors.ts";

type ProxyErrorCode =
  | "ERR_PROXY_ADDRESS"
  | "ERR_PROXY_HOST"
  | "ERR_PROXY_REFUSED"
  | "ERR_PROXY_SILENT"
  | "ERR_PROXY_BROKEN"
  | "ERR_PROXY_CREDENTIALS"
  | "ERR_PROXY_FORBIDS"
  | "ERR_PROXY_NO_WAY"
  | "ERR_PROXY_ANSWER";

/**
 * The failure of a proxy, not of the server behind it. The message names the proxy and the setting that it came from,
 * never its user or password.
 */
export class ProxyError extends Error {
  readonly code: ProxyErrorCode;

  constructor(code: ProxyErrorCode, words: string) {
    // The message includes the code, so that `proxyErrorIn` finds it even if a vendor's package keeps only the message.
    super(`${words} (${code})`);
    this.name = "ProxyError";
    this.code = code;
  }
}

const codes: Record<string, ProxyErrorCode> = {
  ENOTFOUND: "ERR_PROXY_HOST",
  EAI_AGAIN: "ERR_PROXY_HOST",
  ECONNREFUSED: "ERR_PROXY_REFUSED",
  ETIMEDOUT: "ERR_PROXY_SILENT",
  EHOSTUNREACH: "ERR_PROXY_SILENT",
  ENETUNREACH: "ERR_PROXY_SILENT",
  UND_ERR_CONNECT_TIMEOUT: "ERR_PROXY_SILENT",
};

/** Makes the error for a failed connection to the proxy itself, which has one of Node's codes. */
export const unreachableProxy = (proxy: Proxy, error: unknown, code = codeOf(error)): ProxyError =>
  new ProxyError(
    codes[code] ?? "ERR_PROXY_BROKEN",
    `${shownProxy(proxy)} does not answer: ${wordsOf(error)}`,
  );

/** Makes the error for an answer of the proxy that is no connection to the target. */
export function refusedByProxy(proxy: Proxy, target: string, status: number, words = ""): ProxyError {
  const answered = `${shownProxy(proxy)} answered ${[status, words.trim()].filter(Boolean).join(" ")}`;
  if (status === 407) return new ProxyError("ERR_PROXY_CREDENTIALS", answered);
  const code = status < 500 ? "ERR_PROXY_FORBIDS" : "ERR_PROXY_NO_WAY";
  return new ProxyError(code, `${answered} to a connection to ${target}`);
}

const withoutIt = "If it can be reached without the proxy, list its host in NO_PROXY.";

/** The remedy for each code. */
export const proxyTodo: Record<ProxyErrorCode, string> = {
  ERR_PROXY_ADDRESS:
    "Write it as http://proxy.example.com:3128, or with http://user:password@ where it asks for them, special characters in those percent-encoded.",
  ERR_PROXY_HOST:
    "No such host: correct the proxy's name where it is set, or reach the network that knows it.",
  ERR_PROXY_REFUSED: `Nothing listens there: correct the proxy's address where it is set, or start it. ${withoutIt}`,
  ERR_PROXY_SILENT: `Correct the proxy's address where it is set, or reach the network (VPN) that it is in. ${withoutIt}`,
  ERR_PROXY_BROKEN: `Is it a proxy that takes HTTP (or, with https://, TLS) at this port? ${withoutIt}`,
  ERR_PROXY_CREDENTIALS:
    "The proxy asks for other credentials: put them into its address where it is set, as in http://user:password@host:port, special characters percent-encoded.",
  ERR_PROXY_FORBIDS: `The proxy does not let this machine go there: have that host and port allowed. ${withoutIt}`,
  ERR_PROXY_NO_WAY: `The proxy cannot get there: check host and port, and that its network reaches them. ${withoutIt}`,
  ERR_PROXY_ANSWER: `So answers the proxy itself, or what stands behind it instead of what is wanted: look into the proxy's log. ${withoutIt}`,
};

/** Returns true if a retry may succeed. */
export const isPassingProxyError = (code: ProxyErrorCode): boolean =>
  code === "ERR_PROXY_REFUSED" || code === "ERR_PROXY_BROKEN" || code === "ERR_PROXY_NO_WAY";

export const isProxyCode = (code: string): code is ProxyErrorCode => Object.hasOwn(proxyTodo, code);

/** Finds a proxy's failure in the error of a vendor's package. Some packages keep only the message. */
export function proxyErrorIn(thrown: unknown): { code: ProxyErrorCode; said: string } | undefined {
  const [, said, code = ""] = /(the proxy .*?) \((ERR_PROXY_[A-Z_]+)\)/s.exec(wordsOf(thrown)) ?? [];
  return said !== undefined && isProxyCode(code) ? { code, said } : undefined;
}

const codeOf = (error: unknown): string => {
  const [first] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  const { code, cause } = Object(first ?? error) as { code?: unknown; cause?: unknown };
  return typeof code === "string" ? code : cause === undefined ? "" : codeOf(cause);
};

export interface Proxy {
  url: URL;
  /** The setting that the proxy came from, in the user's words: `HTTPS_PROXY`. */
  from: string;
}

/** Describes a proxy for messages, without user and password. */
export const shownProxy = ({ url, from }: Proxy): string =>
  `the proxy ${url.protocol}//${url.host} (${from})`;
