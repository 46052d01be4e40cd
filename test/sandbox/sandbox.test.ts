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
    const location = await createLocation(cluster, minioLocation(sandbox, bucket));

    const backup = await backUp(cluster, location);

    const keys = await sandbox.minio.objectKeys(bucket);
    expect(keys).toContain(`backups/${backup}/velero-backup.json`);
    expect(keys).toContain(`backups/${backup}/${backup}.tar.gz`);
  });

  test("backs up into Google Cloud Storage", async ({ skip }) => {
    const { gcs } = sandbox;
    if (!gcs) return skip("this sandbox has no fake-gcs-server");
    const bucket = await gcs.createBucket("backups");
    const cluster = sandbox.cluster("east");
    const location = await createLocation(cluster, {
      provider: "gcp",
      bucket,
      config: { storeEndpoint: gcs.storeEndpoint },
      credentials: gcs.serviceAccountKey,
    });

    const backup = await backUp(cluster, location);

    expect(await gcs.objectKeys(bucket)).toContain(`backups/${backup}/velero-backup.json`);
  });

  test("gives out keys that may do no more than their policy allows", async () => {
    const { minio } = sandbox;
    const allowed = await minio.createBucket("allowed");
    const forbidden = await minio.createBucket("forbidden");
    const statement = { Effect: "Allow", Action: ["s3:ListBucket"], Resource: [`arn:aws:s3:::${allowed}`] };
    const policy = { Version: "2012-10-17", Statement: [statement] };

    for (const keys of [await minio.temporaryCredentials(policy), await minio.createUser(policy)]) {
      const client = minio.client(keys);
      expect(await client.listObjectsV2(allowed).toArray()).toEqual([]);
      await expect(client.listObjectsV2(forbidden).toArray()).rejects.toThrow("Access Denied");
    }
  });
});

interface Location {
  provider: string;
  bucket: string;
  config: Record<string, string>;
  credentials: string;
}

function minioLocation({ minio }: Sandbox, bucket: string): Location {
  return {
    provider: "aws",
    bucket,
    config: {
      region: minio.region,
      s3Url: minio.endpoint,
      s3ForcePathStyle: "true",
      checksumAlgorithm: "",
    },
    credentials: `[default]\naws_access_key_id = ${minio.accessKey}\naws_secret_access_key = ${minio.secretKey}\n`,
  };
}

async function backUp(cluster: SandboxCluster, storageLocation: string): Promise<string> {
  const namespace = await createNamespace(cluster, "shop");
  await seedNamespace(cluster, namespace, { objects: 8 });
  const name = uniqueName(`${cluster.name}-backup`);
  await cluster.kubernetes.create(`${veleroObjects}/backups`, {
    apiVersion: "velero.io/v1",
    kind: "Backup",
    metadata: { name },
    spec: { storageLocation, includedNamespaces: [namespace] },
  });
  await waitForPhase(cluster, `backups/${name}`, "Completed");
  return name;
}

async function createLocation(cluster: SandboxCluster, location: Location): Promise<string> {
  const { provider, bucket, config, credentials } = location;
  const name = uniqueName("location");
  await cluster.kubernetes.create("/api/v1/namespaces/velero/secrets", {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    stringData: { cloud: credentials },
  });
  await cluster.kubernetes.create(`${veleroObjects}/backupstoragelocations`, {
    apiVersion: "velero.io/v1",
    kind: "BackupStorageLocation",
    metadata: { name },
    spec: { provider, objectStorage: { bucket }, credential: { name, key: "cloud" }, config },
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
