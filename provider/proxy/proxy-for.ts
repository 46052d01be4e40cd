import { BlockList, isIP } from "node:net";
import { wordsOf } from "../core/errors.ts";

/**
 * Returns the proxy that the environment sets for a URL. The rules are those of Go programs, such as kubectl, Velero
 * and Pulumi's own Kubernetes provider (golang.org/x/net/http/httpproxy): HTTPS_PROXY for https, HTTP_PROXY for http,
 * upper case first. Hosts in NO_PROXY, and this machine itself, are reached directly. Packages
 * read other variables first, and no networks in NO_PROXY: proxy-from-env 2, undici 8, Node's own `proxyEnv`.
 */
export function proxyFor(url: string, env: NodeJS.ProcessEnv = process.env): Proxy | undefined {
  const target = new URL(url);
  const names = target.protocol === "https:" ? ["HTTPS_PROXY", "https_proxy"] : ["HTTP_PROXY", "http_proxy"];
  const from = names.find((name) => env[name]);
  if (from === undefined || isDirect(target, env["NO_PROXY"] || env["no_proxy"])) return undefined;
  return parseProxy(env[from] ?? "", from);
}

/** Parses the address of a proxy. `proxy:3128` is valid as well. */
export function parseProxy(address: string, from: string): Proxy {
  const text = address.trim();
  const whole = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  // The message does not repeat the address, because it may contain a password.
  if (!URL.canParse(whole)) throw notAnAddress(from);
  const url = new URL(whole);
  if (!isDecodable(url)) throw notAnAddress(from);
  if (!/^(https?|socks[45]?[ah]?):$/.test(url.protocol) || !url.hostname) throw notAnAddress(from);
  return { url, from };
}

function isDecodable({ username, password }: URL): boolean {
  try {
    return decodeURIComponent(`${username}:${password}`) !== "";
  } catch {
    return false;
  }
}

/** Returns the credentials of a proxy, as they may stand in messages. */
export const secretsOfProxy = ({ url: { username, password } }: Proxy): string[] =>
  [password, `${username}:${password}`].flatMap((secret) => [secret, decodeURIComponent(secret)]);

/** Returns the credentials of the proxies that the environment sets. */
export const secretsOfProxies = (env: NodeJS.ProcessEnv = process.env): string[] =>
  ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].flatMap((from) => {
    try {
      return env[from] ? secretsOfProxy(parseProxy(env[from], from)) : [];
    } catch {
      // The user of this proxy reports it.
      return [];
    }
  });

const notAnAddress = (from: string): ProxyError =>
  new ProxyError(
    "ERR_PROXY_ADDRESS",
    `the proxy in ${from} is not one that can be used: it is no URL of http:// or https://`,
  );

/**
 * These addresses are never reached through a proxy: this machine, and what only it can reach (the metadata servers of
 * clouds).
 */
const own = new BlockList();
own.addSubnet("127.0.0.0", 8);
own.addAddress("::1", "ipv6");
own.addSubnet("169.254.0.0", 16);
own.addSubnet("fe80::", 10, "ipv6");

/** Returns true if NO_PROXY exempts the URL, or if it points to this machine. */
function isDirect({ hostname, port, protocol }: URL, noProxy = ""): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, "");
  if (host === "localhost" || holds(own, host)) return true;
  const target = { host, port: port || (protocol === "https:" ? "443" : "80") };
  return noProxy
    .toLowerCase()
    .split(/[,\s]+/)
    .some((entry) => entry !== "" && matches(entry, target));
}

/**
 * Matches an entry of NO_PROXY: `*`, `10.0.0.0/8`, `10.1.2.3`, `example.com` (and its subdomains) or `.example.com`
 * (only subdomains). All but the first two accept a `:port`.
 */
function matches(entry: string, target: { host: string; port: string }): boolean {
  if (entry === "*") return true;
  const [, network = "", bits = ""] = /^\[?([^\]/]+)\]?\/(\d{1,3})$/.exec(entry) ?? [];
  if (isIP(network)) return isWithin(network, Number(bits), target.host);
  if (isIP(entry)) return holds(addresses(entry), target.host);
  const [, bare = "", port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? [];
  if (port !== undefined && port !== target.port) return false;
  const host = bare.replace(/^\[|\]$/g, "").replace(/^\*(?=\.)/, "");
  if (isIP(host)) return holds(addresses(host), target.host);
  if (host === "") return false;
  if (host.startsWith(".")) return target.host.endsWith(host);
  return target.host === host || target.host.endsWith(`.${host}`);
}

function isWithin(network: string, bits: number, host: string): boolean {
  const family = familyOf(network);
  if (bits > (family === "ipv4" ? 32 : 128)) return false;
  const subnet = new BlockList();
  subnet.addSubnet(network, bits, family);
  return holds(subnet, host);
}

/** Matches every spelling of an address: IPv6 has several. */
function addresses(address: string): BlockList {
  const list = new BlockList();
  list.addAddress(address, familyOf(address));
  return list;
}

const holds = (list: BlockList, host: string): boolean =>
  isIP(host) !== 0 && list.check(host, familyOf(host));

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 4 ? "ipv4" : "ipv6");

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
