import type { Resolved } from "../../provider/core/secrets.ts";
import { expect, test } from "vitest";
import { pluginConfig } from "../../provider/store/plugin-config.ts";
import type { StorageConfig } from "../../provider/store/storage-config.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { waitUntil } from "../sandbox/wait-until.ts";
import { selfSigned, tlsFront } from "./fronts.ts";

describeOnSandbox("Velero's plugin, configured by us", ({ clusters, minio }) => {
  const [cluster] = Object.values(clusters);
  const velero = `/apis/velero.io/v1/namespaces/${cluster?.veleroNamespace}`;
  const secrets = `/api/v1/namespaces/${cluster?.veleroNamespace}/secrets`;
  const keys = { static: { accessKeyId: minio.accessKey, secretAccessKey: minio.secretKey } };

  test("reaches MinIO", async () => {
    const bucket = await minio.createBucket();
    await expectAvailable({ minio: { bucket, endpoint: minio.endpoint, credentials: keys } });
  });

  test("reaches another S3 with tags, and keys that have a session token", async () => {
    const bucket = await minio.createBucket();
    const {
      accessKey: accessKeyId,
      secretKey: secretAccessKey,
      sessionToken,
    } = await minio.temporaryCredentials();
    const credentials = { static: { accessKeyId, secretAccessKey: `${secretAccessKey}\n`, sessionToken } };
    const tagging = { team: "shop", "cost center": "a b" };
    await expectAvailable({ aws: { bucket, endpoint: minio.endpoint, tagging, credentials } });
  });

  test("reaches a store behind a certificate of its own", async () => {
    const own = selfSigned("IP:127.0.0.1");
    const bucket = await minio.createBucket();
    const endpoint = await tlsFront(minio.endpoint, own);
    await expectAvailable({ minio: { bucket, endpoint, caCertificate: own.cert, credentials: keys } });
  });

  test("assumes a role at the store's own STS, and tells in STS's words if it may not", async () => {
    const bucket = await minio.createBucket();
    const throughRole = (secretAccessKey: string): Resolved<StorageConfig> => ({
      aws: {
        bucket,
        endpoint: minio.endpoint,
        credentials: {
          sts: {
            roleArn: "arn:aws:iam::123456789012:role/velero",
            externalId: "stack-1",
            durationSeconds: 1800,
            source: { static: { accessKeyId: minio.accessKey, secretAccessKey } },
          },
        },
      },
    });
    await expectAvailable(throughRole(minio.secretKey));
    const message = /operation error STS: AssumeRole/;
    await expectStatus(throughRole("wrong-secret-key"), {
      phase: "Unavailable",
      message: expect.stringMatching(message),
    });
  });

  const expectAvailable = (storage: Resolved<StorageConfig>) => expectStatus(storage, { phase: "Available" });

  async function expectStatus(storage: Resolved<StorageConfig>, expected: object): Promise<void> {
    if (!cluster) return expect.fail("the sandbox has no cluster");
    const { provider, bucket, config, caCert, credentialFile } = pluginConfig(storage);
    const name = uniqueName("plugin-config");
    const ca = caCert && { caCert: Buffer.from(caCert).toString("base64") };
    await cluster.kubernetes.create(secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name },
      stringData: { cloud: credentialFile ?? "" },
    });
    await cluster.kubernetes.create(`${velero}/backupstoragelocations`, {
      apiVersion: "velero.io/v1",
      kind: "BackupStorageLocation",
      metadata: { name },
      spec: { provider, config, objectStorage: { bucket, ...ca }, credential: { name, key: "cloud" } },
    });
    const location = `${velero}/backupstoragelocations/${name}`;
    try {
      const status = await waitUntil(`${name} has a phase`, async () => {
        const found = (await cluster.kubernetes.get(location))?.status;
        return found?.["phase"] === undefined ? undefined : found;
      });
      expect(status).toMatchObject(expected);
    } finally {
      await cluster.kubernetes.delete(location);
      await cluster.kubernetes.delete(`${secrets}/${name}`);
    }
  }
});
