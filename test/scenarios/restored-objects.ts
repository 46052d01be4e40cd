import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import type { Sandbox } from "../sandbox/sandbox.ts";

/** What Velero did with each object of a restore, from its own list in the store: `v1/Secret shop/keys` → `created`. */
export async function restoredObjects(
  { minio }: Sandbox,
  bucket: string,
  prefix: string,
  restore: unknown,
): Promise<Map<string, string>> {
  const key = `${prefix}/restores/${String(restore)}/restore-${String(restore)}-resource-list.json.gz`;
  const file = gunzipSync(await buffer(await minio.client().getObject(bucket, key))).toString("utf8");
  const lists = JSON.parse(file) as Record<string, string[]>;
  return new Map(
    Object.entries(lists).flatMap(([kind, entries]) =>
      entries.map((entry) => {
        const [, object = "", action = ""] = /^(.*)\((\w*)\)$/.exec(entry) ?? [];
        return [`${kind} ${object}`, action] as const;
      }),
    ),
  );
}
