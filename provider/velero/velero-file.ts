import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { buffer } from "node:stream/consumers";
import { learnSecret } from "../core/redact.ts";
import { type Take, type Taken, takeParts } from "../core/while-it-moves.ts";
import { createUnderRandomName, type KubernetesClient } from "../kubernetes/client.ts";
import { isForbidden } from "../kubernetes/kubernetes-error.ts";
import { downloadRequests, locations } from "../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../kubernetes/wait.ts";
import { httpAgent } from "../store/http-agent.ts";
import type { ObjectStore } from "../store/object-store.ts";
import {
  itemOperationsKey,
  resourceListKey,
  restoreItemsKey,
  restoreResultsKey,
  restoreVolumeInfoKey,
  resultsKey,
  volumeInfoKey,
} from "./layout.ts";
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
  /** Of the Backup or Restore. */
  name: string;
  /** The program's own way there, where it has one. */
  store: ObjectStore | undefined;
}

/**
 * A file that Velero has stored with a backup or a restore, or undefined where there is none to be had.
 *
 * `store` first: from Velero only where the program has no way to the store, so that nothing is written to the cluster
 * for it; failures are told. `velero` first: from whoever gives it, by whatever way, and none of their failures.
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

/** A file by a URL that Velero signs, read by `take`; undefined where it cannot be had so. */
export async function signedFile<T>(
  { client, namespace, locationName }: Pick<FilePlace, "client" | "namespace" | "locationName">,
  target: DownloadTarget,
  take: Take<T>,
): Promise<T | undefined> {
  const caCertificate = await locationCertificate(client, namespace, locationName);
  return downloadFile(client, namespace, target, { caCertificate, take });
}

const nothing = (): undefined => undefined;

/** Velero signs in a moment, or not at all: what it cannot sign stays as it was, without a word. */
const SIGN_MS = 8_000;
/** In-cluster addresses often lead nowhere from here, and there is another way. */
const CONNECT_MS = 3_000;
/** Until the answer begins. The connection itself limits silence after that. */
const ANSWER_MS = 15_000;

/**
 * A file of Velero's, by a URL that Velero signs: for those who have no way to the store of their own. It is gzip, as
 * it lies there, and `take` reads it. Undefined where it cannot be had so: no right to ask for it, a Velero that does
 * not sign, a URL that does not work from here, or no such file.
 */
export async function downloadFile<T>(
  client: KubernetesClient,
  namespace: string,
  target: DownloadTarget,
  { caCertificate, take }: { caCertificate?: string | undefined; take: Take<T> },
): Promise<T | undefined> {
  const url = await signedUrl(client, namespace, target);
  if (url === undefined) return undefined;
  const taken = await fetchFile(url, caCertificate, take).catch(() => undefined);
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
    // What it is signed with is as good as a key for ten minutes, wherever the rest of it is repeated.
    for (const secret of [url, url.slice(url.indexOf("?") + 1)]) learnSecret(secret);
    return url;
  } catch (error) {
    if (error instanceof WaitTimeout || isForbidden(error)) return undefined;
    throw error;
  } finally {
    await client.delete(request).catch(() => undefined);
  }
}

async function fetchFile<T>(
  url: string,
  caCertificate: string | undefined,
  take: Take<T>,
): Promise<Taken<T> | undefined> {
  const isHttps = url.startsWith("https:");
  const agent = httpAgent({ isHttps, caCertificate });
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const send = isHttps ? httpsRequest : httpRequest;
      const request = send(url, { agent });
      // Written means connected, through proxies and TLS.
      setTimeout(() => request.writableFinished || request.destroy(), CONNECT_MS).unref();
      const silent = setTimeout(() => request.destroy(), ANSWER_MS);
      request.once("close", () => clearTimeout(silent));
      request.once("error", reject);
      request.once("response", (response) => {
        clearTimeout(silent);
        resolve(response);
      });
      request.end();
    });
    return answer.statusCode === 200 ? await takeParts(() => gzipped(answer), take) : undefined;
  } finally {
    agent.destroy();
  }
}

/** Other things are answered with 200 as well: a login form, a console. */
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
 * The authority (PEM) that Velero itself trusts before a location's store, and so the one for the URLs that it signs:
 * known to all who may read the location, while the declaration is its owner's alone.
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
