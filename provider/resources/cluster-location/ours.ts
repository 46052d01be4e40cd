import { stampOf } from "../../lifecycle/identity.ts";
import { clusterAnnotation, locationId, locationLabel } from "./one-key-per-cluster.ts";
import type { ClusterLocationOutputs } from "./outputs.ts";

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
