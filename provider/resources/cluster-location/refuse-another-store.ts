import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups } from "../../kubernetes/resources.ts";
import { openWay } from "../../lifecycle/open-way.ts";
import { programWay } from "../../storage/ways.ts";
import { backupMetadataKey } from "../../velero/layout.ts";
import { newestFirst } from "../../velero/newest-first.ts";
import { stateOf } from "../../velero/phases.ts";
import type { Backup } from "../../velero/types.ts";
import type { ClusterLocationInputs } from "./inputs.ts";

const LOOKED_FOR = 5;

/**
 * Another server may have a bucket of that name, too, and its address can be written in many ways: of the backups that
 * Velero knows there, some have to be in the store as declared.
 */
export async function refuseAnotherStore(
  client: KubernetesClient,
  aim: ClusterLocationInputs,
): Promise<void> {
  const { namespace, locationName, storePrefix, cluster } = aim;
  const store = openWay(programWay(aim, cluster));
  if (!store) return;
  const { items } = await client.list<Backup>({ type: backups, namespace });
  const theirs = items
    .filter(({ spec }) => spec.storageLocation === locationName)
    .filter((backup) => ["completed", "partiallyFailed"].includes(stateOf(backup)));
  const names = newestFirst(theirs)
    .map(({ metadata }) => metadata.name)
    .slice(0, LOOKED_FOR);
  for (const name of names) if (await store.get(backupMetadataKey(storePrefix, name))) return;
  if (names.length === 0) return;
  throw new Problem({
    code: "NotTheSameStore",
    property: `${client.label.property}.adopt`,
    what:
      `BackupStorageLocation ${namespace}/${locationName} in cluster "${client.label.key}" has the backups ` +
      `${names.join(", ")}, and none of them is at ${storePrefix}/ in ${store.address}`,
    todo: "Nothing was changed. Declare the store in which they are.",
  });
}
