import { BlockList, isIP } from "node:net";
import { type Proxy, ProxyError } from "./proxy-error.ts";

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
      // Whoever uses this proxy reports it.
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
