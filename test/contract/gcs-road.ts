import type { SandboxGcs } from "../sandbox/sandbox.ts";
import type { Witness } from "./object-store.ts";

/** The bucket as plain requests to the JSON API see it: the other road for what Google's client does. */
export function gcsWitness(gcs: SandboxGcs, bucket: string): Witness {
  const objectUrl = (key: string) =>
    `${gcs.endpoint}/storage/v1/b/${bucket}/o/${encodeURIComponent(key)}?alt=media`;
  const uploadUrl = (key: string) =>
    `${gcs.endpoint}/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(key)}`;
  const ask = async (url: string, init?: RequestInit) => {
    const response = await fetch(url, init);
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    return response.text();
  };
  return {
    keys: (prefix) => gcs.objectKeys(bucket, prefix),
    content: (key) => ask(objectUrl(key)),
    write: async (key, content) => void (await ask(uploadUrl(key), { method: "POST", body: content })),
  };
}
