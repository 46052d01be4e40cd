import { Problem } from "../core/errors.ts";
import { ownerAnnotation, stampOf } from "../core/identity.ts";
import { shortHash } from "../core/values.ts";
import type { OpenCluster } from "../kubernetes/clusters.ts";
import { locations } from "../kubernetes/resources.ts";
import type { ClusterLocationInputs, ClusterLocationOutputs } from "../schemas/cluster-location.ts";
import type { Session } from "../session.ts";
import { refusal } from "./finding.ts";
import type { ClusterRule } from "./preflight.ts";

/** The BackupLocation of an object, and the key of its cluster there. */
const locationLabel = "pulumi-velero.io/location";
const clusterAnnotation = "pulumi-velero.io/cluster";

/**
 * Returns an id that is the same for all clusters of one BackupLocation: the ClusterLocation's owner without the
 * cluster key.
 */
const locationId = ({ owner, lineage, cluster }: ClusterLocationInputs): string =>
  shortHash(16, owner.slice(0, owner.length - cluster.length), lineage);

/** Finds a second key for the same cluster in this program. */
function findTwin(
  session: Session,
  inputs: ClusterLocationInputs,
  { uid }: Pick<OpenCluster, "uid">,
): Problem | undefined {
  const here = `${locationId(inputs)} ${uid}`;
  const known = session.keysOfClusters.get(here);
  if (known !== undefined && known !== inputs.cluster) return oneCluster(inputs.cluster, known);
  session.keysOfClusters.set(here, inputs.cluster);
  return undefined;
}

/** Refuses two keys for one cluster, because they would write the same names to two prefixes. */
export async function refuseSecondKey(
  session: Session,
  inputs: ClusterLocationInputs,
  { client, uid }: OpenCluster,
): Promise<void> {
  const twin = findTwin(session, inputs, { uid });
  if (twin) throw twin;

  const { items } = await client.list({
    type: locations,
    namespace: inputs.namespace,
    labelSelector: `${locationLabel}=${locationId(inputs)}`,
  });
  for (const { metadata } of items) {
    const key = metadata.annotations?.[clusterAnnotation];
    const owner = metadata.annotations?.[ownerAnnotation];
    // A location that the program no longer declares is about to be deleted: the cluster key was changed.
    if (key !== undefined && key !== inputs.cluster && owner !== undefined && session.checked.has(owner)) {
      throw oneCluster(inputs.cluster, key);
    }
  }
}

const oneCluster = (key: string, other: string) =>
  new Problem({
    code: "SameCluster",
    property: `clusters.${key}`,
    what: `"${key}" and "${other}" are one and the same cluster`,
    todo: "Declare a cluster once for each location, and look whether one of the two has the wrong kubeconfig or context.",
  });

/** No other key of the same location is the same cluster. */
export const oneKeyPerCluster = (inputs: ClusterLocationInputs): ClusterRule => ({
  inputs: [inputs.owner],
  find(cluster, session) {
    const twin = findTwin(session, inputs, cluster);
    return Promise.resolve(twin ? [refusal(twin)] : []);
  },
});

/** Returns the metadata of an object of this location: its owner, its BackupLocation and its cluster key. */
export function ours(desired: ClusterLocationOutputs, name: string) {
  const { labels, annotations } = stampOf(desired);
  return {
    name,
    namespace: desired.namespace,
    labels: { ...labels, [locationLabel]: locationId(desired) },
    annotations: { ...annotations, [clusterAnnotation]: desired.cluster },
  };
}
