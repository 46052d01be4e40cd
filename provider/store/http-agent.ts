import { X509Certificate } from "node:crypto";
import { Agent as HttpAgent, type ClientRequest, type ClientRequestArgs } from "node:http";
import { Agent as HttpsAgent, type RequestOptions } from "node:https";
import { isIPv6, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { getCACertificates } from "node:tls";
import { proxyFor } from "../proxy/proxy-for.ts";
import type { Proxy } from "../proxy/proxy-error.ts";
import {
  autoSelectFamilyAttemptTimeout,
  openTunnel,
  type Patience,
  proxyAuthorization,
  reachProxy,
} from "../proxy/tunnel.ts";

const patience: Patience = {
  // This allows for one lost SYN (sent again after 1 s and 3 s).
  connectMs: 5_000,
  // A slow store may take long for a thousand deletions. A store that hangs must fail within 15 s.
  silenceMs: 10_000,
};

const options = {
  keepAlive: true,
  autoSelectFamilyAttemptTimeout,
};

/** A connection references its agent. So an agent that was collected has no connections. */
const agents = new Set<WeakRef<HttpAgent>>();

/** Closes all connections. An agent that is used again opens new ones. */
export function closeAgents(): void {
  for (const known of agents) {
    const agent = known.deref();
    if (agent) agent.destroy();
    else agents.delete(known);
  }
}

/**
 * Returns the agent for every store's client. Timeouts, certificates and proxies are set here, so that they are the
 * same for all vendors' packages.
 */
export function httpAgent(endpoint: Endpoint): HttpAgent {
  const agent = newAgent(endpoint);
  agents.add(new WeakRef(agent));
  return agent;
}

interface Endpoint {
  isHttps: boolean;
  caCertificate?: string | undefined;
}

function newAgent({ isHttps, caCertificate }: Endpoint): HttpAgent {
  if (!isHttps) return new ImpatientHttpAgent(options);
  if (!caCertificate) return new ImpatientHttpsAgent(options);
  // Node's `ca` replaces the known authorities. Velero adds to them.
  return new ImpatientHttpsAgent({ ...options, ca: [...getCACertificates("default"), caCertificate] });
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
    if (!options.proxy) return limitWaiting(super.createConnection(options, callback));
    return later(reachProxy(options.proxy, patience), callback);
  }

  override reuseSocket(...args: Parameters<HttpAgent["reuseSocket"]>) {
    super.reuseSocket(...args);
    limitSilence(args[0]);
  }
}

class ImpatientHttpsAgent extends HttpsAgent {
  override createConnection(options: RequestOptions & Destination, callback: OnConnection) {
    const target = authorityOf(options, 443);
    const proxy = proxyFor(`https://${target}`);
    if (!proxy) return limitWaiting(super.createConnection(options, callback));
    const secured = openTunnel(proxy, target, patience).then((socket) =>
      super.createConnection({ ...options, socket } as RequestOptions),
    );
    return later(secured, callback);
  }

  override reuseSocket(...args: Parameters<HttpAgent["reuseSocket"]>) {
    super.reuseSocket(...args);
    limitSilence(args[0]);
  }
}

/** Returns host and port as in a URL: `minio:9000`. */
function authorityOf({ host, port }: Destination, usual: number): string {
  const name = host ?? "localhost";
  return `${isIPv6(name) ? `[${name}]` : name}:${port || usual}`;
}

/** Passes a connection on when it is open. */
function later(connecting: Promise<unknown>, callback: OnConnection): undefined {
  connecting.then(
    (connection) => callback(null, limitWaiting(connection as Duplex)),
    (error: Error) => callback(error, undefined as never),
  );
}

const { connectMs, silenceMs } = patience;

function limitWaiting<S>(connection: S): S {
  const socket = connection as S & Socket;
  let isConnected = !socket.connecting;
  socket.setTimeout(isConnected ? silenceMs : connectMs);
  socket.once("connect", () => {
    isConnected = true;
    limitSilence(socket);
  });
  socket.on("timeout", () => {
    const [wasConnected, wasRead] = [isConnected, socket.bytesRead];
    // A process that was busy loading a vendor's package reads received data only now.
    setImmediate(() => {
      if (isConnected !== wasConnected || socket.bytesRead !== wasRead) return;
      const words = isConnected
        ? `connected, but no answer within ${silenceMs / 1000} s`
        : `no connection within ${connectMs / 1000} s`;
      socket.destroy(Object.assign(new Error(words), { code: "ETIMEDOUT" }));
    });
  });
  return connection;
}

/** Sets the limit again for each use of a kept connection: Node removes it when the connection becomes idle. */
function limitSilence(socket: unknown): void {
  (socket as Socket).setTimeout(silenceMs);
}
