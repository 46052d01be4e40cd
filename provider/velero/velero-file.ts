import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { buffer } from "node:stream/consumers";
import { type Arrivals, type Take, type Taken, takeParts } from "../core/arrivals.ts";
import { createUnderRandomName, type KubernetesClient } from "../kubernetes/client.ts";
import { isForbidden } from "../kubernetes/kubernetes-error.ts";
import { downloadRequests, locations } from "../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../kubernetes/wait.ts";
import { httpAgent } from "../store/store-connections.ts";
import type { ObjectStore } from "../store/object-store.ts";
import {
  itemOperationsKey,
  resourceListKey,
  restoreItemsKey,
  restoreResultsKey,
  restoreVolumeInfoKey,
  resultsKey,
  volumeInfoKey,
} from "./backup-files.ts";
import type { BackupStorageLocation, DownloadRequest, DownloadTarget } from "./types.ts";

interface VeleroFile {
  kind: DownloadTarget["kind"];
  keyOf: (prefix: string, name: string) => string;
}

const files = {
  results: { kind: "BackupResults", keyOf: resultsKey },
  resourceList: { kind: "BackupResourceList", keyOf: resourceListKey },
  volumeInfo: { kind: "BackupVolumeInfos", keyOf: volumeInfoKey },
  itemOperations: { kind: "BackupItemOperations", keyOf: itemOperationsKey },
  restoreResults: { kind: "RestoreResults", keyOf: restoreResultsKey },
  restoreItems: { kind: "RestoreResourceList", keyOf: restoreItemsKey },
  restoreVolumeInfo: { kind: "RestoreVolumeInfo", keyOf: restoreVolumeInfoKey },
} as const satisfies Record<string, VeleroFile>;

export interface FilePlace {
  client: KubernetesClient;
  namespace: string;
  locationName: string;
  storePrefix: string;
  /** The name of the Backup or Restore. */
  name: string;
  /** The program's own access to the store, if it has one. */
  store: ObjectStore | undefined;
}

/**
 * Reads a file that Velero stores with a backup or a restore. Returns undefined if it cannot be read.
 *
 * `first: "store"` asks Velero only if the program has no access to the store, so that nothing is written to the
 * cluster. Failures of the store are thrown. `first: "velero"` tries both, and throws no failure.
 */
export async function veleroFile(
  which: keyof typeof files,
  { client, namespace, locationName, storePrefix, name, store }: FilePlace,
  first: "store" | "velero",
): Promise<Buffer | undefined> {
  const { kind, keyOf }: VeleroFile = files[which];
  const fromStore = async () => store?.get(keyOf(storePrefix, name));
  const fromVelero = () => signedFile({ client, namespace, locationName }, { kind, name }, buffer);
  if (first === "store") return store ? fromStore() : fromVelero();
  return (await fromVelero().catch(nothing)) ?? (await fromStore().catch(nothing));
}

/** Reads a file through a URL that Velero signs, with `take`. Returns undefined if that is not possible. */
export async function signedFile<T>(
  { client, namespace, locationName }: Pick<FilePlace, "client" | "namespace" | "locationName">,
  target: DownloadTarget,
  take: Take<T>,
): Promise<T | undefined> {
  const caCertificate = await locationCertificate(client, namespace, locationName);
  return downloadFile(client, namespace, target, { caCertificate, take });
}

const nothing = (): undefined => undefined;

/** Velero signs within a moment, or not at all: it does not report a request that it cannot sign. */
const SIGN_MS = 8_000;
/** The limit until the response begins. After that, the connection itself limits silence. */
const ANSWER_MS = 15_000;

/**
 * Reads a file through a URL that Velero signs, for programs without access to the store. The file is gzip, as it is
 * stored, and `take` reads it. Returns undefined if that is not possible: no permission to ask, no signature from
 * Velero, a URL that does not work from here, or no such file.
 */
export async function downloadFile<T>(
  client: KubernetesClient,
  namespace: string,
  target: DownloadTarget,
  { caCertificate, take }: { caCertificate?: string | undefined; take: Take<T> },
): Promise<T | undefined> {
  const url = await signedUrl(client, namespace, target);
  if (url === undefined) return undefined;
  const taken = await fetchFile(client.session.arrivals, url, caCertificate, take).catch(() => undefined);
  if (taken && "refused" in taken) throw taken.refused;
  return taken && "value" in taken ? taken.value : undefined;
}

async function signedUrl(
  client: KubernetesClient,
  namespace: string,
  target: DownloadTarget,
): Promise<string | undefined> {
  const manifest = { metadata: { namespace }, spec: { target } };
  const name = await createUnderRandomName<DownloadRequest>(
    client,
    downloadRequests,
    "pulumi-velero",
    manifest,
  ).catch((error: unknown) => {
    if (isForbidden(error)) return undefined;
    throw error;
  });
  if (name === undefined) return undefined;
  const request = { type: downloadRequests, name, namespace };
  try {
    const url = await waitFor<DownloadRequest, string>(
      client,
      request,
      (live) => (live ? live.status?.downloadURL : ""),
      { deadline: { name: "", signal: AbortSignal.timeout(SIGN_MS) }, what: "", todo: "" },
    );
    if (url === "") return undefined;
    // For ten minutes, the query of the URL is as good as a key. So it is a secret as well.
    for (const secret of [url, url.slice(url.indexOf("?") + 1)]) client.session.secrets.learn(secret);
    return url;
  } catch (error) {
    if (error instanceof WaitTimeout || isForbidden(error)) return undefined;
    throw error;
  } finally {
    await client.delete(request).catch(() => undefined);
  }
}

async function fetchFile<T>(
  arrivals: Arrivals,
  url: string,
  caCertificate: string | undefined,
  take: Take<T>,
): Promise<Taken<T> | undefined> {
  const isHttps = url.startsWith("https:");
  const agent = httpAgent({ isHttps, caCertificate });
  try {
    const request = (isHttps ? httpsRequest : httpRequest)(url, { agent }).on("error", () => undefined);
    const limit = { signal: AbortSignal.timeout(ANSWER_MS) };
    const [answer] = (await once(request.end(), "response", limit)) as [IncomingMessage];
    return answer.statusCode === 200 ? await takeParts(arrivals, () => gzipped(answer), take) : undefined;
  } finally {
    agent.destroy();
  }
}

/** Other content is answered with 200 as well: a login form, a console. */
async function* gzipped(answer: AsyncIterable<Buffer>): AsyncGenerator<Uint8Array> {
  let begin = Buffer.alloc(0);
  for await (const part of answer) {
    const isBegun = begin.length >= GZIP.length;
    const next = isBegun ? part : (begin = Buffer.concat([begin, part]));
    if (next.length < GZIP.length) continue;
    if (!isBegun && !begin.subarray(0, GZIP.length).equals(GZIP)) throw NOT_GZIP;
    yield next;
  }
  if (begin.length < GZIP.length) throw NOT_GZIP;
}

const GZIP = Buffer.from([0x1f, 0x8b]);
const NOT_GZIP = new Error("it is no gzip");

/**
 * Returns the certificate authority (PEM) that Velero itself trusts for a location's store, and so for the URLs that it
 * signs. Everyone who may read the location can read it, while the declaration belongs to its owner.
 */
async function locationCertificate(
  client: KubernetesClient,
  namespace: string,
  locationName: string,
): Promise<string | undefined> {
  const target = { type: locations, name: locationName, namespace };
  const live = await client.get<BackupStorageLocation>(target).catch(() => undefined);
  const encoded = live?.spec.objectStorage.caCert;
  return encoded && Buffer.from(encoded, "base64").toString("utf8");
}
