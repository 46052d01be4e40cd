import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Proxy, ProxyError, refusedByProxy, shownProxy, unreachableProxy } from "./proxy-for.ts";

/** This allows for one lost SYN (sent again after 1 s and 3 s). */
const connectMs = 5_000;
/** A slow store may take long for a thousand deletions. A store that hangs must fail within 15 s. */
const silenceMs = 10_000;

/** The options of every connection, and of the agents that make them. */
export const connectionOptions = {
  keepAlive: true,
  // Node gives each address of a host 250 ms. That is less than a handshake takes on a slow network (nodejs/node#54359).
  autoSelectFamilyAttemptTimeout: 2_000,
  // Node removes the limit of a connection that becomes idle, unless the agent has it as well.
  timeout: silenceMs,
};

/** Limits how long a connection may take to open, and then how long it may be silent. It fails with ETIMEDOUT. */
export function limitWaiting<S extends Socket>(socket: S): S {
  let isConnected = !socket.connecting;
  socket.setTimeout(isConnected ? silenceMs : connectMs);
  socket.once("connect", () => {
    isConnected = true;
    socket.setTimeout(silenceMs);
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
  return socket;
}

/** Opens a connection to the proxy itself. Fails with a ProxyError. */
export async function reachProxy(proxy: Proxy): Promise<Socket> {
  const { protocol, hostname, port } = requireHttp(proxy).url;
  const isTls = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const address = { ...connectionOptions, host, port: Number(port || (isTls ? 443 : 80)) };
  const socket = limitWaiting(isTls ? connectTls(address) : connectPlain(address));
  await orUnreachable(proxy, once(socket, isTls ? "secureConnect" : "connect"));
  return socket;
}

/**
 * Opens a connection through the proxy to host and port, by CONNECT. Fails with a ProxyError. Packages hide a proxy's
 * refusal: https-proxy-agent 9 gives it to the client as the answer of the store, and hpagent 1 drops its words.
 */
export async function openTunnel(proxy: Proxy, target: string): Promise<Socket> {
  const socket = await reachProxy(proxy);
  const headers = { host: target, ...proxyAuthorization(proxy) };
  const request = httpRequest({ method: "CONNECT", path: target, headers, createConnection: () => socket });
  const answers = orUnreachable(proxy, once(request.end(), "connect")) as Promise<[IncomingMessage]>;
  const [{ statusCode = 0, statusMessage }] = await answers;
  // From here on, the connection inside of the tunnel has the limits.
  socket.setTimeout(0);
  if (statusCode >= 200 && statusCode < 300) return socket;
  socket.destroy();
  throw refusedByProxy(proxy, target, statusCode, statusMessage);
}

const orUnreachable = <T>(proxy: Proxy, answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw unreachableProxy(proxy, error);
  });

/** Returns the header that authenticates the client to the proxy. */
export function proxyAuthorization({ url }: Proxy): Record<string, string> {
  if (!url.username && !url.password) return {};
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` };
}

/** Only the kubeconfig's clients support SOCKS. */
export function requireHttp(proxy: Proxy): Proxy {
  if (/^https?:$/.test(proxy.url.protocol)) return proxy;
  throw new ProxyError(
    "ERR_PROXY_ADDRESS",
    `${shownProxy(proxy)} is none of HTTP: stores are reached through http:// and https:// proxies only`,
  );
}
