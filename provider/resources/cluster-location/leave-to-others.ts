import type { KubernetesClient } from "../../kubernetes/client.ts";
import { locations } from "../../kubernetes/resources.ts";
import { nameOf, ownersOf } from "../../lifecycle/identity.ts";
import { tell } from "../../lifecycle/notices.ts";
import { formerLineagesAnnotation, leavingLabel } from "../../velero/labels.ts";
import { type Namers, type NamedLocation, someOf, stillNamedBy } from "../still-named-by.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

/**
 * Leaves a location that other stacks still use to them: it stays with its Secret, its claim and its data, and the
 * last of them removes it. Tells whether that is so; then nothing more of it is ours to remove. Schedules of this
 * stack itself go on to the successor of a location that is `replaced`.
 */
export async function leaveToOthers(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
  { replaced }: { replaced: boolean },
): Promise<boolean> {
  const { formerOwners = [], takenBack = [] } = state;
  const place: NamedLocation = {
    ...state,
    name: state.locationName,
    formerOwners: [...formerOwners, ...takenBack],
  };
  const before = await stillNamedBy(client, place);
  if (before.users.length === 0) {
    tellByHand(before, place, client);
    if (!replaced) tellRetained(before, place, client);
    return false;
  }
  const target = { type: locations, name: place.name, namespace: place.namespace };
  const former = new Set(ownersOf(place).map(({ lineage }) => lineage));
  former.delete(place.lineage);
  const annotations = { [formerLineagesAnnotation]: former.size > 0 ? [...former].join(",") : null };
  await client.patch(target, { metadata: { labels: { [leavingLabel]: "true" }, annotations } });
  // The last of them may have gone just before it could see the label: then it is ours to remove after all.
  const { users } = await stillNamedBy(client, place);
  if (users.length === 0) return false;
  tell(
    nameOf(state.owner),
    `BackupStorageLocation ${place.namespace}/${place.name} in cluster "${client.label.key}" is left to others who ` +
      `still use it: ${someOf(users)}. It stays as it is, with its Secret, which nobody rotates any more. ` +
      "The last of them removes it; what is stored stays then, too.",
  );
  return true;
}

/** What was made by hand holds nothing up, and stands without its location from now on. */
export function tellByHand(
  { byHand }: Namers,
  { name, owner }: NamedLocation,
  client: KubernetesClient,
): void {
  if (byHand.length === 0) return;
  tell(
    nameOf(owner),
    `BackupStorageLocation ${name} in cluster "${client.label.key}" goes although objects that were made by hand ` +
      `name it: ${someOf(byHand)}. Schedules among them make no more backups, Backup objects go with it`,
  );
}

/** They would fail from now on, night by night, and no resource is left whose refresh would say so. */
function tellRetained({ retained }: Namers, { name, owner }: NamedLocation, client: KubernetesClient): void {
  if (retained.length === 0) return;
  tell(
    nameOf(owner),
    `BackupStorageLocation ${name} in cluster "${client.label.key}" goes although Schedules that this stack has made ` +
      `and no longer has in its state (retainOnDelete, deletedWith, \`pulumi state delete\`) name it: ` +
      `${someOf(retained)}. They make no more backups: remove them, or keep the location, too (retainOnDelete)`,
  );
}
