import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import type { Progress } from "../../lifecycle/progress.ts";
import type { Backup } from "../../velero/types.ts";
import { whileVeleroWorks } from "../require-velero.ts";

/**
 * Waits until Velero in the target cluster has seen the backup in its location, which it looks at once a minute. A
 * backup of equal name from another location would be restored in its place, and the restore would end Completed
 * (velero.md 10.1): that is refused.
 */
export function awaitBackup(
  client: KubernetesClient,
  name: string,
  {
    location: { namespace, locationName },
    deadline,
    progress,
  }: { location: { namespace: string; locationName: string }; deadline: Deadline; progress: Progress },
): Promise<Backup> {
  const place = `Backup ${namespace}/${name}`;
  const cluster = `cluster "${client.label.key}"`;
  return whileVeleroWorks(client, namespace, `${place} was not seen by it`, (signal) =>
    waitFor<Backup, Backup>(
      client,
      { type: backups, name, namespace },
      (live) => {
        if (!live) {
          progress.report(
            `waiting until ${cluster} has seen ${place} in the store, which takes a minute or two`,
          );
          return undefined;
        }
        if (live.spec.storageLocation === locationName) return live;
        throw new Problem({
          code: "AnotherBackup",
          property: "backup",
          what: `${place} in ${cluster} is another one, of location "${live.spec.storageLocation}": Velero tells backups apart by their names alone, and would restore it instead`,
          todo: "Restore another backup, or delete that one, with its data (`velero backup delete`), if it is not needed.",
        });
      },
      {
        deadline,
        signal,
        what: `${place} did not appear in ${cluster}`,
        todo: `See that BackupStorageLocation ${namespace}/${locationName} is Available there and its lastSyncedTime moves on.`,
      },
    ),
  );
}
