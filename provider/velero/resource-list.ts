import { gunzipSync } from "node:zlib";

/** Velero's list of what a backup holds: `apps/v1/Deployment` → `shop/web` (velero `pkg/backup/request.go`, BackupResourceList). */
export type ResourceList = Record<string, string[]>;

export const parseResourceList = (file: Buffer): ResourceList =>
  JSON.parse(gunzipSync(file).toString("utf8")) as ResourceList;

/** Tells if the backup holds any object of a kind, in any version. */
export function holdsKind(list: ResourceList, { group, kind }: { group: string; kind: string }): boolean {
  return Object.entries(list).some(([key, names]) => {
    const parts = key.split("/");
    const itsGroup = parts.length === 3 ? parts[0] : "";
    return itsGroup === group && parts.at(-1) === kind && names.length > 0;
  });
}
