import { expect, test } from "vitest";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { createCredentialSecret } from "./mistakes/credential-secret.ts";
import { markerAt, passingStack, secretOf } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf, resourceIn, stepsOf, veleroObjects } from "./stack.ts";

const NAMESPACE = "/api/v1/namespaces/velero";

/** Locations side by side, each at a prefix of its own: arguments of `make` by their names. */
const program = (secret: string, locations: Record<string, string>) => `
  const own = { static: {
    accessKeyId: { env: "OWN_ID" }, secretAccessKey: { env: "OWN_SECRET" }, sessionToken: { env: "OWN_TOKEN" },
  } };
  const wrong = { static: { ...keys, secretAccessKey: "of-nobody-at-all" } };
  const existing = (name, key) => ({ existingSecret: { name, key } });
  const secret = ${JSON.stringify(secret)};
  const made = {};
  const make = (name, { credentials = storage.minio.credentials, prefix = name, cluster = {}, after, ...more } = {}) =>
    made[name] = new velero.BackupLocation(name, {
      storage: { minio: { ...storage.minio, prefix, credentials } }, clusters: { east: { ...east, ...cluster } }, ...more,
    }, { dependsOn: after ? Object.values(made[after].clusters) : [] });
  const byKeys = { access: { credentials: { static: keys } } };
  ${Object.entries(locations)
    .map(([name, more]) => `make("${name}", ${more});`)
    .join("\n")}
  for (const name of ["secret", "own"]) new velero.ClusterBackup("of-" + name, {
    location: made[name], cluster: "east", includedNamespaces: [process.env.SHOP],
  });
`;

describeOnSandbox("Ways to a store", (sandbox) => {
  const east = sandbox.cluster("east");
  const { minio } = sandbox;

  test("are Velero's own Secret, no access at all, a cluster's own keys; a wrong one is refused by the property that declares it", async () => {
    const shop = await createNamespace(east, "shop");
    await seedNamespace(east, shop, { objects: 3 });
    const { name: secret } = await createCredentialSecret(east, minio);
    const bucket = await minio.createBucket("scenario");
    const own = await minio.temporaryCredentials(prefixPolicy(bucket, "own/east"));
    const good = {
      secret: '{ ...byKeys, credentials: existing(secret, "file") }',
      own: "{ cluster: { credentials: own } }",
      unseen: '{ access: "none" }',
      keys: "{}",
      endpoint: "{}",
      storeKeys: "{}",
      clusterKeys: "{}",
    };
    const noKey = '{ ...byKeys, credentials: existing(secret, "cloud") }';
    const noSecret = '{ ...byKeys, credentials: existing(secret + "-2", "file") }';
    const second = '{ access: "none", prefix: "unseen", after: "unseen" }';
    const stack = await passingStack(sandbox, program(secret, { ...good, noKey, noSecret, second }), {
      bucket,
      env: {
        SHOP: shop,
        OWN_ID: own.accessKey,
        OWN_SECRET: own.secretKey,
        OWN_TOKEN: own.sessionToken,
      },
    });
    const claims = async () =>
      (await east.kubernetes.list(`${NAMESPACE}/configmaps`)).filter(
        ({ metadata }) =>
          metadata.name.startsWith("pulumi-velero-claim-") &&
          JSON.stringify(metadata["annotations"]).includes(`urn:pulumi:${stack.stack}::`),
      );
    const first = await stack.up({ continueOnError: true });
    expect(first.ok).toBe(false);
    for (const words of [
      `storage.minio.credentials.existingSecret: Secret velero/${secret} in cluster "east" has no key "cloud", but file`,
      `storage.minio.credentials.existingSecret: there is no Secret velero/${secret}-2 in cluster "east"`,
      `clusters.east.prefix: unseen/east/ belongs to ${resourceIn(first, "unseen-east").urn}`,
      "access: without a way to the store",
    ])
      expect(messagesOf(first)).toContain(words);
    const nameOf = (name: string) => String(outputsOf(first, `${name}-east`)["locationName"]);
    const ours = await veleroObjects(east, "backupstoragelocations", stack);
    expect(ours.map(({ metadata }) => metadata.name).toSorted()).toEqual(
      Object.keys(good).map(nameOf).toSorted(),
    );

    for (const name of ["of-secret", "of-own"])
      expect(outputsOf(first, name)).toMatchObject({ phase: "Completed" });
    const ofSecret = ours.find(({ metadata }) => metadata.name === nameOf("secret"));
    expect(ofSecret?.spec?.["credential"]).toEqual({ name: secret, key: "file" });
    expect(await secretOf(east, nameOf("secret"))).toBeUndefined();
    expect(await markerAt(sandbox, bucket, "secret/east")).toMatchObject({ cluster: { key: "east" } });
    const file = Object.values((await secretOf(east, nameOf("own")))?.["data"] ?? {})[0];
    expect(Buffer.from(String(file), "base64").toString()).toContain(own.accessKey);
    expect(outputsOf(first, "unseen-east")).toMatchObject({ phase: "Available", accessMode: "ReadWrite" });
    expect(outputsOf(first, "unseen")["store"]).toMatchObject({ versioning: "unknown" });
    expect(await minio.objectKeys(bucket, "unseen/")).toEqual([]);
    expect(await claims()).toHaveLength(1);

    // As if Velero had backed up meanwhile: without the claim in the cluster this prefix would be attached read-only.
    await minio.client().putObject(bucket, "unseen/east/backups/old/velero-backup.json", "{}");
    const wrong = {
      keys: "{ access: { credentials: wrong } }",
      endpoint: '{ access: { endpoint: "http://127.0.0.1:1" } }',
      storeKeys: "{ ...byKeys, credentials: wrong }",
      clusterKeys: "{ cluster: { credentials: wrong } }",
    };
    const secretsOfWrong = () =>
      Promise.all(Object.keys(wrong).map(async (name) => (await secretOf(east, nameOf(name)))?.["data"]));
    const before = await secretsOfWrong();
    stack.change(program(secret, { ...good, unseen: "{}", ...wrong }));
    const failed = await stack.up({ continueOnError: true });
    expect(failed.ok).toBe(false);
    const errors = failed.diagnostics.filter(({ severity }) => severity === "error");
    for (const property of [
      "access.credentials.static.secretAccessKey",
      "access.endpoint",
      "storage.minio.credentials.static.secretAccessKey",
      "clusters.east.credentials.static.secretAccessKey",
    ]) {
      const said = errors.find(({ message }) => message.includes(`${property}: `));
      expect(said?.message, property).toBeDefined();
      if (property !== "access.endpoint") expect(said?.message).toContain("SignatureDoesNotMatch");
    }
    expect(messagesOf(failed)).not.toContain("of-nobody-at-all");
    expect(await secretsOfWrong()).toEqual(before);
    expect(stepsOf(failed)).toEqual(
      expect.arrayContaining(["same own", "same own-east", "same of-own", "same of-secret"]),
    );
    // The claim moves to the store, and back.
    expect(outputsOf(failed, "unseen-east")).toMatchObject({ accessMode: "ReadWrite" });
    expect(await markerAt(sandbox, bucket, "unseen/east")).toMatchObject({ cluster: { key: "east" } });
    expect(await claims()).toEqual([]);
    stack.change(program(secret, good));
    await ok(stack.up());
    expect(await claims()).toHaveLength(1);

    await ok(stack.destroy());
    expect(await claims()).toEqual([]);
    expect(await east.kubernetes.get(`${NAMESPACE}/secrets/${secret}`)).toBeDefined();
    await east.kubernetes.delete(`${NAMESPACE}/secrets/${secret}`);
  }, 180_000);
});

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
