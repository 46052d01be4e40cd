import { type IncomingMessage, request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { createUnderRandomName } from "../kubernetes/create-under-random-name.ts";
import { isForbidden } from "../kubernetes/kubernetes-error.ts";
import { downloadRequests } from "../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../kubernetes/wait.ts";
import { type Take, type Taken, takeParts } from "../lifecycle/take-parts.ts";
import { learnSecret } from "../redact.ts";
import { httpAgent } from "../storage/http-agent.ts";
import type { DownloadRequest, DownloadTarget } from "../velero/types.ts";

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
