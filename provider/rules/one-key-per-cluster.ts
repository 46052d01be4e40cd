import { Problem } from "../core/errors.ts";
import { ownerAnnotation, stampOf } from "../core/identity.ts";
import { hasUnknown, shortHash } from "../core/values.ts";
import type { OpenCluster } from "../kubernetes/clusters.ts";
import { clusterLabel } from "../kubernetes/connection.ts";
import { locations } from "../kubernetes/resources.ts";
import type { ClusterLocationOutputs } from "../schemas/cluster-location-outputs.ts";
import type { ClusterLocationInputs } from "../schemas/cluster-location.ts";
import type { Session } from "../session.ts";
import { nothingWrong, refusal, type Verdict } from "./preflight.ts";

/** Which BackupLocation an object belongs to, and under which key its cluster stands there. */
export const locationLabel = "pulumi-velero.io/location";
export const clusterAnnotation = "pulumi-velero.io/cluster";

/** The ClusterLocation's owner without the cluster's key: the same for all clusters of one BackupLocation. */
export const locationId = ({ owner, lineage, cluster }: ClusterLocationInputs): string =>
  shortHash(16, owner.slice(0, owner.length - cluster.length), lineage);

/** What of that can be seen before anything is done: both are declared in this very program. */
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

/** Two keys that turn out to be one cluster would write one set of names into two prefixes: refused. */
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
    // One that the program no longer declares is about to be deleted: the cluster's key was changed.
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

/** Whether another key of the same location is this very cluster. */
export async function lookAtTwins(session: Session, inputs: ClusterLocationInputs): Promise<Verdict> {
  const { connection, cluster } = inputs;
  if (connection.offline || hasUnknown([connection, inputs.owner])) return nothingWrong;
  try {
    refuseTwin(session, inputs, await session.clusters.open(connection, clusterLabel(cluster), undefined));
    return nothingWrong;
  } catch (error) {
    // That the cluster cannot be asked is told by the look at it.
    return error instanceof Problem && error.code === "SameCluster" ? refusal(error) : nothingWrong;
  }
}

/** Metadata of an object of this location: who made it, and under which key of which BackupLocation. */
export function ours(aim: ClusterLocationOutputs, name: string) {
  const { labels, annotations } = stampOf(aim);
  return {
    name,
    namespace: aim.namespace,
    labels: { ...labels, [locationLabel]: locationId(aim) },
    annotations: { ...annotations, [clusterAnnotation]: aim.cluster },
  };
}
