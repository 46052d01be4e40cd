import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import type { KubernetesObject } from "../../../provider/kubernetes/resources.ts";
import { applyMergePatch } from "../core/merge-patch.ts";
import { type SlowLine, slowLine } from "./slow-line.ts";
import { selects } from "./selects.ts";

type Answer = (request: IncomingMessage, response: ServerResponse) => void | "pass" | Promise<void | "pass">;

/** As much of an API server as our few calls need, with faults on demand. Real ones are in test/scenarios. */
export interface FakeApiServer {
  kubeconfig: string;
  /** Method and path with query of all requests so far. */
  requests: string[];
  /** Connections that are open now. */
  connections(): Promise<number>;
  /** Watches that are open now. */
  watches(): number;
  /** A Backup, new or changed. */
  put(name: string, status?: object): void;
  /** Any object, by the path of its collection. */
  putAt(collection: string, object: KubernetesObject & { status?: object }): void;
  /** What the API says of itself at that path: `/apis`. */
  serve(path: string, document: object): void;
  /** What is there, by its full path. */
  at(path: string): (KubernetesObject & { status?: object }) | undefined;
  remove(name: string): void;
  /** Sends any event to all watches. */
  send(event: object): void;
  /** Ends all watches: properly, or as a broken connection. */
  dropWatches(how: "end" | "destroy"): void;
  /** All requests for that path are answered so. */
  fail(path: string, answer: Answer): void;
  /** The next requests are answered so; "pass" lets one through. */
  next(...answers: Answer[]): void;
  /** All answers together get so many bytes a second from now on. */
  throttle(bytesPerSecond: number): void;
}

export const status = (code: number, reason: string): Answer => {
  return (_request, response) => {
    response.statusCode = code;
    response.end(
      JSON.stringify({ kind: "Status", status: "Failure", code, reason, message: `${reason} by the server` }),
    );
  };
};

/** The request is carried out, and its answer gets lost on the way. */
export const lostAnswer: Answer = (_request, response) => {
  response.end = () => response.destroy();
  return "pass";
};

export const reset: Answer = (request) => void request.socket.destroy();

const BACKUPS = "/apis/velero.io/v1/namespaces/velero/backups";

