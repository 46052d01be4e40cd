import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { backups, locations } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import { pick, same } from "../../lifecycle/canonical.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import type { Progress } from "../../lifecycle/progress.ts";
import { trimSlashes } from "../../storage/coordinates.ts";
import type { Backup, BackupStorageLocation } from "../../velero/types.ts";
import { whileVeleroWorks } from "../require-velero.ts";

/**
 * Waits until Velero in the target cluster has seen the backup in its location, which it looks at once a minute. A
 * backup of equal name from another location would be restored in its place, and the restore would end Completed
 * (docs/design/velero-facts.md#names-over-all-locations): that is refused, unless it is the very one, seen by another
 * location of the same place.
 */
export async function awaitBackup(
  client: KubernetesClient,
  chosen: Backup,
  {
    location: { namespace, locationName },
    deadline,
    progress,
  }: { location: { namespace: string; locationName: string }; deadline: Deadline; progress: Progress },
): Promise<Backup> {
  const { name } = chosen.metadata;
  const place = `Backup ${namespace}/${name}`;
  const cluster = `cluster "${client.label.key}"`;
  const seen = await whileVeleroWorks(client, namespace, `${place} was not seen by it`, (signal) =>
    waitFor<Backup, Backup>(
      client,
      { type: backups, name, namespace },
      (live) => {
        if (live) return live;
        progress.report(
          `waiting until ${cluster} has seen ${place} in the store, which takes a minute or two`,
        );
        return undefined;
      },
      {
        deadline,
        signal,
        what: `${place} did not appear in ${cluster}`,
        todo: `See that BackupStorageLocation ${namespace}/${locationName} is Available there and its lastSyncedTime moves on.`,
      },
    ),
  );
  const { storageLocation = "" } = seen.spec;
  if (storageLocation === locationName) return seen;
  const [wanted, other] = await Promise.all(
    [locationName, storageLocation].map((each) =>
      client.get<BackupStorageLocation>({ type: locations, name: each, namespace }),
    ),
  );
  if (wanted && other && same(whereOf(wanted), whereOf(other)) && same(timesOf(seen), timesOf(chosen)))
    return seen;
  throw new Problem({
    code: "AnotherBackup",
    property: "backup",
    what: `${place} in ${cluster} is another one, of location "${storageLocation}": Velero tells backups apart by their names alone, and would restore it instead`,
    todo: other
      ? `Restore another backup, or into another cluster; or delete that one, with its data, if nobody needs it: velero -n ${namespace} backup delete ${name}.`
      : `Its location is gone, and it was left behind: kubectl -n ${namespace} delete backups.velero.io ${name}. Its data stays where it is.`,
  });
}

/** Where a location's data is. Several locations may lie at one place, and a backup is seen by one of them alone. */
const whereOf = ({ spec: { provider, objectStorage, config = {} } }: BackupStorageLocation): unknown => [
  provider.replace(/^velero\.io\//, ""),
  trimSlashes(objectStorage.bucket),
  trimSlashes(objectStorage.prefix ?? ""),
  pick(config, ["s3Url", "storeEndpoint", "storageAccount", "storageAccountURI"]),
];

const timesOf = ({ status }: Backup): unknown => [status?.startTimestamp, status?.completionTimestamp];
