import { gzipSync } from "node:zlib";
import {
  backups,
  configMaps,
  downloadRequests,
  locations,
  namespaces,
  type ResourceType,
  restores,
} from "../../../../provider/kubernetes/resources.ts";
import type { ClusterLabel } from "../../../../provider/kubernetes/connection.ts";
import { KubernetesError } from "../../../../provider/kubernetes/kubernetes-error.ts";
import { SharedAnswers } from "../../../../provider/kubernetes/discovery.ts";
import type { Session } from "../../../../provider/session.ts";
import { testSession } from "../../session.ts";
import type { OpenCluster } from "../../../../provider/kubernetes/clusters.ts";
import { stampOf } from "../../../../provider/core/identity.ts";
import type { Captured } from "../../../../provider/velero/backup-contents.ts";
import type { ObjectStore } from "../../../../provider/store/object-store.ts";
import type { Backup, BackupStorageLocation, Restore } from "../../../../provider/velero/types.ts";
import { type MemoryCluster, memoryCluster } from "../backup/memory-cluster.ts";
import { servedDocuments } from "../../kubernetes/served.ts";
import { fakeStore } from "../../store/fake-store.ts";
import { captured } from "./captured.ts";
import { BACKUP, MAKER } from "./state.ts";
import { tarballOf } from "./tarball.ts";

/** What the modules under test open while a stage stands: the store by the program's way, and the target. */
export const opened: { store: ObjectStore | undefined; cluster: MemoryCluster | undefined; uid: string } = {
  store: undefined,
  cluster: undefined,
  uid: "uid-of-west",
};

/** Opens clusters as a session does it; fails where no stage stands. */
async function openCluster(
  _connection: unknown,
  label: ClusterLabel,
  expectedUid: string | undefined,
): Promise<OpenCluster> {
  if (!opened.cluster) {
    throw new KubernetesError({
      status: 0,
      reason: "Unreachable",
      what: `cluster "${label.key}" does not answer`,
    });
  }
  if (expectedUid !== undefined && expectedUid !== opened.uid) throw new Error("another cluster");
  const client = { ...opened.cluster.client, label, answers: new SharedAnswers() };
  return { client, uid: opened.uid };
}

/** The rules about clusters and rights found nothing wrong. They have tests of their own. */
class LooksAtGoodClusters extends Map<string, Promise<unknown>> {
  override get(key: string): Promise<unknown> | undefined {
    if (key.startsWith("open ")) return Promise.resolve({ client: opened.cluster?.client, uid: opened.uid });
    return /^(?:cluster|rights) /.test(key) ? Promise.resolve([]) : super.get(key);
  }
}

/** A session on the stage that stands. */
export const stageSession = (): Session =>
  testSession({ openCluster, openStore: () => opened.store, looks: new LooksAtGoodClusters() });

export const contents: Captured[] = [
  captured("namespaces", "shop"),
  captured("configmaps", "shop/prices", { apiVersion: "v1", data: { eggs: "3" } }),
  captured("configmaps", "shop/rates", { apiVersion: "v1", data: { vat: "19" } }),
];

const storedBackup: Backup = {
  metadata: { name: BACKUP, namespace: "velero", ...stampOf({ ...MAKER, incarnation: "0a1b" }) },
  spec: { storageLocation: "primary-east" },
  status: {
    phase: "Completed",
    startTimestamp: "2026-11-23T02:00:00Z",
    completionTimestamp: "2026-11-23T02:01:00Z",
  },
};

const BEGUN = "2026-11-23T12:00:00Z";

/** Takes the right to list a kind from the credentials by which the target is looked at. */
export function hide({ client }: MemoryCluster, { plural }: ResourceType): void {
  const { list } = client;
  client.list = (scope) =>
    scope.type.plural === plural
      ? Promise.reject(
          new KubernetesError({ status: 403, reason: "Forbidden", what: `may not list ${plural}` }),
        )
      : list(scope);
}

export interface Stage extends MemoryCluster {
  store: ObjectStore & { objects: Map<string, Buffer> };
  namesOf(type: ResourceType): string[];
}

/**
 * A target whose Velero sees a store with one backup of east, and ends each Restore at once with that phase: it makes
 * what is not there, in the namespaces by the mapping, and stores its list of that.
 */
export async function setStage({
  items = contents,
  phase = "Completed",
}: { items?: readonly Captured[]; phase?: string } = {}): Promise<Stage> {
  const { objects, ...rest } = fakeStore();
  const store = {
    ...rest,
    objects,
    children: async (folder: string) => ({
      folders: [...objects.keys()]
        .filter((key) => key.startsWith(folder))
        .map((key) => key.split("/")[2] ?? ""),
      objects: [],
    }),
  };
  objects.set(`east/backups/${BACKUP}/velero-backup.json`, Buffer.from(JSON.stringify(storedBackup)));
  objects.set(`east/backups/${BACKUP}/${BACKUP}.tar.gz`, await tarballOf(items));

  const cluster = memoryCluster((type, object) => {
    // It signs, and its URLs lead nowhere.
    if (type === downloadRequests) return { phase: "Processed", downloadURL: "http://127.0.0.1:1" };
    if (type !== restores) return undefined;
    const { name } = object.metadata;
    const list = gzipSync(JSON.stringify(play(object as Restore)));
    objects.set(`east/restores/${name}/restore-${name}-resource-list.json.gz`, list);
    return { phase, startTimestamp: BEGUN, completionTimestamp: "2026-11-23T12:00:01Z" };
  });
  function play({ spec }: Restore): Record<string, string[]> {
    const into = (namespace: string) => spec.namespaceMapping?.[namespace] ?? namespace;
    const make = (type: ResourceType, object: Parameters<MemoryCluster["put"]>[1]): string => {
      const isThere = cluster.at(type, object.metadata.name) !== undefined;
      if (!isThere) cluster.put(type, object);
      return isThere ? "skipped" : "created";
    };
    const made = items
      .filter(({ resource }) => resource === "configmaps")
      .map(({ namespace = "", name, object }) => {
        const target = into(namespace);
        const namespaceMade = make(namespaces, { metadata: { name: target, creationTimestamp: BEGUN } });
        const action = make(configMaps, { ...object, metadata: { ...object.metadata, namespace: target } });
        return { namespace: `${target}(${namespaceMade})`, configMap: `${target}/${name}(${action})` };
      });
    return {
      "v1/Namespace": made.map(({ namespace }) => namespace).filter((entry) => entry.endsWith("(created)")),
      "v1/ConfigMap": made.map(({ configMap }) => configMap),
    };
  }
  for (const [path, document] of Object.entries(servedDocuments)) cluster.serve(path, document);
  cluster.put(locations, {
    metadata: { name: "primary-west-east", namespace: "velero" },
    spec: { provider: "aws", objectStorage: { bucket: "backups", prefix: "/east/" }, accessMode: "ReadOnly" },
    status: { phase: "Available", lastValidationTime: new Date().toISOString() },
  } as BackupStorageLocation);
  cluster.put(backups, {
    ...storedBackup,
    metadata: { ...storedBackup.metadata },
    spec: { storageLocation: "primary-west-east" },
  } as Backup);
  Object.assign(opened, { store, cluster });
  return {
    ...cluster,
    store,
    namesOf: (type) => cluster.all(type).map(({ metadata }) => metadata.name),
  };
}
