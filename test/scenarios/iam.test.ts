import * as s3 from "@aws-sdk/client-s3";
import type { Output } from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { openMinio } from "../../provider/store/minio.ts";
import { iam } from "../../sdk/index.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import type { MinioUser } from "../sandbox/sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { complaintsIn } from "./complaints.ts";
import { dataKeys, passingStack } from "./observe.ts";
import { contentsOf, ok, outputsOf } from "./restore-stack.ts";

interface Policy {
  Version: string;
  Statement: { Action: string[]; Resource: string[] }[];
}

const policyOf = async (document: Output<string>): Promise<Policy> =>
  JSON.parse(await new Promise<string>((resolve) => document.apply(resolve))) as Policy;

/** A statement of no action is none. */
const without = ({ Version, Statement }: Policy, action: string): Policy => ({
  Version,
  Statement: Statement.map((statement) => ({
    ...statement,
    Action: statement.Action.filter((each) => each !== action),
  })).filter(({ Action }) => Action.length > 0),
});

const actionsOf = ({ Statement }: Policy): string[] => Statement.flatMap(({ Action }) => Action).toSorted();

/** In a program: credentials of a user whose keys are in its environment. */
const user = (name: string) => `
  { static: { accessKeyId: { env: "${name}_ID" }, secretAccessKey: { env: "${name}_SECRET" } } }`;

const environmentOf = (name: string, { accessKey, secretKey }: MinioUser) => ({
  [`${name}_ID`]: accessKey,
  [`${name}_SECRET`]: secretKey,
});

const locationOf = (_action: string, index: number) => `
  new velero.BackupLocation("without-${index}", {
    storage: { minio: { ...storage.minio, prefix: "velero", credentials: ${user(`USER${index}`)} } },
    clusters: { east: { ...east, prefix: "without-${index}" } },
  });`;

/** What `seedNamespace` makes of four objects. */
const seeded = ["configmaps app-1", "deployments app-1", "secrets app-1", "services app-1"];

