import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { freePort } from "../sandbox/free-port.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";

/** An address of a cluster that one program alone uses: its cluster can go away while all others keep it. */
export interface ClusterGate {
  kubeconfig: string;
  /** How often it was connected to. */
  connections(): number;
  /** From now on nobody listens there. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

/** A gate before the cluster's API server, on loopback, until the test ends. TLS goes through: it has the same address. */
export async function clusterGate({ kubeconfig, server }: SandboxCluster): Promise<ClusterGate> {
  const port = await freePort();
  const sockets = new Set<Socket>();
  let connections = 0;
  const gate = createServer((incoming) => {
    connections += 1;
    const onward = connect({ host: "127.0.0.1", port: Number(new URL(server).port) });
    for (const [socket, other] of [
      [incoming, onward],
      [onward, incoming],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  const open = () => new Promise<void>((resolve) => gate.listen(port, "127.0.0.1", resolve));
  const shut = () =>
    new Promise<void>((resolve) => {
      gate.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await open();
  onTestFinished(() => shut());
  return {
    kubeconfig: kubeconfig.replace(server, `https://127.0.0.1:${port}`),
    connections: () => connections,
    shut,
    open,
  };
}
