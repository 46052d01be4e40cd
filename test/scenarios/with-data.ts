import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Sandbox, SandboxCluster } from "../sandbox/sandbox.ts";
import type { Stack } from "./stack.ts";

/** How Velero saved a claim, as it would write it down where a node is. */
export type Saved = {
  namespace: string;
  claim: string;
  volume: string;
} & ({ by: "fileCopy"; pod: string; mount: string } | { by: "snapshot" | "cloudSnapshot" });

const METHODS = { fileCopy: "PodVolumeBackup", snapshot: "CSISnapshot", cloudSnapshot: "NativeSnapshot" };

/**
 * Makes a backup that Velero has taken in the sandbox, where there is no data of volumes, say that it holds some: in its
 * volumeinfo file, and by the PodVolumeBackups that a restore reads.
 */
export async function sayItHolds(
  { minio }: Sandbox,
  { kubernetes }: SandboxCluster,
  { bucket }: Stack,
  { backup, prefix, saved }: { backup: string; prefix: string; saved: Saved },
): Promise<void> {
  const key = `${prefix}/backups/${backup}/${backup}-volumeinfo.json.gz`;
  const file = await buffer(await minio.client().getObject(bucket, key));
  const lines = (JSON.parse(gunzipSync(file).toString("utf8")) as { pvName?: string }[] | null) ?? [];
  const snapshotHandle = "0123456789abcdef0123456789abcdef";
  const line = {
    pvcName: saved.claim,
    pvcNamespace: saved.namespace,
    pvName: saved.volume,
    backupMethod: METHODS[saved.by],
    snapshotDataMoved: false,
    skipped: false,
    result: "succeeded",
    pvInfo: { reclaimPolicy: "Retain", labels: null },
    ...(saved.by === "fileCopy" && {
      pvbInfo: {
        snapshotHandle,
        uploaderType: "kopia",
        volumeName: saved.mount,
        podName: saved.pod,
        podNamespace: saved.namespace,
        Phase: "Completed",
      },
    }),
  };
  const others = lines.filter(({ pvName }) => pvName !== saved.volume);
  await minio.client().putObject(bucket, key, gzipSync(JSON.stringify([...others, line])));
  if (saved.by !== "fileCopy") return;
  const live = await kubernetes.get(`/apis/velero.io/v1/namespaces/velero/backups/${backup}`);
  await kubernetes.create("/apis/velero.io/v1/namespaces/velero/podvolumebackups", {
    apiVersion: "velero.io/v1",
    kind: "PodVolumeBackup",
    metadata: {
      generateName: `${backup.slice(0, 40)}-`,
      labels: { "velero.io/backup-name": backup },
      annotations: { "velero.io/pvc-name": saved.claim },
    },
    spec: {
      node: "played",
      backupStorageLocation: live?.spec?.["storageLocation"],
      pod: { kind: "Pod", namespace: saved.namespace, name: saved.pod },
      volume: saved.mount,
      repoIdentifier: "",
      uploaderType: "kopia",
    },
    status: { phase: "Completed", snapshotID: snapshotHandle, progress: { bytesDone: 9, totalBytes: 9 } },
  });
}
