import { backups, locations, restores, schedules } from "../../../provider/kubernetes/resources.ts";
import { stampOf } from "../../../provider/core/identity.ts";
import type { BackupsRequest } from "../../../provider/look-ups/request.ts";
import type { ObjectStore } from "../../../provider/store/object-store.ts";
import type { Backup } from "../../../provider/velero/types.ts";
import { type MemoryCluster, memoryCluster } from "../kinds/backup/memory-cluster.ts";
import { LINEAGE } from "../kinds/arbitrary-inputs.ts";
import { storage } from "../kinds/declared.ts";
import { fakeStore } from "../store/fake-store.ts";

/** What the modules under test open: by the cluster's key, and the store with the declaration by which it was opened. */
export const there = {
  clusters: new Map<string, MemoryCluster>(),
  store: undefined as ObjectStore | undefined,
  ways: [] as object[],
};

const NAMESPACE = "velero";

export const request = (changes: Partial<BackupsRequest> = {}): BackupsRequest => ({
  cluster: "east",
  location: {
    owner: "urn:pulumi:dev::shop::pulumi-nodejs:dynamic/velero:ClusterLocation::primary-east",
    lineage: LINEAGE,
    locationName: "primary-east",
    namespace: NAMESPACE,
    storePrefix: "east",
  },
  connection: { kubeconfig: "a kubeconfig" },
  storage,
  ...changes,
});

export interface Parts {
  phase?: string;
  /** Day of November on which it began; it ended an hour later. */
  day?: number;
  owner?: string;
  lineage?: string;
  schedule?: string;
  location?: string;
  labels?: Record<string, string>;
}

const stampBy = (owner: string | undefined, lineage = LINEAGE) =>
  owner === undefined ? undefined : stampOf({ owner, lineage, incarnation: "0a1b" });

export const backup = (name: string, parts: Parts = {}): Backup => {
  const {
    phase = "Completed",
    day = 23,
    owner,
    lineage,
    schedule,
    location = "primary-east",
    labels,
  } = parts;
  const stamp = stampBy(owner, lineage);
  return {
    metadata: {
      name,
      namespace: NAMESPACE,
      labels: {
        ...stamp?.labels,
        ...labels,
        ...(schedule !== undefined && { "velero.io/schedule-name": schedule }),
      },
      annotations: stamp?.annotations ?? {},
    },
    spec: { storageLocation: location },
    status: {
      phase,
      startTimestamp: `2026-11-${day}T02:00:00Z`,
      ...(phase !== "InProgress" && { completionTimestamp: `2026-11-${day}T03:00:00Z` }),
    },
  };
};

/** A cluster with a location and backups. */
export function clusterWith(key: string, ...known: Backup[]): MemoryCluster {
  const cluster = memoryCluster();
  cluster.put(locations, { metadata: { name: `primary-${key}`, namespace: NAMESPACE } });
  for (const each of known) cluster.put(backups, each);
  there.clusters.set(key, cluster);
  return cluster;
}

export const putSchedule = (cluster: MemoryCluster, name: string, location: string, owner?: string): void =>
  cluster.put(schedules, {
    metadata: {
      name,
      namespace: NAMESPACE,
      ...stampBy(owner),
    },
    spec: { template: { storageLocation: location } },
  });

export const putRestore = (cluster: MemoryCluster, name: string, backupName: string, owner: string): void =>
  cluster.put(restores, {
    metadata: { name, namespace: NAMESPACE, ...stampBy(owner) },
    spec: { backupName },
  });

/** A store with these objects, and which of them were read. What is of a backup was written when that had ended. */
export function storeWith(objects: Record<string, unknown>, faults: Partial<ObjectStore> = {}) {
  const store = fakeStore();
  const read: string[] = [];
  for (const [key, value] of Object.entries(objects))
    store.objects.set(key, Buffer.from(typeof value === "string" ? value : JSON.stringify(value)));
  there.store = {
    ...store,
    get: (key) => {
      read.push(key);
      return store.get(key);
    },
    async *list(prefix) {
      for await (const each of store.list(prefix)) {
        const { status } = (objects[each.key] ?? {}) as Partial<Backup>;
        yield { ...each, modified: new Date(status?.completionTimestamp ?? 0) };
      }
    },
    children: async (prefix) => {
      const within = [...store.objects.keys()].filter((key) => key.startsWith(prefix));
      const folders = within.map((key) => key.slice(prefix.length).split("/")).filter((at) => at.length > 1);
      return { folders: [...new Set(folders.map(([folder = ""]) => folder))], objects: [] };
    },
    ...faults,
  };
  return { read };
}

export const stored = (prefix: string, ...all: Backup[]): Record<string, unknown> =>
  Object.fromEntries(all.map((each) => [`${prefix}/backups/${each.metadata.name}/velero-backup.json`, each]));
