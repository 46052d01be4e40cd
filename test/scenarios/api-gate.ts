import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { request as requestOverTls } from "node:https";
import { buffer } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { SandboxCluster } from "../sandbox/sandbox.ts";

/** One request to a cluster's API. */
export interface ApiRequest {
  method: string;
  /** With its query. */
  path: string;
  body: string;
}

/** An address of a cluster that one program alone uses, and that sees every request. */
export interface ApiGate {
  kubeconfig: string;
  /** All that was asked so far. */
  requests: ApiRequest[];
  /** Called before a request goes on: it waits for that. */
  onRequest: (asked: ApiRequest) => Promise<void>;
  /** Called before an answer goes back: it waits for that, and the cluster has done what was asked. */
  onAnswer: (asked: ApiRequest) => Promise<void>;
}

/** A gate before the cluster's API server, on loopback and without TLS, until the test ends. */
export async function apiGate(cluster: SandboxCluster): Promise<ApiGate> {
  const gate: ApiGate = {
    kubeconfig: "",
    requests: [],
    onRequest: async () => undefined,
    onAnswer: async () => undefined,
  };
  const server = createServer((incoming, outgoing) => void pass(cluster, gate, incoming, outgoing));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  gate.kubeconfig = cluster.kubeconfig.replace(cluster.server, `http://127.0.0.1:${port}`);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return gate;
}

async function pass(
  { server, certificateAuthority, kubeconfig }: SandboxCluster,
  gate: ApiGate,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method = "", url: path = "", headers } = incoming;
  // As with `kubectl proxy`: credentials are not sent without TLS, so that the gate adds them.
  const [, token = ""] = /token: (\S+)/.exec(kubeconfig) ?? [];
  const body = await buffer(incoming);
  const asked = { method, path, body: body.toString("utf8") };
  gate.requests.push(asked);
  await gate.onRequest(asked);
  const onwards = requestOverTls(
    server + path,
    { method, headers: { ...headers, authorization: `Bearer ${token}` }, ca: certificateAuthority },
    (answer) => void deliver(answer),
  );
  const deliver = async (answer: IncomingMessage): Promise<void> => {
    await gate.onAnswer(asked);
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    outgoing.flushHeaders();
    answer.pipe(outgoing);
  };
  onwards.on("error", () => outgoing.destroy());
  outgoing.on("close", () => onwards.destroy());
  onwards.end(body);
}
