import { gunzipSync } from "node:zlib";

/** What Velero did with one object: `created`, `updated`, `skipped` or `failed`. */
export interface RestoredItem {
  /** `apps/v1/Deployment` */
  kind: string;
  namespace?: string;
  name: string;
  action: string;
}

/** The objects of a restore's resource list: `{"v1/ConfigMap": ["shop/prices(created)"]}` (velero `pkg/restore/request.go`). */
export function restoredItems(file: Buffer): RestoredItem[] {
  const lists = JSON.parse(gunzipSync(file).toString("utf8")) as Record<string, string[]>;
  return Object.entries(lists).flatMap(([kind, entries]) =>
    entries.map((entry) => {
      const [, namespace, name = entry, action = ""] = /^(?:([^/]*)\/)?(.*)\(([^()]*)\)$/.exec(entry) ?? [];
      return { kind, ...(namespace ? { namespace } : {}), name, action };
    }),
  );
}
