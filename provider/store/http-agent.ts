import { X509Certificate } from "node:crypto";
import { Agent as HttpAgent, type ClientRequest, type ClientRequestArgs } from "node:http";
import { Agent as HttpsAgent, type RequestOptions } from "node:https";
import { isIPv6, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getCACertificates } from "node:tls";
import { proxyFor } from "../proxy/proxy-for.ts";
import type { Proxy } from "../proxy/proxy-error.ts";
import { connectionOptions, limitWaiting } from "../proxy/limit-waiting.ts";
import { openTunnel, proxyAuthorization, reachProxy } from "../proxy/tunnel.ts";

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

export interface Endpoint {
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
