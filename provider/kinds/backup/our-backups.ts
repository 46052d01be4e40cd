import { defaultTimeouts, parseDuration } from "../../core/deadline.ts";
import { ownedBy, type Owned, ownerLabel, ownersOf } from "../../core/identity.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isOwnedBy } from "../../kubernetes/ensure.ts";
import { backups } from "../../kubernetes/resources.ts";
import type { ClusterBackupOutputs } from "../../schemas/cluster-backup.ts";
import { labelValue, scheduleNameLabel } from "../../velero/manifests.ts";
import type { Backup } from "../../velero/types.ts";

/** The selection and the triggers of a Backup, as a hash. */
export const requestLabel = "pulumi-velero.io/request";

/** The resource that takes backups, and their location. */
type Taker = Owned & Pick<ClusterBackupOutputs, "location">;

/**
 * Returns the Backup objects of this resource in its location. The location and the owner identify them. A name, or the
 * schedule's label, is not enough: other locations may have the same ones (docs/design/rules.md#object-names).
 */
export async function ourBackups(client: KubernetesClient, state: Taker): Promise<Backup[]> {
  const { items } = await client.list<Backup>({
    type: backups,
    namespace: state.location.namespace,
    // Velero's label of the location is not used: a Backup that Velero has not processed yet lacks it.
    labelSelector: ownedBy(ownersOf(state)),
  });
  return items.filter((backup) => isOurs(backup, state));
}

export const isOurs = (backup: Backup, state: Taker): boolean =>
  backup.spec.storageLocation === state.location.locationName && isOwnedBy(backup, ownersOf(state));

/** Returns true if the backup is recent enough for a request to take one now. */
export function isYoung(
  { metadata: { creationTimestamp = "" } }: Backup,
  { timeouts }: Pick<ClusterBackupOutputs, "timeouts">,
  now: Date,
): boolean {
  const limit = parseDuration(timeouts?.create ?? defaultTimeouts.create) ?? 0;
  return now.getTime() - Date.parse(creationTimestamp) < limit;
}

/**
 * Returns true for Backups that an adopted Schedule made before its adoption. They count for its health, and are never
 * deleted by us.
 */
export const isOfAdopted = ({ metadata, spec }: Backup, state: ClusterBackupOutputs): boolean =>
  state.scheduleName !== undefined &&
  spec.storageLocation === state.location.locationName &&
  metadata.labels?.[ownerLabel] === undefined &&
  metadata.labels?.[scheduleNameLabel] === labelValue(state.scheduleName);
