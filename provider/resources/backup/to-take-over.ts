import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import type { KubernetesObject, ResourceType } from "../../kubernetes/resources.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { describeOwnerOf, ownerLabel, ownersOf } from "../../lifecycle/identity.ts";
import type { ClusterBackupOutputs } from "./outputs.ts";

/**
 * The object that `adopt` names, and whether it is this resource's already, since a run that was killed has taken it
 * over. What is not there, or belongs to another resource, is refused.
 */
export function toTakeOver<T extends KubernetesObject>(
  client: KubernetesClient,
  aim: ClusterBackupOutputs,
  type: ResourceType,
  live: T | undefined,
): { object: T; isOurs: boolean } {
  const place = `${type.kind} ${aim.location.namespace}/${aim.adopt} in cluster "${client.label.key}"`;
  if (!live) {
    throw new Problem({
      code: "NothingToAdopt",
      property: "adopt",
      what: `there is no ${place}`,
      todo: "Mend its name, or leave `adopt` out to have one made.",
    });
  }
  const isOurs = isOwnedBy(live, ownersOf(aim));
  if (isOurs || live.metadata.labels?.[ownerLabel] === undefined) return { object: live, isOurs };
  const { words, remedy } = describeOwnerOf(live, ownersOf(aim));
  throw new Problem({
    code: "NotOurs",
    property: "adopt",
    what: `${place} ${words}`,
    todo: `Nothing of it was changed. ${remedy ?? wayOut(type, aim)}`,
  });
}

/** What a state has let go of still names its owner: nothing tells that no other state has it. */
function wayOut({ kind }: ResourceType, { adopt, location }: ClusterBackupOutputs): string {
  const object = `${kind.toLowerCase()}s.velero.io ${adopt}`;
  return (
    "Move the resource by an alias or `pulumi state move`. Or give it up there (retainOnDelete), take the owner's " +
    `label off (kubectl -n ${location.namespace} label ${object} ${ownerLabel}-), and run again.`
  );
}

/** What lies in another location has its data elsewhere, which this resource could not answer for. */
export function requireInLocation(
  client: KubernetesClient,
  { adopt, location }: ClusterBackupOutputs,
  { metadata }: KubernetesObject,
  storageLocation: string | undefined,
): void {
  if (storageLocation === location.locationName) return;
  throw new Problem({
    code: "AnotherLocation",
    property: "adopt",
    what:
      `"${adopt}" in namespace ${metadata.namespace} of cluster "${client.label.key}" ` +
      (storageLocation === undefined
        ? "names no location, and so means Velero's default one"
        : `lies in BackupStorageLocation "${storageLocation}"`) +
      `, not in "${location.locationName}"`,
    todo: "Take that location over first (`adopt` of the cluster in a BackupLocation), and name it as `location` here.",
  });
}
