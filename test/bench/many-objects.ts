import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";

/** A cluster and a bucket that both have the same many objects: far more than a sandbox could make in time. */
export interface ManyObjects {
  url: string;
  bytes: { tarball: number; objects: number };
  stop(): void;
}

const NAMESPACES = 20;
/** Few are larger: an average of what clusters have. */
const TEXT_BYTES = 3_000;

/** As an API server gives it, with who has written which field. */
function objectAt(index: number, kind: "ConfigMap" | "Secret"): object {
  const text = Array.from(
    { length: TEXT_BYTES / 10 },
    (_, at) => ((index * 7_919 + at * 104_729) % 1e9) + 1e9,
  ).join("");
  const labels = { app: `app-${index % 500}`, "app.kubernetes.io/managed-by": "Helm", tier: "backend" };
  const fields = {
    "f:data": { ".": {}, "f:text": {} },
    "f:metadata": { "f:labels": { "f:app": {}, "f:tier": {} } },
  };
  return {
    apiVersion: "v1",
    kind,
    metadata: {
      name: `object-${String(index).padStart(6, "0")}`,
      namespace: namespaceOf(index),
      uid: `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`,
      resourceVersion: String(1_000 + index),
      creationTimestamp: "2026-11-01T00:00:00Z",
      labels,
      annotations: {
        "meta.helm.sh/release-name": `app-${index % 500}`,
        "meta.helm.sh/release-namespace": namespaceOf(index),
      },
      managedFields: [
        {
          manager: "helm",
          operation: "Update",
          apiVersion: "v1",
          time: "2026-11-01T00:00:00Z",
          fieldsType: "FieldsV1",
          fieldsV1: fields,
        },
      ],
    },
    data: { text: text.slice(0, TEXT_BYTES) },
  };
}

const namespaceOf = (index: number): string => `shop-${index % NAMESPACES}`;
const kindOf = (index: number) => (index % 2 === 0 ? "ConfigMap" : "Secret");
const PLURALS = { ConfigMap: "configmaps", Secret: "secrets" } as const;

const resource = (name: string, kind: string, namespaced = true) => ({
  name,
  singularName: kind.toLowerCase(),
  kind,
  namespaced,
  verbs: ["list", "get", "create", "delete"],
});

const DOCUMENTS: Record<string, object> = {
  "/apis": { groups: [] },
  "/api/v1": {
    kind: "APIResourceList",
    resources: [
      resource("configmaps", "ConfigMap"),
      resource("secrets", "Secret"),
      resource("namespaces", "Namespace", false),
    ],
  },
};

export async function startManyObjects(count: number): Promise<ManyObjects> {
  const { tarball, bytes } = await tarballOf(count);
  const namespaces = Array.from({ length: NAMESPACES }, (_, index) => ({
    metadata: { name: namespaceOf(index) },
  }));

  function list(request: IncomingMessage, url: URL): object | undefined {
    const [, namespace, plural] = /^\/api\/v1(?:\/namespaces\/([^/]+))?\/([a-z]+)$/.exec(url.pathname) ?? [];
    if (url.pathname === "/api/v1/namespaces")
      return { items: namespaces, metadata: { resourceVersion: "1" } };
    if (plural !== "configmaps" && plural !== "secrets") return undefined;
    const isBare = request.headers.accept?.includes("PartialObjectMetadataList") === true;
    const limit = Number(url.searchParams.get("limit") ?? count);
    const items: object[] = [];
    let index = Number(url.searchParams.get("continue") ?? 0);
    for (; index < count && items.length < limit; index++) {
      const kind = kindOf(index);
      if (PLURALS[kind] !== plural || (namespace !== undefined && namespaceOf(index) !== namespace)) continue;
      const object = objectAt(index, kind);
      items.push(isBare ? { metadata: (object as { metadata: object }).metadata } : object);
    }
    return { items, metadata: { resourceVersion: "1", ...(index < count && { continue: String(index) }) } };
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? "", "http://server");
    if (url.pathname.endsWith(".tar.gz")) return void response.end(tarball);
    const found = DOCUMENTS[url.pathname] ?? list(request, url);
    if (found) return void response.end(JSON.stringify(found));
    if (url.pathname.startsWith("/bucket/")) {
      const body = '<?xml version="1.0"?><Error><Code>NoSuchKey</Code><Message>none</Message></Error>';
      return void response.writeHead(404, { "content-type": "application/xml" }).end(body);
    }
    // Of every other kind there is none.
    response.end(JSON.stringify({ items: [], metadata: { resourceVersion: "1" } }));
  }

  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bytes: { tarball: tarball.length, objects: bytes },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** As Velero stores them: each object twice. */
async function tarballOf(count: number): Promise<{ tarball: Buffer; bytes: number }> {
  const tar = pack();
  const tarball = buffer(tar.pipe(createGzip({ level: 1 })));
  let bytes = 0;
  const add = (name: string, content: string) =>
    new Promise<void>((resolve, reject) => {
      tar.entry({ name }, content, (error) => (error ? reject(error) : resolve()));
    });
  await add("metadata/version", "1.1.0");
  for (let index = 0; index < count; index++) {
    const kind = kindOf(index);
    const json = JSON.stringify(objectAt(index, kind));
    bytes += Buffer.byteLength(json);
    const place = `namespaces/${namespaceOf(index)}/object-${String(index).padStart(6, "0")}.json`;
    for (const version of ["", "/v1-preferredversion"])
      await add(`resources/${PLURALS[kind]}${version}/${place}`, json);
  }
  tar.finalize();
  return { tarball: await tarball, bytes };
}
