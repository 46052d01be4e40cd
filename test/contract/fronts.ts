import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttpServer, request, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A server of one test, gone when the test is over. Gives its port. */
export async function serve(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** TLS in front of a server without it, as an ingress does it. */
export async function tlsFront(
  target: string,
  { key, cert }: { key: string; cert: string },
): Promise<string> {
  const forward: RequestListener = (incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const onward = request(target, { method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  };
  return `https://127.0.0.1:${await serve(createHttpsServer({ key, cert }, forward))}`;
}

/** A server that answers every request with a page, as MinIO's console and login forms do. */
export async function webServer(status: number): Promise<string> {
  const page = "<!doctype html><html><head><title>Console</title></head><body>Please log in</body></html>";
  const server = createHttpServer((incoming, outgoing) => {
    incoming.resume();
    outgoing.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(page);
  });
  return `http://127.0.0.1:${await serve(server)}`;
}

/** A port that takes connections and never says a word. */
export async function silentServer(): Promise<string> {
  return `http://127.0.0.1:${await serve(createTcpServer((socket) => void socket.on("error", () => undefined)))}`;
}

/** Answers one request with an empty listing, and then no other on the same connection. */
export async function serverThatFallsSilent(): Promise<string> {
  const listing = "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>";
  let answered = 0;
  const server = createHttpServer((incoming, outgoing) => {
    incoming.resume();
    if (answered++ === 0) outgoing.writeHead(200, { "x-amz-request-id": "1" }).end(listing);
  });
  server.keepAliveTimeout = 60_000;
  return `http://127.0.0.1:${await serve(server)}`;
}

/** A port at which nobody listens. */
export async function closedPort(): Promise<string> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}

/** A certificate that signed itself, made by openssl. */
export function selfSigned(name: string): { key: string; cert: string } {
  const dir = mkdtempSync(join(tmpdir(), "pulumi-velero-cert-"));
  try {
    const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
    const subject = ["-subj", "/CN=store", "-addext", `subjectAltName=${name}`];
    const files = ["-nodes", "-keyout", key, "-out", cert];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-days", "2", ...files, ...subject], {
      stdio: "pipe",
    });
    return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
