import { expect, test } from "vitest";
import { describeOnSandbox } from "./describe-on-sandbox.ts";
import type { Sandbox, SandboxCluster } from "./sandbox.ts";
import { createNamespace, seedNamespace } from "./seed-namespace.ts";
import { uniqueName } from "./unique-name.ts";
import { waitUntil } from "./wait-until.ts";

const veleroObjects = "/apis/velero.io/v1/namespaces/velero";

describeOnSandbox("the shared sandbox", (sandbox) => {
  test.each(["east", "west"])("backs up a namespace of %s into MinIO", async (name) => {
    const cluster = sandbox.cluster(name);
    const bucket = await sandbox.minio.createBucket("backups");
    const location = await createMinioLocation(sandbox, cluster, bucket);
    const namespace = await createNamespace(cluster, "shop");
    await seedNamespace(cluster, namespace, { objects: 8 });

    const backup = uniqueName(`${name}-backup`);
    await cluster.kubernetes.create(`${veleroObjects}/backups`, {
      apiVersion: "velero.io/v1",
      kind: "Backup",
      metadata: { name: backup },
      spec: { storageLocation: location, includedNamespaces: [namespace] },
    });
    await waitForPhase(cluster, `backups/${backup}`, "Completed");

    const keys = await sandbox.minio.objectKeys(bucket, `backups/${backup}/`);
    expect(keys).toContain(`backups/${backup}/velero-backup.json`);
    expect(keys).toContain(`backups/${backup}/${backup}.tar.gz`);
  });
});

async function createMinioLocation(
  { minio }: Sandbox,
  cluster: SandboxCluster,
  bucket: string,
): Promise<string> {
  const name = uniqueName("minio");
  const keys = `[default]\naws_access_key_id = ${minio.accessKey}\naws_secret_access_key = ${minio.secretKey}\n`;
  await cluster.kubernetes.create("/api/v1/namespaces/velero/secrets", {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    stringData: { cloud: keys },
  });
  await cluster.kubernetes.create(`${veleroObjects}/backupstoragelocations`, {
    apiVersion: "velero.io/v1",
    kind: "BackupStorageLocation",
    metadata: { name },
    spec: {
      provider: "aws",
      objectStorage: { bucket },
      credential: { name, key: "cloud" },
      config: {
        region: minio.region,
        s3Url: minio.endpoint,
        s3ForcePathStyle: "true",
        checksumAlgorithm: "",
      },
    },
  });
  await waitForPhase(cluster, `backupstoragelocations/${name}`, "Available");
  return name;
}

async function waitForPhase(cluster: SandboxCluster, path: string, phase: string): Promise<void> {
  await waitUntil(`${path} is ${phase}`, async () => {
    const status = (await cluster.kubernetes.get(`${veleroObjects}/${path}`))?.status;
    if (status?.["phase"] !== phase) throw new Error(JSON.stringify(status));
    return status;
  });
}
