import { gunzipSync } from "node:zlib";

/** What a backup holds, as Velero lists it: `apps/v1/Deployment` → `shop/web` (velero `pkg/backup/request.go`, BackupResourceList). */
export type ResourceList = Record<string, string[]>;

export const parseResourceList = (file: Buffer): ResourceList =>
  JSON.parse(gunzipSync(file).toString("utf8")) as ResourceList;

/** Whether it holds any object of a kind, whatever the version. */
export function holdsKind(list: ResourceList, { group, kind }: { group: string; kind: string }): boolean {
  return Object.entries(list).some(([key, names]) => {
    const parts = key.split("/");
    const itsGroup = parts.length === 3 ? parts[0] : "";
    return itsGroup === group && parts.at(-1) === kind && names.length > 0;
  });
}
