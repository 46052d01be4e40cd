import type { KubernetesClient } from "../kubernetes/client.ts";
import { locations } from "../kubernetes/resources.ts";
import type { BackupStorageLocation } from "../velero/types.ts";

/**
 * The authority (PEM) that Velero itself trusts before a location's store, and so the one for the URLs that it signs:
 * known to all who may read the location, while the declaration is its owner's alone.
 */
export async function locationCertificate(
  client: KubernetesClient,
  namespace: string,
  locationName: string,
): Promise<string | undefined> {
  const target = { type: locations, name: locationName, namespace };
  const live = await client.get<BackupStorageLocation>(target).catch(() => undefined);
  const encoded = live?.spec.objectStorage.caCert;
  return encoded && Buffer.from(encoded, "base64").toString("utf8");
}
