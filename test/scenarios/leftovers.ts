import type { KubernetesObject } from "../sandbox/kubernetes-client.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { markerAt, markerKey } from "./observe.ts";
import { type VeleroKind, veleroPath } from "./stack.ts";

const kinds: VeleroKind[] = ["backupstoragelocations", "schedules", "backups", "deletebackuprequests"];

/**
 * Every object in Velero's namespaces, as `east backups shop-1`. For tests with a sandbox of their own: there it is
 * all theirs, and what lacks a label is not overlooked.
 */
export async function objectsIn(sandbox: Sandbox): Promise<string[]> {
  const found: string[] = [];
  for (const { name: cluster, kubernetes } of Object.values(sandbox.clusters)) {
    if (!(await kubernetes.get("/api/v1/namespaces/velero"))) continue;
    const secrets = (await kubernetes.list("/api/v1/namespaces/velero/secrets")).filter(isNotVelerosOwn);
    found.push(...secrets.map(({ metadata }) => `${cluster} secrets ${metadata.name}`));
    for (const kind of kinds) {
      const objects = await kubernetes.list(veleroPath(kind));
      found.push(...objects.map(({ metadata }) => `${cluster} ${kind} ${metadata.name}`));
    }
  }
  return found;
}

/** The server makes one for its repositories when it starts. */
const isNotVelerosOwn = ({ metadata }: KubernetesObject): boolean =>
  metadata.name !== "velero-repo-credentials";

/** What of a destroyed stack is in its bucket, but for stored backups and a claim that was given up. */
export async function litterIn(sandbox: Sandbox, bucket: string): Promise<string[]> {
  const keys = await sandbox.minio.objectKeys(bucket);
  const litter: string[] = [];
  for (const key of keys.filter((name) => !name.includes("/backups/"))) {
    const prefix = key.replace(/\/metadata\/.*$/, "");
    const isReleased = key === markerKey(prefix) && (await markerAt(sandbox, bucket, prefix)).released;
    if (!isReleased) litter.push(key);
  }
  return litter;
}
