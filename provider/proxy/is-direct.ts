import { BlockList, isIP } from "node:net";

/** What a proxy never stands before: this machine, and what only it can see (the metadata servers of clouds). */
const own = new BlockList();
own.addSubnet("127.0.0.0", 8);
own.addAddress("::1", "ipv6");
own.addSubnet("169.254.0.0", 16);
own.addSubnet("fe80::", 10, "ipv6");

/** Whether NO_PROXY (or that it is this machine itself) exempts a URL from its proxy. */
export function isDirect({ hostname, port, protocol }: URL, noProxy = ""): boolean {
  const host = hostname.replace(/^\[|\]$|\.$/g, "");
  if (host === "localhost" || holds(own, host)) return true;
  const target = { host, port: port || (protocol === "https:" ? "443" : "80") };
  return noProxy
    .toLowerCase()
    .split(/[,\s]+/)
    .some((entry) => entry !== "" && matches(entry, target));
}

/** `*`, `10.0.0.0/8`, `10.1.2.3`, `example.com` (and what is below it), `.example.com` (only that); all but the first two with `:port`. */
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

/** However it is spelled: IPv6 has many ways. */
function addresses(address: string): BlockList {
  const list = new BlockList();
  list.addAddress(address, familyOf(address));
  return list;
}

const holds = (list: BlockList, host: string): boolean =>
  isIP(host) !== 0 && list.check(host, familyOf(host));

const familyOf = (address: string): "ipv4" | "ipv6" => (isIP(address) === 4 ? "ipv4" : "ipv6");
