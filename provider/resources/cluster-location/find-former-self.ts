import type { KubernetesClient } from "../../kubernetes/client.ts";
import { locations } from "../../kubernetes/resources.ts";
import { isOwnedBy } from "../../lifecycle/ensure.ts";
import { isSameOwner, type Owned, type Owner, ownerIn, ownersOf } from "../../lifecycle/identity.ts";
import { leavingLabel } from "../../velero/labels.ts";
import type { ClusterLocationInputs } from "./inputs.ts";

/**
 * The owner that this location was before it was destroyed and left to others. A location that is declared again has a
 * lineage of its own. Who has left a location has no claim to it, as with a prefix that was released.
 */
export async function findFormerSelf(
  client: KubernetesClient,
  location: ClusterLocationInputs & Owned,
): Promise<Owner | undefined> {
  const { locationName: name, namespace } = location;
  const live = await client.get({ type: locations, name, namespace });
  const left = live?.metadata.labels?.[leavingLabel] === undefined ? undefined : ownerIn(live);
  if (!live || !left || !isOwnedBy(live, [left])) return undefined;
  const owners = ownersOf(location);
  const isNamesake = owners.some(({ owner }) => owner === left.owner);
  return isNamesake && !owners.some((owner) => isSameOwner(owner, left)) ? left : undefined;
}

/** The location as the owner of what that self has made, too. */
export const withFormerSelf = <T extends Owned>(location: T, self: Owner | undefined): T =>
  self ? { ...location, formerOwners: [...(location.formerOwners ?? []), self] } : location;
