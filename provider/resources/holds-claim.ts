import { Problem } from "../errors.ts";
import { locations } from "../kubernetes/resources.ts";
import type { OpenCluster } from "../lifecycle/clusters.ts";
import { isOwnedBy } from "../lifecycle/ensure.ts";
import type { Owner } from "../lifecycle/identity.ts";
import type { ObjectStore } from "../storage/object-store.ts";
import { readMarker, wasMarkedBy } from "./cluster-location/marker.ts";

/** A ClusterLocation by its owner, and where it is. */
interface Place extends Owner {
  locationName: string;
  namespace: string;
  storePrefix: string;
}

/**
 * Why stored data may not be deleted there, or undefined where the location holds its claim on the prefix for this
 * very cluster: no data is deleted without our own marker (docs/design/rules.md#deleting-data). Where the program
 * has no way to the store, the owner of the location object has to do.
 */
export async function claimProblem(
  { client, uid }: OpenCluster,
  place: Place,
  store: ObjectStore | undefined,
): Promise<Problem | undefined> {
  const { locationName, namespace, storePrefix } = place;
  const object = `BackupStorageLocation ${namespace}/${locationName} in cluster "${client.label.key}"`;
  const inCluster = await client.get({ type: locations, name: locationName, namespace });
  if (!inCluster) return noClaim(`${object} is gone`);
  if (!store) return isOwnedBy(inCluster, [place]) ? undefined : noClaim(`${object} belongs to someone else`);
  const marker = await readMarker(store, storePrefix);
  const holds = marker && wasMarkedBy(marker, place) && marker.cluster.uid === uid;
  return holds
    ? undefined
    : noClaim(`${storePrefix}/ in ${store.address} does not carry this location's claim`);
}

const noClaim = (why: string) =>
  new Problem({
    code: "NoClaim",
    property: "deletionPolicy",
    what: `stored backups are not deleted, since ${why}`,
    todo: 'Run up to make the location whole again, or keep the backups with deletionPolicy: "retain".',
  });
