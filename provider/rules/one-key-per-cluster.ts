import { Problem } from "../core/errors.ts";
import { ownerAnnotation, stampOf } from "../core/identity.ts";
import { hasUnknown, shortHash } from "../core/values.ts";
import type { OpenCluster } from "../kubernetes/clusters.ts";
import { clusterLabel } from "../kubernetes/connection.ts";
import { locations } from "../kubernetes/resources.ts";
import type { ClusterLocationInputs, ClusterLocationOutputs } from "../schemas/cluster-location.ts";
import type { Session } from "../session.ts";
import { nothingWrong, refusal, type Verdict } from "./preflight.ts";

/** The BackupLocation of an object, and the key of its cluster there. */
const locationLabel = "pulumi-velero.io/location";
const clusterAnnotation = "pulumi-velero.io/cluster";

/**
 * Returns an id that is the same for all clusters of one BackupLocation: the ClusterLocation's owner without the
 * cluster key.
 */
const locationId = ({ owner, lineage, cluster }: ClusterLocationInputs): string =>
  shortHash(16, owner.slice(0, owner.length - cluster.length), lineage);

/** Refuses a second key for the same cluster in this program, before anything is done. */
function refuseTwin(
  session: Session,
  inputs: ClusterLocationInputs,
  { uid }: Pick<OpenCluster, "uid">,
): void {
  const here = `${locationId(inputs)} ${uid}`;
  const known = session.keysOfClusters.get(here);
  if (known !== undefined && known !== inputs.cluster) throw oneCluster(inputs.cluster, known);
  session.keysOfClusters.set(here, inputs.cluster);
}

/** Refuses two keys for one cluster, because they would write the same names to two prefixes. */
export async function refuseSecondKey(
  session: Session,
  inputs: ClusterLocationInputs,
  { client, uid }: OpenCluster,
): Promise<void> {
  refuseTwin(session, inputs, { uid });

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

/** Checks in a preview whether another key of the same location is the same cluster. */
export async function lookAtTwins(session: Session, inputs: ClusterLocationInputs): Promise<Verdict> {
  const { connection, cluster } = inputs;
  if (connection.offline || hasUnknown([connection, inputs.owner])) return nothingWrong;
  try {
    refuseTwin(session, inputs, await session.clusters.open(connection, clusterLabel(cluster), undefined));
    return nothingWrong;
  } catch (error) {
    // Another check reports a cluster that cannot be reached.
    return error instanceof Problem && error.code === "SameCluster" ? refusal(error) : nothingWrong;
  }
}

/** Returns the metadata of an object of this location: its owner, its BackupLocation and its cluster key. */
export function ours(aim: ClusterLocationOutputs, name: string) {
  const { labels, annotations } = stampOf(aim);
  return {
    name,
    namespace: aim.namespace,
    labels: { ...labels, [locationLabel]: locationId(aim) },
    annotations: { ...annotations, [clusterAnnotation]: aim.cluster },
  };
}
