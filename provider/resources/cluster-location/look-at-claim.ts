import { Problem } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { describeOwner, ownersOf } from "../../lifecycle/identity.ts";
import { openWay } from "../../lifecycle/open-way.ts";
import { programWay } from "../../storage/ways.ts";
import { claimEditsInCluster, claimInCluster, claimInStore } from "./claim-place.ts";
import { isMarkedBy, type Marker, wasMarkedBy } from "./marker.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

/**
 * What has become of the claim on the prefix, where it is not what it was. A place that cannot be asked is no concern
 * of this location: of the store the BackupLocation tells.
 */
export async function lookAtClaim(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
): Promise<string | undefined> {
  if (state.accessMode !== "ReadWrite") return undefined;
  try {
    const store = openWay(programWay(state, state.cluster));
    const place = store ? claimInStore(store, state.storePrefix) : claimInCluster(client, state);
    const verdict = judgeClaim(await place.read(), state, store?.address ?? `cluster "${state.cluster}"`);
    return verdict ?? (store ? undefined : await claimEditsInCluster(client, state));
  } catch (error) {
    return error instanceof Problem && error.code === "BadMarker"
      ? error.message.replace(/\.$/, "")
      : undefined;
  }
}

export function judgeClaim(
  marker: Marker | undefined,
  state: Pick<
    ClusterLocationOutputs,
    "owner" | "lineage" | "formerOwners" | "adoptLineage" | "storePrefix" | "clusterUid"
  >,
  where: string,
): string | undefined {
  const { storePrefix, clusterUid } = state;
  const claim = `the claim on ${storePrefix}/ in ${where}`;
  if (!marker) return `${claim} is gone; up claims it anew`;
  if (!isMarkedBy(marker, ownersOf(state)) && !wasMarkedBy(marker, state)) {
    const { words } = describeOwner(marker, ownersOf(state));
    return `${claim} now ${words}, and one location writes to a prefix, ever; up is refused until one of the two has another prefix`;
  }
  if (marker.cluster.uid !== clusterUid) {
    return `${claim} is of another cluster under the key "${marker.cluster.key}"; up attaches it read-only`;
  }
  if (marker.released !== undefined) return `${claim} was released on ${marker.released}; up claims it anew`;
  return undefined;
}
