import { type Agent, Agent as HttpAgent, type ClientRequest, type ClientRequestArgs } from "node:http";
import { Arrivals } from "../core/arrivals.ts";
import { X509Certificate } from "node:crypto";
import { Agent as HttpsAgent, type RequestOptions } from "node:https";
import { isIPv6, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getCACertificates } from "node:tls";
import { proxyFor, type Proxy } from "../proxy/proxy-for.ts";
import {
  openTunnel,
  proxyAuthorization,
  reachProxy,
  connectionOptions,
  limitWaiting,
} from "../proxy/tunnel.ts";

/** The connections that the stores of a session share. */
export class StoreConnections {
  readonly arrivals: Arrivals;
  readonly directHosts = new DirectHosts();
  readonly #agents = new Map<string, Agent>();

  constructor(arrivals = new Arrivals()) {
    this.arrivals = arrivals;
  }

  /** Returns the agent for an endpoint. Clients that destroy their agent need one of their own (`httpAgent`). */
  agent(endpoint: Endpoint): Agent {
    const key = `${endpoint.isHttps} ${endpoint.caCertificate ?? ""}`;
    const known = this.#agents.get(key);
    if (known) return known;
    const agent = httpAgent(endpoint);
    this.#agents.set(key, agent);
    return agent;
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
  }
}

type Requests<R> = { [K in keyof R]: (...args: never[]) => Promise<unknown> };

/**
 * Google's package makes direct requests only to hosts that NO_PROXY names one by one, and reads it from the
 * environment for each request. The environment belongs to the whole process, and in a look-up to the user's program.
 * So NO_PROXY names them during these requests, and is restored as soon as the last of them ends.
 */
export class DirectHosts {
  /** The number of open requests to each host that NO_PROXY has to name. */
  readonly #open = new Map<string, number>();
  /** The original value of NO_PROXY, and the value during these requests. */
  #before: { NO_PROXY: string | undefined } | undefined;
  #meanwhile = "";

  /** Returns the same requests, which go to `url` directly if our rules say so. */
  directly<R extends Requests<R>>(url: string, requests: R): R {
    return Object.fromEntries(
      Object.entries<(...args: never[]) => Promise<unknown>>(requests).map(([name, send]) => [
        name,
        (...args: never[]) => this.#whileNamed(url, () => send(...args)),
      ]),
    ) as R;
  }

  async #whileNamed<T>(url: string, work: () => Promise<T>): Promise<T> {
    const { hostname } = new URL(url);
    if (proxyFor(url) || !isProxied()) return work();
    this.#open.set(hostname, (this.#open.get(hostname) ?? 0) + 1);
    this.#nameHosts();
    try {
      return await work();
    } finally {
      const left = (this.#open.get(hostname) ?? 1) - 1;
      if (left > 0) this.#open.set(hostname, left);
      else this.#open.delete(hostname);
      this.#nameHosts();
    }
  }

  #nameHosts(env: NodeJS.ProcessEnv = process.env): void {
    // A value that other code has set since then is kept.
    if (this.#before && env["NO_PROXY"] !== this.#meanwhile) this.#before = undefined;
    this.#before ??= { NO_PROXY: env["NO_PROXY"] };
    if (this.#open.size === 0) {
      if (this.#before.NO_PROXY === undefined) delete env["NO_PROXY"];
      else env["NO_PROXY"] = this.#before.NO_PROXY;
      this.#before = undefined;
      return;
    }
    this.#meanwhile = [this.#before.NO_PROXY || env["no_proxy"], ...this.#open.keys()]
      .filter(Boolean)
      .join(",");
    env["NO_PROXY"] = this.#meanwhile;
  }
}

const isProxied = (): boolean =>
  ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"].some((name) => process.env[name]);

/**
 * Returns the agent for every store's client. Timeouts, certificates and proxies are set here, so that they are the
 * same for all vendors' packages.
 */
export function httpAgent({ isHttps, caCertificate }: Endpoint): HttpAgent {
  if (!isHttps) return new ImpatientHttpAgent(connectionOptions);
  if (!caCertificate) return new ImpatientHttpsAgent(connectionOptions);
  // Node's `ca` replaces the known authorities. Velero adds to them.
  return new ImpatientHttpsAgent({
    ...connectionOptions,
    ca: [...getCACertificates("default"), caCertificate],
  });
}

interface Endpoint {
  isHttps: boolean;
  caCertificate?: string | undefined;
}

/** Returns what is wrong with a caCertificate, or undefined. OpenSSL would ignore an invalid one without an error. */
export function certificateProblem(pem: string): string | undefined {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  if (!blocks) return "is not a certificate in PEM form (-----BEGIN CERTIFICATE-----)";
  const broken = blocks.findIndex((block) => !isCertificate(block));
  return broken < 0 ? undefined : `holds a certificate (number ${broken + 1}) that cannot be read`;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** The host that an agent connects to, and the proxy that forwards to it. */
interface Destination {
  host?: string | null | undefined;
  port?: string | number | null | undefined;
  proxy?: Proxy;
}

type OnConnection = (error: Error | null, connection: Duplex) => void;

class ImpatientHttpAgent extends HttpAgent {
  /**
   * Node lets an agent change a request here before it is sent, although its types do not have this method. Proxies
   * need the whole URL as the path.
   */
  addRequest(request: ClientRequest & { _header?: string | null }, options: Destination): void {
    const { addRequest } = HttpAgent.prototype as unknown as { addRequest: ImpatientHttpAgent["addRequest"] };
    const target = authorityOf(options, 80);
    const proxy = proxyFor(`http://${target}`);
    if (!proxy) return addRequest.call(this, request, options);
    // The header is already written if the request waits for "100 Continue".
    request._header = null;
    // The host is written as it is in the signed request: a proxy rewrites the Host header from it.
    request.path = `${new URL(`http://${target}`).origin}${request.path}`;
    for (const [name, value] of Object.entries(proxyAuthorization(proxy))) request.setHeader(name, value);
    const { hostname: host, port } = proxy.url;
    addRequest.call(this, request, { ...options, host, port, proxy });
  }

  override createConnection(options: ClientRequestArgs & Destination, callback: OnConnection) {
    if (!options.proxy) return limitWaiting(super.createConnection(options, callback) as Socket);
    return later(reachProxy(options.proxy), callback);
  }
}

class ImpatientHttpsAgent extends HttpsAgent {
  override createConnection(options: RequestOptions & Destination, callback: OnConnection) {
    const target = authorityOf(options, 443);
    const proxy = proxyFor(`https://${target}`);
    if (!proxy) return limitWaiting(super.createConnection(options, callback) as Socket);
    const secured = openTunnel(proxy, target).then((socket) =>
      limitWaiting(super.createConnection({ ...options, socket } as RequestOptions) as Socket),
    );
    return later(secured, callback);
  }
}

/** Returns host and port as in a URL: `minio:9000`. */
function authorityOf({ host, port }: Destination, usual: number): string {
  const name = host ?? "localhost";
  return `${isIPv6(name) ? `[${name}]` : name}:${port || usual}`;
}

/** Passes a connection on when it is open. */
function later(connecting: Promise<Duplex>, callback: OnConnection): undefined {
  connecting.then(
    (connection) => callback(null, connection),
    (error: Error) => callback(error, undefined as never),
  );
}
