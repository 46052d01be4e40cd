import { HeadObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { liveObject, passingStack, secretOf } from "./observe.ts";
import { messagesOf, resourceIn, stepsOf } from "./stack.ts";

const backUp = `
const location = new velero.BackupLocation("primary", { storage: store, clusters: { east } });
const shop = new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], ttl: "24h" });
exports.location = location.clusters.east.locationName;
exports.backup = shop.backupName;
`;
const role = (source: string): string => `
const store = { aws: {
  bucket: process.env.BUCKET, region: "us-east-1", endpoint: process.env.MINIO_ENDPOINT,
  credentials: { sts: { roleArn: "arn:aws:iam::123456789012:role/velero", externalId: "stack-1", source: ${source} } },
} };
`;
const decoded = (secret: unknown): string =>
  Buffer.from((secret as { data?: { cloud?: string } } | undefined)?.data?.cloud ?? "", "base64").toString();

describeOnSandbox("Every store", (sandbox) => {
  const east = sandbox.cluster("east");
  const { gcs, minio } = sandbox;

  async function seeded(): Promise<{ env: { SHOP: string } }> {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    return { env: { SHOP: shop } };
  }

  test("AWS through a role: Velero itself assumes it, and no key in the cluster is one of the bucket", async () => {
    const stack = await passingStack(sandbox, role("{ static: keys }") + backUp, await seeded());
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(await minio.objectKeys(stack.bucket, "east/backups/")).toContain(
      `east/backups/${String(up.outputs["backup"])}/velero-backup.json`,
    );
    const file = decoded(await secretOf(east, up.outputs["location"]));
    expect(file).toMatch(/^\[default\]\nrole_arn = .*\nsource_profile = base\nexternal_id = stack-1\n/);
    const again = await stack.up({ expectNoChanges: true });
    expect(stepsOf(again)).toEqual(["same primary", "same primary-east", "same shop"]);
  });

  test("a store that speaks S3, with the checksum that is declared", async () => {
    const store = `
    const store = { aws: {
      bucket: process.env.BUCKET, region: "us-east-1", endpoint: process.env.MINIO_ENDPOINT,
      checksumAlgorithm: "SHA256", credentials: { static: keys },
    } };`;
    const stack = await passingStack(sandbox, store + backUp, await seeded());
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const live = await liveObject(east, "backupstoragelocations", up.outputs["location"]);
    expect(live.spec?.["config"]).toMatchObject({ checksumAlgorithm: "SHA256" });
    const client = new S3Client({
      endpoint: minio.endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: { accessKeyId: minio.accessKey, secretAccessKey: minio.secretKey },
    });
    const backup = `east/backups/${String(up.outputs["backup"])}/velero-backup.json`;
    for (const Key of [backup, "east/metadata/pulumi-velero.json"]) {
      const head = await client.send(
        new HeadObjectCommand({ Bucket: stack.bucket, Key, ChecksumMode: "ENABLED" }),
      );
      expect(head.ChecksumSHA256, Key).toMatch(/=$/);
    }
    client.destroy();
    const unchecked = await stack.up({ expectNoChanges: true });
    expect(unchecked.ok, messagesOf(unchecked)).toBe(true);
  });

  test("AWS through a role: a key that may not assume it is named before anything reaches the cluster", async () => {
    const stack = await passingStack(sandbox, role("{ static: keys }") + backUp, await seeded());
    const up = await stack.up({ env: { MINIO_SECRET_KEY: "canary-secret" } });
    expect(up.ok).toBe(false);
    expect(messagesOf(up)).toMatch(
      /storage\.aws\.credentials\.sts\.source\.static\.secretAccessKey: .*AccessDenied/s,
    );
    expect(messagesOf(up)).not.toContain("canary-secret");
  });

  test("AWS with keys that end with their session: they work, and a notice says what will happen", async () => {
    const { accessKey, secretKey, sessionToken } = await minio.temporaryCredentials();
    const store = `
    const store = { aws: { bucket: process.env.BUCKET, endpoint: process.env.MINIO_ENDPOINT, credentials: { static: {
      ...keys, sessionToken: { env: "SESSION_TOKEN" },
    } } } };`;
    const { env } = await seeded();
    const temporary = {
      MINIO_ACCESS_KEY: accessKey,
      MINIO_SECRET_KEY: secretKey,
      SESSION_TOKEN: sessionToken,
    };
    const stack = await passingStack(sandbox, store + backUp, { env: { ...env, ...temporary } });
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(messagesOf(up)).toMatch(
      /storage\.aws\.credentials\.static\.sessionToken: these keys end with their session/,
    );
    expect(resourceIn(up, "shop").outputs).toMatchObject({ phase: "Completed" });
  });

  test("AWS with Velero's own identity: no Secret, and one that was there goes", async () => {
    const identity = `
    const store = { aws: { bucket: process.env.BUCKET, endpoint: process.env.MINIO_ENDPOINT, credentials: process.env.OWN
      ? { workloadIdentity: {} } : { static: keys } } };
    const location = new velero.BackupLocation("primary", { storage: store, clusters: { east } });
    exports.location = location.clusters.east.locationName;`;
    const own = { AWS_ACCESS_KEY_ID: minio.accessKey, AWS_SECRET_ACCESS_KEY: minio.secretKey };
    const stack = await passingStack(sandbox, identity, { env: own });
    const first = await stack.up();
    expect(first.ok, messagesOf(first)).toBe(true);
    const name = first.outputs["location"];
    expect(decoded(await secretOf(east, name))).toContain("aws_access_key_id");

    // The sandbox's Velero has no identity of its own: the location is what it should be, and says so.
    const second = await stack.up({ env: { OWN: "yes" } });
    expect(messagesOf(second)).toMatch(/workloadIdentity exists inside of the cluster only/);
    expect(second.ok).toBe(false);
    expect((await liveObject(east, "backupstoragelocations", name)).spec).not.toHaveProperty("credential");
    expect(await secretOf(east, name)).toBeUndefined();
  });

  test("Google Cloud Storage with a service account's key", async () => {
    if (!gcs) return expect.fail("the sandbox has no Google Cloud Storage");
    const store = `
    const store = { gcp: { bucket: process.env.GCS_BUCKET, endpoint: process.env.GCS_ENDPOINT,
      credentials: { serviceAccountKey: { file: process.env.GCS_KEY_PATH } } } };`;
    const bucket = await gcs.createBucket("scenario");
    const { env } = await seeded();
    const google = {
      GCS_BUCKET: bucket,
      GCS_ENDPOINT: gcs.endpoint,
      GCS_KEY_PATH: gcs.serviceAccountKeyPath,
    };
    const stack = await passingStack(sandbox, store + backUp, { env: { ...env, ...google } });

    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(resourceIn(up, "shop").outputs).toMatchObject({ phase: "Completed", errors: 0 });
    const name = String(up.outputs["backup"]);
    expect(await gcs.objectKeys(bucket, "east/")).toContain(`east/backups/${name}/velero-backup.json`);
    expect(JSON.parse(decoded(await secretOf(east, up.outputs["location"])))).toMatchObject({
      type: "service_account",
    });
    expect(JSON.stringify(up.state)).not.toContain("PRIVATE KEY");

    const again = await stack.up({ expectNoChanges: true });
    expect(stepsOf(again)).toEqual(["same primary", "same primary-east", "same shop"]);
    const refresh = await stack.refresh({ previewOnly: true, expectNoChanges: true });
    expect(refresh.ok, messagesOf(refresh)).toBe(true);
  });

  test("Azure Blob Storage, of which Velero has no plugin here: the store is proven, and the message says what to install", async () => {
    const { azure } = sandbox;
    if (!azure) return expect.fail("the sandbox has no Azure Blob Storage");
    const store = `
    const store = { azure: { storageAccount: process.env.ACCOUNT, container: process.env.CONTAINER,
      endpoint: process.env.AZURE_ENDPOINT, credentials: { storageAccountKey: { env: "ACCOUNT_KEY" } } } };
    const location = new velero.BackupLocation("primary", { storage: store, clusters: { east } });
    exports.store = location.store;`;
    const container = await azure.createContainer("scenario");
    const microsoft = {
      ACCOUNT: azure.account,
      CONTAINER: container,
      AZURE_ENDPOINT: azure.endpoint,
      ACCOUNT_KEY: azure.key,
    };
    const stack = await passingStack(sandbox, store, { env: microsoft });

    const up = await stack.up();
    expect(up.ok).toBe(false);
    expect(messagesOf(up)).toMatch(
      /cluster "east" has no plugin for provider "azure".*unable to locate ObjectStore plugin/s,
    );
    expect(messagesOf(up)).toContain("velero plugin add velero/velero-plugin-for-microsoft-azure");
    expect(JSON.stringify(up.state)).not.toContain(azure.key);

    expect(resourceIn(up, "primary").outputs).toMatchObject({
      health: "Healthy",
      store: { objectLock: "off" },
    });
    expect(await azure.blobNames(container)).toEqual(["east/metadata/pulumi-velero.json"]);
    const name = String(resourceIn(up, "primary-east").outputs?.["locationName"]);
    expect((await liveObject(east, "backupstoragelocations", name)).spec).toMatchObject({
      provider: "azure",
      objectStorage: { bucket: container, prefix: "east" },
      config: { storageAccount: azure.account, storageAccountURI: azure.endpoint },
    });
    expect(decoded(await secretOf(east, name))).toContain(`AZURE_STORAGE_ACCOUNT_ACCESS_KEY=${azure.key}\n`);
  });
});
