import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** A proxy as companies have them: it tunnels by CONNECT, passes plain requests on, and writes down what it was asked for. */
export interface RecordingProxy {
  /** `http://127.0.0.1:PORT`, with user and password where it asks for them. */
  url: string;
  /** Without them. */
  address: string;
  /** `CONNECT 0.0.0.0:6443`, `GET http://0.0.0.0:9000/bucket/key`, in their order. */
  asked: string[];
  /** How many connections are open through it now. */
  tunnels(): number;
}

export interface ProxyManners {
  /** Whom it lets through. */
  user?: string;
  password?: string;
  /** Answers everything so, and lets nothing through. */
  status?: number;
  /** In the body of that, and of nothing else. */
  page?: string;
  /** The port of each host (`velero.example.com:443`) that is really on this machine. */
  hosts?: Record<string, number>;
}

export async function startProxy(manners: ProxyManners = {}): Promise<RecordingProxy> {
  const { user, password, status, page = "", hosts = {} } = manners;
  const asked: string[] = [];
  const open = new Set<Socket>();
  const wanted = user === undefined ? undefined : basic(`${user}:${password}`);
  const refusalOf = ({ headers }: IncomingMessage): number | undefined =>
    status ?? (wanted === undefined || headers["proxy-authorization"] === wanted ? undefined : 407);

  const forward = (incoming: IncomingMessage, outgoing: ServerResponse) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const refusal = refusalOf(incoming);
    if (refusal !== undefined) {
      incoming.resume();
      return void outgoing.writeHead(refusal, { "content-type": "text/html" }).end(page);
    }
    const { hostname, port, pathname, search } = new URL(incoming.url ?? "");
    const { "proxy-authorization": _, ...headers } = incoming.headers;
    const target = { hostname, port, path: pathname + search, method: incoming.method, headers };
    const onward = request(target, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.writeHead(502).end());
    incoming.pipe(onward);
  };

  const server = createServer(forward).on("connect", (incoming: IncomingMessage, socket: Socket) => {
    const target = incoming.url ?? "";
    asked.push(`CONNECT ${target}`);
    const answer = (line: string) =>
      socket.end(`HTTP/1.1 ${line}\r\ncontent-length: ${page.length}\r\n\r\n${page}`);
    socket.on("error", () => undefined);
    const refusal = refusalOf(incoming);
    if (refusal !== undefined) return void answer(`${refusal} No`);
    const { hostname, port } = new URL(`http://${target}`);
    const onward = connect({
      host: hosts[target] ? "127.0.0.1" : hostname,
      port: hosts[target] ?? Number(port || 80),
    });
    onward.once("connect", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => answer("502 Bad gateway"));
    socket.on("close", () => onward.destroy());
    onward.on("close", () => socket.destroy());
    for (const end of [socket]) open.add(end.once("close", () => open.delete(end)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials =
    user === undefined ? "" : `${encodeURIComponent(user)}:${encodeURIComponent(password ?? "")}@`;
  return {
    url: `http://${credentials}${host}`,
    address: `http://${host}`,
    asked,
    tunnels: () => open.size,
  };
}

/**
 * The same server under an address that proxies stand before, as they do not before this machine's loopback:
 * 0.0.0.0 leads there, too.
 */
export const behindProxies = (text: string): string => text.replaceAll("127.0.0.1", "0.0.0.0");

const basic = (user: string): string => `Basic ${Buffer.from(user).toString("base64")}`;