describeOnSandbox("With rights by velero.iam", (sandbox) => {
  const { minio } = sandbox;
  const [east, west] = [sandbox.cluster("east"), sandbox.cluster("west")];

  async function namespaceOf(cluster: typeof east): Promise<string> {
    const name = await createNamespace(cluster, "shop");
    await seedNamespace(cluster, name, { objects: 4 });
    return name;
  }

  test("and no others users of MinIO's and of S3's back up, restore in the same and another cluster, and delete", async () => {
    const [bucket, s3Bucket] = [await minio.createBucket("iam"), await minio.createBucket("iam-s3")];
    const [shop, ledger] = [await namespaceOf(east), await namespaceOf(west)];
    const keys = async (document: Output<string>) => minio.createUser(await policyOf(document));
    const reader = iam.minioPolicy({ bucket, prefix: "velero/west", reads: ["velero/east"] });
    const stack = await passingStack(
      sandbox,
      `const { SHOP, LEDGER, S3_BUCKET, MINIO_ENDPOINT } = process.env;
       storage.minio.prefix = "velero";
       storage.minio.credentials = ${user("USER")};
       const location = new velero.BackupLocation("primary", {
         storage, clusters: { east, west: { ...west, reads: ["east"], credentials: ${user("READER")} } },
       });
       const shop = new velero.ClusterBackup("shop", {
         location, cluster: "east", includedNamespaces: [SHOP], volumes: "none", deletionPolicy: "delete",
       });
       const copy = { namespaceMapping: { "*": "*-copy" }, verify: true };
       new velero.Restore("copied", { backup: shop, cluster: "east", ...copy });
       new velero.Restore("moved", { backup: shop, cluster: "west", verify: true });

       const s3 = new velero.BackupLocation("s3", {
         storage: {
           aws: {
             bucket: S3_BUCKET, prefix: "prod", region: "us-east-1", endpoint: MINIO_ENDPOINT,
             tagging: { team: "shop", stage: "prod" }, credentials: ${user("S3_USER")},
           },
         },
         clusters: { west },
       });
       const ledger = new velero.ClusterBackup("ledger", {
         location: s3, cluster: "west", includedNamespaces: [LEDGER], volumes: "none", deletionPolicy: "delete",
       });
       new velero.Restore("ledger-copied", { backup: ledger, cluster: "west", ...copy });`,
      {
        bucket,
        env: {
          ...environmentOf("USER", await keys(iam.minioPolicy({ bucket, prefix: "velero" }))),
          ...environmentOf("READER", await keys(reader)),
          ...environmentOf(
            "S3_USER",
            await keys(iam.awsPolicy({ bucket: s3Bucket, prefix: "prod", tagging: true })),
          ),
          S3_BUCKET: s3Bucket,
          SHOP: shop,
          LEDGER: ledger,
        },
      },
    );
    const up = await ok(stack.up());
    for (const name of ["copied", "moved", "ledger-copied"]) {
      expect(outputsOf(up, name), name).toMatchObject({ phase: "Completed", errors: 0, failed: 0 });
    }
    expect(await contentsOf(east, `${shop}-copy`)).toEqual(seeded);
    expect(await contentsOf(west, shop)).toEqual(seeded);
    expect(await contentsOf(west, `${ledger}-copy`)).toEqual(seeded);
    // Velero's words on the restore in the other cluster, which the reader's keys have written.
    const moved = String(outputsOf(up, "moved")["restoreName"]);
    expect(await dataKeys(sandbox, bucket, `velero/east/restores/${moved}/`)).not.toEqual([]);
    for (const [place, prefix] of [
      [bucket, "velero/"],
      [s3Bucket, "prod/"],
    ] as const) {
      const stored = await minio.objectKeys(place);
      expect(stored.filter((key) => !key.startsWith(prefix))).toEqual([]);
      expect(stored.filter((key) => key.endsWith(".tar.gz"))).toHaveLength(1);
    }
    const tags = await minio
      .client()
      .getObjectTagging(
        s3Bucket,
        (await dataKeys(sandbox, s3Bucket)).find((key) => key.endsWith(".tar.gz")) ?? "",
      );
    expect(tags).toEqual([
      { Key: "stage", Value: "prod" },
      { Key: "team", Value: "shop" },
    ]);
    await ok(stack.up({ refresh: true, expectNoChanges: true }));

    await ok(stack.destroy());
    expect(await dataKeys(sandbox, bucket)).toEqual([]);
    expect(await dataKeys(sandbox, s3Bucket)).toEqual([]);
  }, 240_000);

  test("less any single one something fails, and says which", async () => {
    const bucket = await minio.createBucket("iam");
    const policy = await policyOf(iam.minioPolicy({ bucket, prefix: "velero" }));
    /** Action → what the first `up` of a location says without it. */
    const byUp = {
      "s3:PutObject": /the credentials may not even write: .*allow s3:PutObject on/,
      "s3:GetObject": /the credentials may write, but not read: .*allow s3:GetObject/,
      "s3:ListBucket": /allow s3:ListBucket on arn:aws:s3:::/,
      "s3:DeleteObject": /the credentials may write, read and list, but not delete: .*allow s3:DeleteObject/,
    };
    const users = Object.keys(byUp).map(
      async (action, index) => [`USER${index}`, await minio.createUser(without(policy, action))] as const,
    );
    const environments = (await Promise.all(users)).map(([name, less]) => environmentOf(name, less));
    const stack = await passingStack(sandbox, Object.keys(byUp).map(locationOf).join("\n"), {
      bucket,
      env: Object.assign({}, ...environments) as Record<string, string>,
    });
    const failed = await stack.up({ continueOnError: true });
    for (const [index, [action, words]] of Object.entries(byUp).entries()) {
      const ofIt = failed.diagnostics.filter(({ urn }) => urn?.includes(`::without-${index}`));
      const complaints = complaintsIn({ ...failed, diagnostics: ofIt });
      expect(complaints, action).toEqual([expect.stringMatching(words)]);
    }

    /**
     * No ordinary run reaches these. An upload in parts is aborted where one of more than 5 MiB breaks off in the middle;
     * the parts of one are listed by whoever looks after such leftovers.
     */
    const byHand = {
      "s3:AbortMultipartUpload": (client: s3.S3Client, upload: Upload) =>
        client.send(new s3.AbortMultipartUploadCommand(upload)),
      "s3:ListMultipartUploadParts": (client: s3.S3Client, upload: Upload) =>
        client.send(new s3.ListPartsCommand(upload)),
    };
    for (const [action, send] of Object.entries(byHand)) {
      const [all, less] = [
        clientWith(await minio.createUser(policy)),
        clientWith(await minio.createUser(without(policy, action))),
      ];
      const place = { Bucket: bucket, Key: "velero/east/backups/large/large.tar.gz" };
      const { UploadId = "" } = await less.send(new s3.CreateMultipartUploadCommand(place));
      await expect(send(less, { ...place, UploadId }), action).rejects.toThrow("Access Denied");
      await expect(send(all, { ...place, UploadId }), action).resolves.toBeDefined();
    }

    expect(actionsOf(policy)).toEqual([...Object.keys(byUp), ...Object.keys(byHand)].toSorted());
  });

  test("the bucket's settings are known as far as they may be read", async () => {
    const bucket = await minio.createBucket("iam");
    const policy = await policyOf(iam.minioPolicy({ bucket, prefix: "velero", bucketSettings: true }));
    const factsOf = async (rights: Policy) => {
      const { accessKey: accessKeyId, secretKey: secretAccessKey } = await minio.createUser(rights);
      const credentials = { static: { accessKeyId, secretAccessKey } };
      return openMinio({ bucket, endpoint: minio.endpoint, credentials }).inspect();
    };
    const facts = {
      region: "us-east-1",
      versioning: "off",
      objectLock: "off",
      encryption: "none",
      retention: "none",
      lifecycle: [],
    };
    expect(await factsOf(policy)).toEqual(facts);
    const unknown = {
      "s3:GetBucketVersioning": { versioning: "unknown" },
      "s3:GetBucketObjectLockConfiguration": { objectLock: "unknown", retention: "unknown" },
      "s3:GetEncryptionConfiguration": { encryption: "unknown" },
      "s3:GetLifecycleConfiguration": { lifecycle: "unknown" },
    };
    for (const [action, less] of Object.entries(unknown)) {
      expect(await factsOf(without(policy, action)), action).toEqual({ ...facts, ...less });
    }
    const more = actionsOf(await policyOf(iam.minioPolicy({ bucket, prefix: "velero" })));
    expect(actionsOf(policy)).toEqual([...more, ...Object.keys(unknown)].toSorted());
  });

  test("nothing beside the prefix can be seen or touched, and of what is read nothing but Velero's logs is written", async () => {
    const bucket = await minio.createBucket("iam");
    const places = ["velero/east/a", "velero/dr/a", "velero/dr-2/a", "velero/a", "a"];
    for (const key of places) await minio.client().putObject(bucket, key, "theirs");
    const policy = iam.minioPolicy({ bucket, prefix: "velero/dr", reads: ["velero/east"] });
    const client = clientWith(await minio.createUser(await policyOf(policy)));
    const may = async (request: Promise<unknown>) => {
      const refusal = await request.then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (refusal !== undefined) expect(refusal).toMatch(/Access Denied|403/);
      return refusal === undefined;
    };
    const rightsOn = async (Key: string) => {
      const place = { Bucket: bucket, Key };
      const folder = Key.replace(/[^/]*$/, "");
      return {
        list: await may(client.send(new s3.ListObjectsV2Command({ Bucket: bucket, Prefix: folder }))),
        read: await may(client.send(new s3.GetObjectCommand(place))),
        write: await may(client.send(new s3.PutObjectCommand({ ...place, Body: "ours" }))),
        delete: await may(client.send(new s3.DeleteObjectCommand(place))),
      };
    };
    const nothing = { list: false, read: false, write: false, delete: false };
    expect(await rightsOn("velero/dr/a")).toEqual({ list: true, read: true, write: true, delete: true });
    expect(await rightsOn("velero/east/a")).toEqual({ ...nothing, list: true, read: true });
    for (const key of ["velero/dr-2/a", "velero/a", "a"]) expect(await rightsOn(key), key).toEqual(nothing);
    const logs = { Bucket: bucket, Key: "velero/east/restores/once/restore-once-logs.gz" };
    expect(await may(client.send(new s3.PutObjectCommand({ ...logs, Body: "ours" })))).toBe(true);
    expect(await may(client.send(new s3.DeleteObjectCommand(logs)))).toBe(true);
    expect(await may(client.send(new s3.ListObjectsV2Command({ Bucket: bucket })))).toBe(false);
    // It is this that tells Velero that there is no such backup yet.
    const absent = { Bucket: bucket, Key: "velero/dr/backups/new/velero-backup.json" };
    await expect(client.send(new s3.HeadObjectCommand(absent))).rejects.toThrow(s3.NotFound);
  });

  test("what turns out wrong when an output is known fails the run by the same words", async () => {
    const stack = await passingStack(
      sandbox,
      `exports.policy = velero.iam.minioPolicy({ bucket: pulumi.output("No_Bucket") });`,
    );
    const preview = await stack.preview();
    expect(preview.ok).toBe(false);
    expect(complaintsIn(preview).join("\n")).toContain(
      'iam.minioPolicy: `bucket` is "No_Bucket", and must be',
    );
  });

  interface Upload {
    Bucket: string;
    Key: string;
    UploadId: string;
  }

  function clientWith({ accessKey, secretKey }: MinioUser): s3.S3Client {
    const credentials = { accessKeyId: accessKey, secretAccessKey: secretKey };
    return new s3.S3Client({
      endpoint: minio.endpoint,
      region: minio.region,
      forcePathStyle: true,
      credentials,
    });
  }
});
