import { Problem } from "../../errors.ts";
import { locations } from "../../kubernetes/resources.ts";
import { shortHash } from "../../lifecycle/canonical.ts";
import type { OpenCluster } from "../../lifecycle/clusters.ts";
import { ownerAnnotation } from "../../lifecycle/identity.ts";
import { isDeclared } from "../../lifecycle/process-memory.ts";
import type { ClusterLocationInputs } from "./inputs.ts";

/** Which BackupLocation an object belongs to, and under which key its cluster stands there. */
export const locationLabel = "pulumi-velero.io/location";
export const clusterAnnotation = "pulumi-velero.io/cluster";

/** The ClusterLocation's owner without the cluster's key: the same for all clusters of one BackupLocation. */
export const locationId = ({ owner, lineage, cluster }: ClusterLocationInputs): string =>
  shortHash(16, owner.slice(0, owner.length - cluster.length), lineage);

const keysSeen = new Map<string, string>();

/** What of that can be seen before anything is done: both are declared in this very program. */
export function refuseTwin(inputs: ClusterLocationInputs, { uid }: Pick<OpenCluster, "uid">): void {
  const here = `${locationId(inputs)} ${uid}`;
  const known = keysSeen.get(here);
  if (known !== undefined && known !== inputs.cluster) throw oneCluster(inputs.cluster, known);
  keysSeen.set(here, inputs.cluster);
}

/** Two keys that turn out to be one cluster would write one set of names into two prefixes: refused. */
export async function refuseSecondKey(
  inputs: ClusterLocationInputs,
  { client, uid }: OpenCluster,
): Promise<void> {
  refuseTwin(inputs, { uid });

  const { items } = await client.list({
    type: locations,
    namespace: inputs.namespace,
    labelSelector: `${locationLabel}=${locationId(inputs)}`,
  });
  for (const { metadata } of items) {
    const key = metadata.annotations?.[clusterAnnotation];
    const owner = metadata.annotations?.[ownerAnnotation];
    // One that the program no longer declares is about to be deleted: the cluster's key was changed.
    if (key !== undefined && key !== inputs.cluster && owner !== undefined && isDeclared(owner)) {
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
