import type { KubernetesClient } from "../../kubernetes/client.ts";
import { locations } from "../../kubernetes/resources.ts";
import type { ObjectStore } from "../../storage/object-store.ts";
import type { BackupStorageLocation } from "../../velero/types.ts";
import { storeOf } from "../backup/settle.ts";
import { type Part, seenBy, sourceStore } from "./part.ts";

/** Where the source's backups lie, and by what the target sees them. */
export interface Place {
  location: { namespace: string; locationName: string };
  /** The program's own way there; absent where it has none, or where the target does not see them. */
  store: ObjectStore | undefined;
  storePrefix: string;
}

/** The prefix is the one that Velero in the target reads. */
export async function placeOf(client: KubernetesClient, part: Part): Promise<Place> {
  const location = seenBy(part);
  const live = await client.get<BackupStorageLocation>({
    type: locations,
    name: location.locationName,
    namespace: location.namespace,
  });
  const { prefix = "" } = live?.spec.objectStorage ?? {};
  return {
    location,
    store: live && storeOf({ ...sourceStore(part), cluster: part.source }),
    storePrefix: prefix.replace(/^\/+|\/+$/g, ""),
  };
}
