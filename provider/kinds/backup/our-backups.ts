import { defaultTimeouts } from "../../core/deadline.ts";
import { parseDuration } from "../../core/durations.ts";
import { type Owned, ownedBy, ownerLabel, ownersOf } from "../../core/identity.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isOwnedBy } from "../../kubernetes/ensure.ts";
import { backups } from "../../kubernetes/resources.ts";
import type { ClusterBackupOutputs } from "../../schemas/backup-outputs.ts";
import { labelValue, scheduleNameLabel } from "../../velero/labels.ts";
import type { Backup } from "../../velero/types.ts";

/** Which selection and triggers a Backup stands for. */
export const wishLabel = "pulumi-velero.io/wish";

/** The resource that takes backups, and the place to which they go. */
type Taker = Owned & Pick<ClusterBackupOutputs, "location">;

/**
 * The Backup objects of this resource in its location. Location and owner decide, never a name or the schedule's
 * label alone: those are equal across locations (docs/design/rules.md#object-names).
 */
export async function ourBackups(client: KubernetesClient, state: Taker): Promise<Backup[]> {
  const { items } = await client.list<Backup>({
    type: backups,
    namespace: state.location.namespace,
    // Not by Velero's label of the location: a Backup that it has not looked at yet carries none.
    labelSelector: ownedBy(ownersOf(state)),
  });
  return items.filter((backup) => isOurs(backup, state));
}

export const isOurs = (backup: Backup, state: Taker): boolean =>
  backup.spec.storageLocation === state.location.locationName && isOwnedBy(backup, ownersOf(state));

/** An old one is no answer to "take a backup now". */
export function isYoung(
  { metadata: { creationTimestamp = "" } }: Backup,
  { timeouts }: Pick<ClusterBackupOutputs, "timeouts">,
  now: Date,
): boolean {
  const limit = parseDuration(timeouts?.create ?? defaultTimeouts.create) ?? 0;
  return now.getTime() - Date.parse(creationTimestamp) < limit;
}

/** Made by the Schedule before it was taken over: they tell how it does, and are nobody's to delete. */
export const isOfAdopted = ({ metadata, spec }: Backup, state: ClusterBackupOutputs): boolean =>
  state.scheduleName !== undefined &&
  spec.storageLocation === state.location.locationName &&
  metadata.labels?.[ownerLabel] === undefined &&
  metadata.labels?.[scheduleNameLabel] === labelValue(state.scheduleName);
