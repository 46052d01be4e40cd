import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { locations } from "../../kubernetes/resources.ts";
import { waitFor } from "../../kubernetes/wait.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import type { Progress } from "../../lifecycle/progress.ts";
import type { Backup, BackupStorageLocation } from "../../velero/types.ts";
import { whileVeleroWorks } from "../require-velero.ts";
import type { BackupWish } from "./choose-backup.ts";
import { findBackup } from "./find-backup.ts";
import type { Part } from "./part.ts";
import { wishOf } from "./part.ts";
import type { Place } from "./place-of.ts";

interface Circumstances {
  deadline: Deadline;
  progress: Progress;
}

/**
 * Finds the backup. Where this program has no way to the store, and the backup is another cluster's, Velero in the
 * target may not have seen it yet: once it has looked at its location again, what it does not know is not there, and
 * what it knows is the newest.
 */
export async function findBackupInTime(
  client: KubernetesClient,
  part: Part,
  place: Place,
  how: Circumstances,
): Promise<Backup> {
  const wish: BackupWish = wishOf(part);
  const find = () => findBackup(wish, { client, source: part.source, ...place });
  if (place.store || part.source === part.target.cluster) return find();
  if (wish.backupName !== undefined) {
    try {
      return await find();
    } catch (error) {
      if (!(error instanceof Problem && error.code === "NoBackup")) throw error;
    }
  }
  await awaitSync(client, place, how);
  return find();
}

/** Waits until Velero has looked at the location once more, which it does once a minute. */
function awaitSync(
  client: KubernetesClient,
  { location: { namespace, locationName } }: Place,
  { deadline, progress }: Circumstances,
): Promise<string> {
  const place = `BackupStorageLocation ${namespace}/${locationName}`;
  const cluster = `cluster "${client.label.key}"`;
  let first: string | undefined;
  return whileVeleroWorks(client, namespace, `${place} was not looked at by it`, (signal) =>
    waitFor<BackupStorageLocation, string>(
      client,
      { type: locations, name: locationName, namespace },
      (live) => {
        const synced = live?.status?.lastSyncedTime ?? "never";
        first ??= synced;
        progress.report(`waiting until ${cluster} has looked at ${place}, which takes a minute or two`);
        return synced === first ? undefined : synced;
      },
      {
        deadline,
        signal,
        what: `${place} in ${cluster} was not looked at by Velero`,
        todo: "See that it is Available there and its lastSyncedTime moves on.",
      },
    ),
  );
}
