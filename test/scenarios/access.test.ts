import { expect, test } from "vitest";
import type { RunResult } from "../engine/run-result.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { SandboxCluster } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { createCredentialSecret } from "./mistakes/credential-secret.ts";
import { messagesOf, resourceIn, type Stack, stackOn, veleroObjects } from "./stack.ts";

const SECRETS = "/api/v1/namespaces/velero/secrets";

describeOnSandbox("Ways to a store", (sandbox) => {
  const east = sandbox.cluster("east");
  const { minio } = sandbox;

  test("Velero takes a Secret that is there already, the program keys of its own, and the Secret outlives both", async () => {
    const shop = await seeded(east);
    const { name } = await createCredentialSecret(east, minio);
    const stack = await stackOn(
      sandbox,
      `storage.minio.credentials = { existingSecret: { name: ${JSON.stringify(name)}, key: "file" } };
       const location = new velero.BackupLocation("primary", {
         storage, access: { credentials: { static: keys } }, clusters: { east } });
       new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [${JSON.stringify(shop)}] });`,
    );
    const up = succeeded(await stack.up());
    expect(resourceIn(up, "shop").outputs).toMatchObject({ phase: "Completed" });
    const [location] = await veleroObjects(east, "backupstoragelocations", stack);
    expect(location?.spec?.["credential"]).toEqual({ name, key: "file" });
    expect(await east.kubernetes.get(`${SECRETS}/${location?.metadata.name}`)).toBeUndefined();
    expect(await claimOf(stack)).toMatchObject({ cluster: { key: "east" } });

    succeeded(await stack.destroy());
    expect(await east.kubernetes.get(`${SECRETS}/${name}`)).toBeDefined();
    await east.kubernetes.delete(`${SECRETS}/${name}`);
  });

  test("a Secret that is not there, or has no such key, is told before anything is made", async () => {
    const { name } = await createCredentialSecret(east, minio);
    const stack = await stackOn(sandbox, withSecret(name, "cloud"));
    const noKey = await stack.up();
    expect(messagesOf(noKey)).toContain(
      `storage.minio.credentials.existingSecret: Secret velero/${name} in cluster "east" has no key "cloud", but file`,
    );
    stack.change(withSecret(`${name}-2`, "file"));
    const noSecret = await stack.up();
    expect(messagesOf(noSecret)).toContain(
      `storage.minio.credentials.existingSecret: there is no Secret velero/${name}-2 in cluster "east"`,
    );
    expect(await veleroObjects(east, "backupstoragelocations", stack)).toEqual([]);
    stack.change(withSecret(name, "file"));
    succeeded(await stack.up());
    succeeded(await stack.destroy());
    await east.kubernetes.delete(`${SECRETS}/${name}`);
  });

  test("without access the claim is in the cluster, is told of, keeps out a second stack, and moves to the store later", async () => {
    const program = (more: string) =>
      `const location = new velero.BackupLocation("primary", { storage, ${more} clusters: { east } });`;
    const stack = await stackOn(sandbox, program(`access: "none",`));
    const preview = succeeded(await stack.preview());
    expect(messagesOf(preview)).toContain("access: without a way to the store");
    const up = succeeded(await stack.up());
    expect(resourceIn(up, "primary-east").outputs).toMatchObject({
      phase: "Available",
      accessMode: "ReadWrite",
    });
    expect(resourceIn(up, "primary").outputs?.["store"]).toMatchObject({ versioning: "unknown" });
    expect(await minio.objectKeys(stack.bucket)).toEqual([]);
    expect(await claimMaps(stack)).toHaveLength(1);

    const second = await stackOn(sandbox, program(`access: "none",`), { bucket: stack.bucket });
    const refused = await second.up();
    expect(refused.ok).toBe(false);
    expect(messagesOf(refused)).toMatch(/clusters\.east\.prefix: east\/ belongs to urn:pulumi:/);
    succeeded(await second.destroy());
    expect(await claimMaps(stack)).toHaveLength(1);

    // As if Velero had backed up meanwhile: without the claim in the cluster this prefix would be attached read-only.
    await minio.client().putObject(stack.bucket, "east/backups/old/velero-backup.json", "{}");
    stack.change(program(""));
    const opened = succeeded(await stack.up());
    expect(resourceIn(opened, "primary-east").outputs).toMatchObject({ accessMode: "ReadWrite" });
    expect(await claimOf(stack)).toMatchObject({ cluster: { key: "east" } });
    expect(await claimMaps(stack)).toEqual([]);

    stack.change(program(`access: "none",`));
    succeeded(await stack.up());
    const [map] = await claimMaps(stack);
    expect(map).toBeDefined();
    succeeded(await stack.destroy());
    expect(await east.kubernetes.get(`/api/v1/namespaces/velero/configmaps/${map}`)).toBeUndefined();
  });

  test("messages name the property that was declared: of the program's way, of the store's keys, of a cluster's own", async () => {
    const wrong = `{ static: { accessKeyId: { env: "MINIO_ACCESS_KEY" }, secretAccessKey: "of-nobody-at-all" } }`;
    const program = (more: string) =>
      `const wrong = ${wrong}; new velero.BackupLocation("primary", { storage, clusters: { east }, ${more} });`;
    const stack = await stackOn(sandbox, program(""));
    succeeded(await stack.up());
    const [location] = await veleroObjects(east, "backupstoragelocations", stack);
    const path = `${SECRETS}/${location?.metadata.name}`;
    const good = (await east.kubernetes.get(path))?.["data"];

    for (const [property, more] of [
      ["access.credentials.static.secretAccessKey", "access: { credentials: wrong }"],
      ["access.endpoint", `access: { endpoint: "http://127.0.0.1:1" }`],
      [
        "storage.minio.credentials.static.secretAccessKey",
        "storage: { minio: { ...storage.minio, credentials: wrong } }, access: { credentials: { static: keys } }",
      ],
      [
        "clusters.east.credentials.static.secretAccessKey",
        "clusters: { east: { ...east, credentials: wrong } }",
      ],
    ] as const) {
      stack.change(program(more));
      const failed = await stack.up();
      expect(failed.ok, property).toBe(false);
      expect(messagesOf(failed)).toContain(`${property}: `);
      if (!property.endsWith("endpoint")) expect(messagesOf(failed)).toContain("SignatureDoesNotMatch");
      expect(messagesOf(failed)).not.toContain("of-nobody-at-all");
      expect((await east.kubernetes.get(path))?.["data"]).toEqual(good);
    }
    stack.change(program(""));
    succeeded(await stack.up());
    succeeded(await stack.destroy());
  });

  test("keys of a cluster's own that reach its prefix only are tried, given to Velero, and back up", async () => {
    const shop = await seeded(east);
    const bucket = await minio.createBucket("scenario");
    const own = await minio.temporaryCredentials(prefixPolicy(bucket, "east"));
    const stack = await stackOn(
      sandbox,
      `const own = { static: { accessKeyId: { env: "OWN_ID" }, secretAccessKey: { env: "OWN_SECRET" }, sessionToken: { env: "OWN_TOKEN" } } };
       const location = new velero.BackupLocation("primary", { storage, clusters: { east: { ...east, credentials: own }, west } });
       new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [${JSON.stringify(shop)}] });`,
      {
        bucket,
        env: { OWN_ID: own.accessKey, OWN_SECRET: own.secretKey, OWN_TOKEN: own.sessionToken },
      },
    );
    const up = succeeded(await stack.up());
    expect(resourceIn(up, "shop").outputs).toMatchObject({ phase: "Completed" });
    const name = String(resourceIn(up, "primary-east").outputs?.["locationName"]);
    const secret = await east.kubernetes.get(`${SECRETS}/${name}`);
    const file = Buffer.from(String(Object.values(secret?.["data"] ?? {})[0]), "base64");
    expect(file.toString()).toContain(own.accessKey);
    expect(succeeded(await stack.preview()).steps.every(({ op }) => op === "same")).toBe(true);
    succeeded(await stack.destroy());
  });

  async function claimOf({ bucket }: Stack): Promise<unknown> {
    const keys = await minio.objectKeys(bucket);
    if (!keys.includes("east/metadata/pulumi-velero.json")) return undefined;
    const stream = await minio.client().getObject(bucket, "east/metadata/pulumi-velero.json");
    return JSON.parse(Buffer.concat(await stream.toArray()).toString());
  }

  /** Claims that stand in for the marker, of this test's stacks. */
  async function claimMaps({ bucket }: Stack): Promise<string[]> {
    const all = await east.kubernetes.list("/api/v1/namespaces/velero/configmaps");
    const names = (await veleroObjects(east, "backupstoragelocations", { bucket })).map(
      ({ metadata }) => metadata.labels?.["pulumi-velero.io/owner"],
    );
    return all
      .filter(({ metadata }) => metadata.name.startsWith("pulumi-velero-claim-"))
      .filter(({ metadata }) => names.includes(metadata.labels?.["pulumi-velero.io/owner"]))
      .map(({ metadata }) => metadata.name);
  }
});

const withSecret = (name: string, key: string): string => `
storage.minio.credentials = { existingSecret: { name: ${JSON.stringify(name)}, key: ${JSON.stringify(key)} } };
new velero.BackupLocation("primary", { storage, access: { credentials: { static: keys } }, clusters: { east } });`;

function succeeded(run: RunResult): RunResult {
  expect(run.ok, messagesOf(run)).toBe(true);
  return run;
}

async function seeded(cluster: SandboxCluster): Promise<string> {
  const namespace = await createNamespace(cluster, "shop");
  await seedNamespace(cluster, namespace, { objects: 3 });
  return namespace;
}

const prefixPolicy = (bucket: string, prefix: string): object => ({
  Version: "2012-10-17",
  Statement: [
    {
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: [`arn:aws:s3:::${bucket}/${prefix}/*`],
    },
    {
      Effect: "Allow",
      Action: ["s3:ListBucket"],
      Resource: [`arn:aws:s3:::${bucket}`],
      Condition: { StringLike: { "s3:prefix": [`${prefix}/*`] } },
    },
  ],
});
