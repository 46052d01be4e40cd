import { createServer } from "node:net";

// Below the ports that systems hand out for outgoing connections: a server that is stopped and started again
// must find its port free, and a client that keeps calling a dead port must not happen to connect to itself.
const first = 20_000;
const last = 29_999;

const handedOut = new Set<number>();

/** A loopback port that nobody listens on; no port is given twice by one process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first + 1));
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
