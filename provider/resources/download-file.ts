import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { buffer } from "node:stream/consumers";
import type { KubernetesClient } from "../kubernetes/client.ts";
import { createUnderRandomName } from "../kubernetes/create-under-random-name.ts";
import { isForbidden } from "../kubernetes/kubernetes-error.ts";
import { downloadRequests } from "../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../kubernetes/wait.ts";
import { learnSecret } from "../redact.ts";
import { httpAgent } from "../storage/http-agent.ts";
import type { DownloadRequest, DownloadTarget } from "../velero/types.ts";

/** Velero signs in a moment, or not at all: what it cannot sign stays as it was, without a word. */
const SIGN_MS = 8_000;
/** In-cluster addresses often lead nowhere from here, and there is another way. */
const CONNECT_MS = 3_000;
const WHOLE_MS = 15_000;

/**
 * A file of Velero's, by a URL that Velero signs: for those who have no way to the store of their own. It is gzip, as
 * it lies there. Undefined where it cannot be had so: no right to ask for it, a Velero that does not sign, a URL that
 * does not work from here, or no such file.
 */
export async function downloadFile(
  client: KubernetesClient,
  namespace: string,
  target: DownloadTarget,
  { caCertificate, wholeMs = WHOLE_MS }: { caCertificate?: string | undefined; wholeMs?: number } = {},
): Promise<Buffer | undefined> {
  const url = await signedUrl(client, namespace, target);
  return url === undefined ? undefined : fetchFile(url, { caCertificate, wholeMs }).catch(() => undefined);
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

async function fetchFile(
  url: string,
  { caCertificate, wholeMs }: { caCertificate: string | undefined; wholeMs: number },
): Promise<Buffer | undefined> {
  const isHttps = url.startsWith("https:");
  const agent = httpAgent({ isHttps, caCertificate });
  try {
    const file = await new Promise<Buffer | undefined>((resolve, reject) => {
      const send = isHttps ? httpsRequest : httpRequest;
      const request = send(url, { agent, signal: AbortSignal.timeout(wholeMs) });
      // Written means connected, through proxies and TLS.
      setTimeout(() => request.writableFinished || request.destroy(), CONNECT_MS).unref();
      request.once("error", reject);
      request.once("response", (answer) => {
        if (answer.statusCode === 200) buffer(answer).then(resolve, reject);
        else resolve(undefined);
      });
      request.end();
    });
    // Other things are answered with 200 as well: a login form, a console.
    return file && isGzip(file) ? file : undefined;
  } finally {
    agent.destroy();
  }
}

const isGzip = (file: Buffer): boolean => file[0] === 0x1f && file[1] === 0x8b;
