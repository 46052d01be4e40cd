import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { awsClient } from "../contract/s3-road.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { liveObject, passingStack, secretOf } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf } from "./stack.ts";

const program = `
  const { SHOP, BUCKET, MINIO_ENDPOINT, GCS_BUCKET, GCS_ENDPOINT, GCS_KEY_PATH } = process.env;
  const make = (name, storage, hasBackup = true) => {
    const location = new velero.BackupLocation(name, { storage, clusters: { east } });
    if (hasBackup) new velero.ClusterBackup("of-" + name, { location, cluster: "east", includedNamespaces: [SHOP] });
  };
  const aws = (name, credentials, more) => ({ aws: {
    bucket: BUCKET, prefix: name, region: "us-east-1", endpoint: MINIO_ENDPOINT, credentials, ...more,
  } });
  const through = (source) => ({ sts: {
    roleArn: "arn:aws:iam::123456789012:role/velero", externalId: "stack-1", source: { static: source },
  } });
  make("role", aws("role", through(keys)));
  make("norole", aws("norole", through({ ...keys, secretAccessKey: { env: "WRONG" } })), false);
  make("checked", aws("checked", { static: keys }, { checksumAlgorithm: "SHA256" }));
  make("session", aws("session", { static: {
    accessKeyId: { env: "SESSION_ID" }, secretAccessKey: { env: "SESSION_SECRET" }, sessionToken: { env: "SESSION_TOKEN" },
  } }));
  make("identity", aws("identity", process.env.OWN ? { workloadIdentity: {} } : { static: keys }), false);
  make("google", { gcp: { bucket: GCS_BUCKET, endpoint: GCS_ENDPOINT, credentials: { serviceAccountKey: { file: GCS_KEY_PATH } } } });
  make("azure", { azure: {
    storageAccount: process.env.ACCOUNT, container: process.env.CONTAINER, endpoint: process.env.AZURE_ENDPOINT,
    credentials: { storageAccountKey: { env: "ACCOUNT_KEY" } },
  } }, false);
`;
const decoded = (secret: unknown): string =>
  Buffer.from((secret as { data?: { cloud?: string } } | undefined)?.data?.cloud ?? "", "base64").toString();

describeOnSandbox("Every store", (sandbox) => {
  const east = sandbox.cluster("east");
  const { azure, gcs, minio } = sandbox;

  test("takes backups: AWS through a role, with keys that end with their session, with the declared checksum, Google's; and says what one lacks that cannot", async () => {
    if (!gcs || !azure)
      return expect.fail("the sandbox has no Google Cloud Storage, or no Azure Blob Storage");
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 4 });
    const session = await minio.temporaryCredentials();
    const google = await gcs.createBucket("scenario");
    const container = await azure.createContainer("scenario");
    const stack = await passingStack(sandbox, program, {
      env: {
        SHOP: shop,
        WRONG: "canary-secret",
        SESSION_ID: session.accessKey,
        SESSION_SECRET: session.secretKey,
        SESSION_TOKEN: session.sessionToken,
        GCS_BUCKET: google,
        GCS_ENDPOINT: gcs.endpoint,
        GCS_KEY_PATH: gcs.serviceAccountKeyPath,
        ACCOUNT: azure.account,
        CONTAINER: container,
        AZURE_ENDPOINT: azure.endpoint,
        ACCOUNT_KEY: azure.key,
        // The sandbox's Velero has what its plugin reads; the program has none of it.
        AWS_ACCESS_KEY_ID: minio.accessKey,
        AWS_SECRET_ACCESS_KEY: minio.secretKey,
      },
    });
    const up = await stack.up({ parallel: 2, continueOnError: true });
    const told = messagesOf(up);
    const nameOf = (name: string) => String(outputsOf(up, `${name}-east`)["locationName"]);
    const secretFile = async (name: string) => decoded(await secretOf(east, nameOf(name)));
    const specOf = async (name: string) =>
      (await liveObject(east, "backupstoragelocations", nameOf(name))).spec;
    for (const name of ["role", "checked", "session", "google"])
      expect(outputsOf(up, `of-${name}`), told).toMatchObject({ phase: "Completed", errors: 0 });
    const metadataOf = (name: string) => {
      const backup = String(outputsOf(up, `of-${name}`)["backupName"]);
      return `east/backups/${backup}/velero-backup.json`;
    };

    // Velero itself assumes the role, and no key in the cluster is one of the bucket.
    expect(await minio.objectKeys(stack.bucket)).toContain(`role/${metadataOf("role")}`);
    expect(await secretFile("role")).toMatch(
      /^\[default\]\nrole_arn = .*\nsource_profile = base\nexternal_id = stack-1\n/,
    );
    expect(told, "before anything reaches the cluster").toMatch(
      /storage\.aws\.credentials\.sts\.source\.static\.secretAccessKey: .*AccessDenied/s,
    );
    expect(told).not.toContain("canary-secret");
    expect(told).toMatch(
      /storage\.aws\.credentials\.static\.sessionToken: these keys end with their session/,
    );

    expect((await specOf("checked"))?.["config"]).toMatchObject({ checksumAlgorithm: "SHA256" });
    const client = awsClient(minio);
    for (const Key of [`checked/${metadataOf("checked")}`, "checked/east/metadata/pulumi-velero.json"]) {
      const head = new HeadObjectCommand({ Bucket: stack.bucket, Key, ChecksumMode: "ENABLED" });
      expect((await client.send(head)).ChecksumSHA256, Key).toMatch(/=$/);
    }

    expect(await gcs.objectKeys(google, "east/")).toContain(metadataOf("google"));
    expect(JSON.parse(await secretFile("google"))).toMatchObject({ type: "service_account" });
    expect(JSON.stringify(up.state)).not.toContain("PRIVATE KEY");

    // Velero has no plugin of Azure's here: the store is proven, and the message says what to install.
    expect(told).toMatch(
      /cluster "east" has no plugin for provider "azure".*unable to locate ObjectStore plugin/s,
    );
    expect(told).toContain("velero plugin add velero/velero-plugin-for-microsoft-azure");
    expect(JSON.stringify(up.state)).not.toContain(azure.key);
    expect(resourceIn(up, "azure").outputs).toMatchObject({
      health: "Healthy",
      store: { objectLock: "off" },
    });
    expect(await azure.blobNames(container)).toEqual(["east/metadata/pulumi-velero.json"]);
    expect(await specOf("azure")).toMatchObject({
      provider: "azure",
      objectStorage: { bucket: container, prefix: "east" },
      config: { storageAccount: azure.account, storageAccountURI: azure.endpoint },
    });
    expect(await secretFile("azure")).toContain(`AZURE_STORAGE_ACCOUNT_ACCESS_KEY=${azure.key}\n`);

    // The sandbox's Velero has no identity of its own: the location is what it should be, and says so.
    expect(await secretFile("identity")).toContain("aws_access_key_id");
    const second = await stack.up({ env: { OWN: "yes" }, continueOnError: true });
    expect(messagesOf(second)).toMatch(/workloadIdentity exists inside of the cluster only/);
    expect(await specOf("identity")).not.toHaveProperty("credential");
    expect(await secretOf(east, nameOf("identity"))).toBeUndefined();
    for (const name of ["role", "checked", "session", "google"])
      expect(stepsOf(second)).toEqual(
        expect.arrayContaining([`same ${name}`, `same ${name}-east`, `same of-${name}`]),
      );
    const target = ["google", "google-east", "of-google"].map((name) => resourceIn(up, name).urn);
    await ok(stack.refresh({ previewOnly: true, expectNoChanges: true, target }));
  }, 240_000);
});
