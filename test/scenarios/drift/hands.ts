import { text } from "node:stream/consumers";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import type { KubernetesObject } from "../../sandbox/kubernetes-client.ts";
import { waitUntil } from "../../sandbox/wait-until.ts";
import { requestDeletion } from "../delete-by-hand.ts";
import { liveObject } from "../observe.ts";
import { type VeleroKind, veleroPath } from "../stack.ts";
import type { Scene, Site } from "./rows.ts";

const API = "velero.io/v1";

/** By kubectl, as the others by it, the velero CLI or the store's console. */
export const edit = (
  { cluster }: Pick<Site, "cluster">,
  kind: VeleroKind,
  name: string,
  change: Record<string, unknown>,
) => cluster.kubernetes.patch(veleroPath(kind, name), change);

/** `velero backup create --from-schedule`: it has the Schedule's labels and its template. */
async function fromSchedule({ cluster, scheduleName }: Scene, suffix: string) {
  const { metadata, spec } = await liveObject(cluster, "schedules", scheduleName);
  return {
    apiVersion: API,
    kind: "Backup",
    metadata: {
      name: `${scheduleName}-${suffix}`,
      labels: { ...metadata.labels, "velero.io/schedule-name": scheduleName },
    },
    spec: spec?.["template"] as Record<string, unknown>,
  };
}

/** Has Velero take another backup of the Schedule, and waits for it. */
export async function run(scene: Scene, phase: string, spec: Record<string, unknown> = {}, suffix = "hand") {
  const backup = await fromSchedule(scene, suffix);
  const { name } = backup.metadata;
  await scene.cluster.kubernetes.create(veleroPath("backups"), {
    ...backup,
    spec: { ...backup.spec, ...spec },
  });
  return waitUntil(`Backup ${name} is ${phase}`, async () => {
    const live = await liveObject(scene.cluster, "backups", name);
    if (live.status?.["phase"] === phase) return live;
    throw new Error(JSON.stringify(live.status));
  });
}

/** One that Velero fails, since its name lies in the store already. */
export async function runThatFails(scene: Scene, suffix = "hand") {
  const key = `${scene.folder}/${scene.scheduleName}-${suffix}/velero-backup.json`;
  await scene.sandbox.minio.client().putObject(scene.bucket, key, "{}");
  return run(scene, "Failed", {}, suffix);
}

/**
 * A backup of the Schedule that is in a state which Velero gives it in the course of hours, or never while all is
 * well: the API server takes a status from anybody, and Velero looks only at what is new. Of one that is under way it
 * lets no other begin that has a namespace in common, so that this one has none.
 */
export async function writeRun(scene: Scene, status: Record<string, unknown>): Promise<void> {
  const backup = await fromSchedule(scene, "written");
  await scene.cluster.kubernetes.create(veleroPath("backups"), {
    ...backup,
    spec: { ...backup.spec, includedNamespaces: ["no-such-namespace"] },
    status,
  });
}

export const deleteBackup = ({ cluster }: Site, name: string) =>
  cluster.kubernetes.delete(veleroPath("backups", name));

const tarball = (scene: Scene): string => `${scene.folder}/${scene.backupName}/${scene.backupName}.tar.gz`;

export const removeTarball = (scene: Scene) =>
  scene.sandbox.minio.client().removeObject(scene.bucket, tarball(scene));

export const overwriteTarball = (scene: Scene) =>
  scene.sandbox.minio.client().putObject(scene.bucket, tarball(scene), "no tarball at all");

/** Velero cannot open what it finds, and leaves the backup `Deleting`. */
export async function deleteWithoutSuccess(scene: Scene): Promise<void> {
  await overwriteTarball(scene);
  const errors = await requestDeletion(scene.cluster, scene.backupName);
  if (errors === "gone") throw new Error("Velero has deleted a backup whose tarball it cannot open");
}

/** `kubectl delete backup`, and the object that Velero's sync makes of what is stored; without waiting for its minute. */
export async function syncBack(scene: Scene): Promise<void> {
  const { cluster, sandbox, bucket, folder, backupName } = scene;
  const key = `${folder}/${backupName}/velero-backup.json`;
  const stored = JSON.parse(
    await text(await sandbox.minio.client().getObject(bucket, key)),
  ) as KubernetesObject;
  const { name, labels, annotations } = stored.metadata;
  await deleteBackup(scene, backupName);
  await cluster.kubernetes.create(veleroPath("backups"), {
    ...stored,
    metadata: { name, labels, annotations },
  });
}

const configMaps = ({ namespace }: Site) => `/api/v1/namespaces/${namespace}/configmaps`;

export async function fill(site: Site): Promise<void> {
  const names = Array.from({ length: 20 }, (_, index) => `prices-${index}`);
  await Promise.all(
    names.map((name) =>
      site.cluster.kubernetes.create(configMaps(site), {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name },
      }),
    ),
  );
}

export const empty = (site: Site) => site.cluster.kubernetes.delete(configMaps(site));

export const createNamespace = ({ cluster }: Site, name: string) =>
  cluster.kubernetes.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name },
  });

/** The sandbox has no controller that would end what is being deleted. */
export async function removeNamespace({ cluster }: Site, name: string): Promise<void> {
  const config = new KubeConfig();
  config.loadFromString(cluster.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  await core.deleteNamespace({ name });
  await core.replaceNamespaceFinalize({ name, body: { metadata: { name }, spec: { finalizers: [] } } });
}
