import { createServer as createHttpServer, request, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type AddressInfo, type Server } from "node:net";

/** Servers that stand where the right ones should, all gone with `close`. */
export function startServers() {
  const servers: Server[] = [];

  async function listen(server: Server): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.push(server);
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  return {
    /** Answers everything with one status and body. */
    async answering(status: number, headers: Record<string, string>, body: string): Promise<string> {
      const server = createHttpServer((incoming, outgoing) => {
        incoming.resume();
        outgoing.writeHead(status, headers).end(body);
      });
      return `http://${await listen(server)}`;
    },

    /** TLS in front of a server without it. */
    async tls(target: string, pair: { key: string; cert: string }): Promise<string> {
      const forward: RequestListener = (incoming, outgoing) => {
        const { method, url, headers } = incoming;
        const onward = request(target, { method, path: url, headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(outgoing);
        });
        incoming.pipe(onward);
      };
      return `https://${await listen(createHttpsServer(pair, forward))}`;
    },

    /** An address at which nobody listens. */
    async closed(): Promise<string> {
      const server = createTcpServer();
      const address = await listen(server);
      await new Promise((resolve) => server.close(resolve));
      return address;
    },

    /** Takes a connection, and says nothing. */
    async silent(): Promise<string> {
      return listen(createTcpServer((socket) => void socket.on("error", () => undefined).resume()));
    },

    close(): void {
      for (const server of servers) server.close();
    },
  };
}
