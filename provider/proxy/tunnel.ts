import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { type Proxy, ProxyError, refusedByProxy, shownProxy, unreachableProxy } from "./proxy-error.ts";

/**
 * Node gives each address of a host 250 ms. That is less than a handshake takes on a slow network (nodejs/node#54359).
 */
export const autoSelectFamilyAttemptTimeout = 2_000;

export interface Patience {
  connectMs: number;
  silenceMs: number;
}

/** Opens a connection to the proxy itself. Fails with a ProxyError. */
export async function reachProxy(proxy: Proxy, { connectMs }: Patience): Promise<Socket> {
  const { protocol, hostname, port } = requireHttp(proxy).url;
  const isTls = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  const address = {
    host,
    port: Number(port || (isTls ? 443 : 80)),
    keepAlive: true,
    autoSelectFamilyAttemptTimeout,
  };
  return new Promise((resolve, reject) => {
    const socket = isTls ? connectTls(address) : connectPlain(address);
    let isConnected = false;
    const timer = setTimeout(() => {
      // A busy process reads received data only now.
      setImmediate(() => {
        if (isConnected) return;
        const late = new Error(`no connection within ${connectMs / 1000} s`);
        socket.destroy(Object.assign(late, { code: "ETIMEDOUT" }));
      });
    }, connectMs);
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(unreachableProxy(proxy, error));
    };
    socket.once("error", fail);
    socket.once(isTls ? "secureConnect" : "connect", () => {
      isConnected = true;
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}

/** Opens a connection through the proxy to host and port, by CONNECT. Fails with a ProxyError. */
export async function openTunnel(proxy: Proxy, target: string, patience: Patience): Promise<Socket> {
  const socket = await reachProxy(proxy, patience);
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      method: "CONNECT",
      path: target,
      headers: { host: target, ...proxyAuthorization(proxy) },
      createConnection: () => socket,
    });
    request.setTimeout(patience.silenceMs, () => {
      const late = new Error(`connected, but no answer within ${patience.silenceMs / 1000} s`);
      request.destroy(Object.assign(late, { code: "ETIMEDOUT" }));
    });
    request.once("error", (error) => reject(unreachableProxy(proxy, error)));
    request.once("connect", ({ statusCode = 0, statusMessage }: IncomingMessage) => {
      socket.setTimeout(0);
      if (statusCode >= 200 && statusCode < 300) return resolve(socket);
      socket.destroy();
      reject(refusedByProxy(proxy, target, statusCode, statusMessage));
    });
    request.end();
  });
}

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