/** What is created gets `statusOfNew` at once, as if a controller had dealt with it: the same for all, or by the object. */
export async function startFakeApiServer({
  statusOfNew,
}: { statusOfNew?: object | ((object: object) => object) } = {}): Promise<FakeApiServer> {
  const objects = new Map<string, KubernetesObject & { status?: object }>();
  const watching = new Set<ServerResponse>();
  const documents = new Map<string, object>();
  const waiting: Answer[] = [];
  const failing = new Map<string, Answer>();
  const requests: string[] = [];
  let version = 1;
  let line: SlowLine | undefined;

  const send = (event: object) => watching.forEach((watch) => watch.write(`${JSON.stringify(event)}\n`));
  function store(collection: string, object: KubernetesObject): KubernetesObject {
    const path = `${collection}/${object.metadata.name}`;
    const known = objects.get(path);
    const uid = object.metadata.uid ?? known?.metadata.uid ?? `uid-${++version}`;
    const stored = { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(++version) } };
    objects.set(path, stored);
    send({ type: known ? "MODIFIED" : "ADDED", object: stored });
    return stored;
  }
  function remove(path: string): void {
    const object = objects.get(path);
    if (objects.delete(path)) send({ type: "DELETED", object });
  }

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    requests.push(`${request.method} ${request.url}`);
    line?.limit(response);
    if ((await waiting.shift()?.(request, response)) !== "pass" && answeredOrGone(request, response)) return;
    const url = new URL(request.url ?? "", "http://server");
    const failure = failing.get(url.pathname);
    if (failure) return void (await failure(request, response));
    const [, collection = "", name] = COLLECTION.exec(url.pathname) ?? [];
    const reply = (body: object) => response.end(JSON.stringify(body));
    const document = documents.get(url.pathname);
    if (document) return void reply(document);
    if (VERSION.test(url.pathname)) return void (await status(503, "ServiceUnavailable")(request, response));
    if (url.searchParams.get("watch") === "true") {
      response.flushHeaders();
      watching.add(response);
      response.once("close", () => watching.delete(response));
      return;
    }
    if (name === undefined && request.method === "GET") {
      const items = [...objects]
        .filter(
          ([path]) => path.startsWith(`${collection}/`) && !path.slice(collection.length + 1).includes("/"),
        )
        .map(([, object]) => object)
        .filter((object) => selects(selectorsIn(url.searchParams), object));
      return void reply(pageOf(items, url.searchParams, version));
    }
    const body = (request.method === "GET" ? {} : await json(request)) as KubernetesObject;
    if (request.method === "POST") {
      if (objects.has(`${collection}/${body.metadata.name}`)) {
        return void (await status(409, "AlreadyExists")(request, response));
      }
      const creationTimestamp = new Date().toISOString();
      const metadata = { ...body.metadata, creationTimestamp };
      return void reply(
        store(collection, {
          ...body,
          metadata,
          ...(statusOfNew && { status: typeof statusOfNew === "function" ? statusOfNew(body) : statusOfNew }),
        } as KubernetesObject),
      );
    }
    const live = objects.get(url.pathname);
    if (!live) return void (await status(404, "NotFound")(request, response));
    if (request.method === "PATCH")
      return void reply(store(collection, applyMergePatch(live, body) as KubernetesObject));
    if (request.method === "DELETE") {
      const { preconditions = {} } = body as { preconditions?: { uid?: string; resourceVersion?: string } };
      const { uid, resourceVersion } = { ...live.metadata, ...preconditions };
      if (uid !== live.metadata.uid || resourceVersion !== live.metadata.resourceVersion) {
        return void (await status(409, "Conflict")(request, response));
      }
      remove(url.pathname);
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
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
    watches: () => watching.size,
    put: (name, state) => {
      const object = { metadata: { name, namespace: "velero" }, ...(state ? { status: state } : {}) };
      store(BACKUPS, object as KubernetesObject);
    },
    putAt: (collection, object) => void store(collection, object),
    serve: (path, document) => void documents.set(path, document),
    at: (path) => objects.get(path),
    remove: (name) => remove(`${BACKUPS}/${name}`),
    send,
    dropWatches: (how) => watching.forEach((watch) => (how === "end" ? watch.end() : watch.destroy())),
    fail: (path, answer) => void failing.set(path, answer),
    next: (...answers) => void waiting.push(...answers),
    throttle: (bytesPerSecond) => {
      line = slowLine(bytesPerSecond);
    },
  };
}

/** The last of our kinds in a path: `/api/v1/namespaces/kube-system` is a namespace. */
const COLLECTION =
  /^(.*\/(?:namespaces|secrets|serviceaccounts|configmaps|deployments|daemonsets|pods|persistentvolumes|persistentvolumeclaims|storageclasses|volumesnapshotclasses|volumesnapshotlocations|backups|restores|backuprepositories|schedules|backupstoragelocations|deletebackuprequests|downloadrequests|serverstatusrequests))(?:\/([^/]+))?$/;

/** A document tells what a version has; a group without a document is down. */
const VERSION = /^\/apis\/[^/]+\/[^/]+$/;

/** Names the place and the version of the list's first page. */
function pageOf(items: KubernetesObject[], query: URLSearchParams, version: number): object {
  const [from = 0, of = version] = (query.get("continue") ?? "").split("@").filter(Boolean).map(Number);
  const to = from + Number(query.get("limit") ?? items.length);
  const rest = to < items.length ? { continue: `${to}@${of}` } : {};
  return { items: items.slice(from, to), metadata: { resourceVersion: String(of), ...rest } };
}

const selectorsIn = (query: URLSearchParams) => ({
  fieldSelector: query.get("fieldSelector") ?? undefined,
  labelSelector: query.get("labelSelector") ?? undefined,
});

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
