import type { PropertyMap } from "../../engine/provider-host.ts";
import type { SandboxCluster } from "../../sandbox/sandbox.ts";
import { type PlayedVelero, playVelero } from "./play-velero.ts";

/** Many clusters that are one: a namespace of Velero's each, on one API server. */
export interface Fleet {
  velero: PlayedVelero;
  /** In their order, the slowest last. */
  keys: string[];
  /** How long the backups of each take from now on: evenly between the two, the last cluster's longest. */
  pace(shortest: number, longest: number): void;
  /** As a stack exports it that has made their locations. */
  handle: PropertyMap;
  /** What a program's WorkspaceBackup on that handle sends of these clusters, each by this kubeconfig. */
  reach(keys: readonly string[], kubeconfig?: string): PropertyMap;
}

const LOCATION = "fleet-store";

/** Makes the namespaces with a location each, and plays Velero there. */
export async function startFleet(cluster: SandboxCluster, count: number): Promise<Fleet> {
  const numbers = Array.from({ length: count }, (_, index) => String(index + 1).padStart(2, "0"));
  await Promise.all(numbers.map((number) => makeMember(cluster, namespaceOf(number))));
  let [shortest, longest] = [0, 0];
  const velero = playVelero(cluster, (namespace) => {
    const position = numbers.findIndex((number) => namespaceOf(number) === namespace);
    return shortest + ((longest - shortest) * position) / Math.max(1, count - 1);
  });
  const keys = numbers.map((number) => `c${number}`);
  const at = (key: string) => ({
    owner: `urn:pulumi:platform::fleet::pulumi-nodejs:dynamic/velero:ClusterLocation::primary-${key}`,
    lineage: "00000000000000f1",
    locationName: LOCATION,
    namespace: namespaceOf(key.slice(1)),
    storePrefix: key,
  });
  return {
    velero,
    keys,
    pace: (from, to) => void ([shortest, longest] = [from, to]),
    handle: {
      version: 1,
      store: { kind: "minio", bucket: "fleet" },
      clusters: Object.fromEntries(keys.map((key) => [key, at(key)])),
    },
    reach: (some, kubeconfig = cluster.kubeconfig) =>
      Object.fromEntries(some.map((key) => [key, { location: at(key), connection: { kubeconfig } }])),
  };
}

const namespaceOf = (number: string): string => `velero-${number}`;

/** A namespace with a location that Velero has just found to be good. */
async function makeMember({ kubernetes }: SandboxCluster, namespace: string): Promise<void> {
  await kubernetes.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
  });
  await kubernetes.create(`/apis/velero.io/v1/namespaces/${namespace}/backupstoragelocations`, {
    apiVersion: "velero.io/v1",
    kind: "BackupStorageLocation",
    metadata: { name: LOCATION },
    spec: { provider: "aws", objectStorage: { bucket: "fleet" }, accessMode: "ReadWrite" },
    status: { phase: "Available", lastValidationTime: new Date().toISOString() },
  });
}
