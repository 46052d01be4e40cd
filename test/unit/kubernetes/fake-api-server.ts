import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { KubernetesObject } from "../../../provider/kubernetes/resources.ts";
import { applyMergePatch } from "../lifecycle/merge-patch.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void | "pass" | Promise<void | "pass">;

/** As much of an API server as one kind in one namespace needs, with faults on demand. Real ones are in test/scenarios. */
export interface FakeApiServer {
  kubeconfig: string;
  /** Method and path with query of all requests so far. */
  requests: string[];
  /** Watches that are open now. */
  watches(): number;
  put(name: string, status?: object): void;
  remove(name: string): void;
  /** Sends any event to all watches. */
  send(event: object): void;
  /** Ends all watches: properly, or as a broken connection. */
  dropWatches(how: "end" | "destroy"): void;
  /** The next requests are answered so; "pass" lets one through. */
  next(...answers: Answer[]): void;
}

export const status = (code: number, reason: string): Answer => {
  return (_request, response) => {
    response.statusCode = code;
    response.end(
      JSON.stringify({ kind: "Status", status: "Failure", code, reason, message: `${reason} by the server` }),
    );
  };
};

export const reset: Answer = (request) => void request.socket.destroy();

export async function startFakeApiServer(): Promise<FakeApiServer> {
  const objects = new Map<string, KubernetesObject & { status?: object }>();
  const watching = new Set<ServerResponse>();
  const waiting: Answer[] = [];
  const requests: string[] = [];
  let version = 1;

  const send = (event: object) => watching.forEach((watch) => watch.write(`${JSON.stringify(event)}\n`));
  function store(object: KubernetesObject): KubernetesObject {
    const { name } = object.metadata;
    const known = objects.get(name);
    const uid = known?.metadata.uid ?? `uid-${++version}`;
    const stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(++version) } };
    objects.set(name, stored);
    send({ type: known ? "MODIFIED" : "ADDED", object: stored });
    return stored;
  }
  function remove(name: string): void {
    const object = objects.get(name);
    if (objects.delete(name)) send({ type: "DELETED", object });
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests.push(`${request.method} ${request.url}`);
    if ((await waiting.shift()?.(request, response)) !== "pass" && answeredOrGone(request, response)) return;
    const url = new URL(request.url ?? "", "http://server");
    const name = /\/backups\/([^/]+)$/.exec(url.pathname)?.[1];
    const reply = (body: object) => response.end(JSON.stringify(body));
    if (url.searchParams.get("watch") === "true") {
      response.flushHeaders();
      watching.add(response);
      response.once("close", () => watching.delete(response));
      return;
    }
    if (name === undefined && request.method === "GET") {
      const wanted = url.searchParams.get("fieldSelector")?.replace("metadata.name=", "");
      const items = [...objects.values()].filter(
        ({ metadata }) => wanted === undefined || metadata.name === wanted,
      );
      return void reply({ items, metadata: { resourceVersion: String(version) } });
    }
    const body = (request.method === "GET" ? {} : await json(request)) as KubernetesObject;
    if (request.method === "POST") {
      if (objects.has(body.metadata.name))
        return void (await status(409, "AlreadyExists")(request, response));
      return void reply(store(body));
    }
    const live = objects.get(name ?? "");
    if (!live) return void (await status(404, "NotFound")(request, response));
    if (request.method === "PATCH") return void reply(store(applyMergePatch(live, body) as KubernetesObject));
    if (request.method === "DELETE") {
      const { preconditions } = body as { preconditions?: { uid: string } };
      if (preconditions && preconditions.uid !== live.metadata.uid) {
        return void (await status(409, "Conflict")(request, response));
      }
      remove(live.metadata.name);
    }
    reply(live);
  }

  const server = createServer((request, response) => void serve(request, response)).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    kubeconfig: kubeconfigFor((server.address() as AddressInfo).port),
    requests,
    watches: () => watching.size,
    put: (name, state) =>
      void store({
        metadata: { name, namespace: "velero" },
        ...(state ? { status: state } : {}),
      } as KubernetesObject),
    remove,
    send,
    dropWatches: (how) => watching.forEach((watch) => (how === "end" ? watch.end() : watch.destroy())),
    next: (...answers) => void waiting.push(...answers),
  };
}

const answeredOrGone = (request: IncomingMessage, response: ServerResponse): boolean =>
  response.writableEnded || response.headersSent || request.socket.destroyed;

export const kubeconfigFor = (port: number): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name: "fake", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
    ],
    users: [{ name: "fake", user: { token: "token-of-the-fake" } }],
    contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
    "current-context": "fake",
  });
