import { X509Certificate } from "node:crypto";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";
import { getCACertificates } from "node:tls";

/** Room for one lost SYN (sent again after 1 s and 3 s). */
const connectMs = 5_000;
/** A slow store may think for long over a thousand deletions; one that hangs must fail within 15 s. */
const silenceMs = 10_000;

const options = {
  keepAlive: true,
  // Node gives each address of a host 250 ms: less than a slow network needs for a handshake (nodejs/node#54359).
  autoSelectFamilyAttemptTimeout: 2_000,
};

/**
 * How every store's client connects: time limits, certificates and (one day) proxies are decided here, so that
 * they are the same whatever the vendor's package thinks of them.
 */
export function httpAgent(endpoint: { isHttps: boolean; caCertificate?: string | undefined }): HttpAgent {
  const { isHttps, caCertificate } = endpoint;
  if (!isHttps) return new ImpatientHttpAgent(options);
  if (!caCertificate) return new ImpatientHttpsAgent(options);
  // Node's `ca` replaces the known authorities; Velero adds to them.
  return new ImpatientHttpsAgent({ ...options, ca: [...getCACertificates("default"), caCertificate] });
}

/** What is wrong with a caCertificate, or undefined. OpenSSL would pass over it in silence. */
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

class ImpatientHttpAgent extends HttpAgent {
  override createConnection(...args: Parameters<HttpAgent["createConnection"]>) {
    return limitWaiting(super.createConnection(...args));
  }

  override reuseSocket(...args: Parameters<HttpAgent["reuseSocket"]>) {
    super.reuseSocket(...args);
    limitSilence(args[0]);
  }
}

class ImpatientHttpsAgent extends HttpsAgent {
  override createConnection(...args: Parameters<HttpsAgent["createConnection"]>) {
    return limitWaiting(super.createConnection(...args));
  }

  override reuseSocket(...args: Parameters<HttpsAgent["reuseSocket"]>) {
    super.reuseSocket(...args);
    limitSilence(args[0]);
  }
}

function limitWaiting<S>(connection: S): S {
  const socket = connection as S & Socket;
  let isConnected = false;
  socket.setTimeout(connectMs);
  socket.once("connect", () => {
    isConnected = true;
    limitSilence(socket);
  });
  socket.on("timeout", () => {
    const words = isConnected
      ? `connected, but no answer within ${silenceMs / 1000} s`
      : `no connection within ${connectMs / 1000} s`;
    socket.destroy(Object.assign(new Error(words), { code: "ETIMEDOUT" }));
  });
  return connection;
}

/** Also needed at each use of a kept connection: Node takes the limit away when it lays one aside. */
function limitSilence(socket: unknown): void {
  (socket as Socket).setTimeout(silenceMs);
}
