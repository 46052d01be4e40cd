import type { GcsDescription } from "../description.ts";
import type { SandboxGcs, SandboxServer } from "../sandbox.ts";
import { uniqueName } from "../unique-name.ts";

export function gcsStore(gcs: GcsDescription): Omit<SandboxGcs, keyof SandboxServer> {
  const buckets = `${gcs.storeEndpoint}b`;
  return {
    ...gcs,

    async createBucket(prefix = "bucket") {
      const name = uniqueName(prefix);
      const headers = { "content-type": "application/json" };
      await expectOk(fetch(buckets, { method: "POST", headers, body: JSON.stringify({ name }) }));
      return name;
    },

    async objectKeys(bucket, prefix = "") {
      const query = new URLSearchParams({ prefix });
      const response = await expectOk(fetch(`${buckets}/${bucket}/o?${query.toString()}`));
      const { items = [] } = (await response.json()) as { items?: { name: string }[] };
      return items.map(({ name }) => name).toSorted();
    },
  };
}

async function expectOk(call: Promise<Response>): Promise<Response> {
  const response = await call;
  if (response.ok) return response;
  throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
}
