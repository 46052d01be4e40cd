import type { KubernetesClient } from "../kubernetes/client.ts";
import { locations } from "../kubernetes/resources.ts";
import { sharedList } from "../lifecycle/shared-list.ts";
import type { BackupStorageLocation } from "../velero/types.ts";

/** The server's own, unless `--default-backup-storage-location` names another one. */
const OF_SERVER = "default";

/**
 * The location that Velero takes where a backup names none: the one that is marked as the default, else the one that
 * its server is set to (v1.18.3, pkg/controller/backup_controller.go).
 */
export async function defaultLocation(client: KubernetesClient, namespace: string): Promise<string> {
  const all = [...(await sharedList<BackupStorageLocation>(client, locations, namespace)).values()];
  return all.find(({ spec }) => spec.default === true)?.metadata.name ?? OF_SERVER;
}
