import * as s3 from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { awsClient } from "../contract/s3-road.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { dataKeys, passingStack } from "./observe.ts";
import { ok, outputsOf } from "./restore-stack.ts";
import { messagesOf } from "./stack.ts";

const program = `
  const make = (name, bucket) => new velero.BackupLocation(name, {
    storage: { minio: { ...storage.minio, bucket } }, clusters: { east },
  });
  make("ruled", process.env.RULED);
  make("other", process.env.OTHER);
  const location = make("locked", process.env.BUCKET);
  new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], deletionPolicy: "delete" });
`;

describeOnSandbox("A bucket with rules of its own", (sandbox) => {
  const client = awsClient(sandbox.minio);

  async function bucketWithRule(Prefix: string): Promise<string> {
    const Bucket = await sandbox.minio.createBucket("ruled");
    const Rules: s3.LifecycleRule[] = [
      { ID: "tidy-up", Status: "Enabled", Filter: { Prefix }, Expiration: { Days: 7 } },
    ];
    const LifecycleConfiguration = { Rules };
    await client.send(new s3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration }));
    return Bucket;
  }

  test("that deletes backups behind Velero's back, or keeps every version of those that were deleted, is told before that, and once; one about something else is not spoken of", async () => {
    const Bucket = uniqueName("locked");
    await client.send(new s3.CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    const Rule = { DefaultRetention: { Mode: "COMPLIANCE", Days: 1 } } as const;
    const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule } as const;
    await client.send(new s3.PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    const shop = await createNamespace(sandbox.cluster("east"), "shop");
    await seedNamespace(sandbox.cluster("east"), shop, { objects: 4 });
    const [RULED, OTHER] = [await bucketWithRule("east/"), await bucketWithRule("logs/")];
    const stack = await passingStack(sandbox, program, {
      bucket: Bucket,
      env: { SHOP: shop, RULED, OTHER },
    });
    const deletes = new RegExp(
      `lifecycle rule "tidy-up" of minio bucket .*${RULED}.* deletes what begins with "east/" after 7 days`,
    );
    const keeps = /keeps every object for 1 day \(COMPLIANCE\): backups that expire or are deleted/;
    const preview = await ok(stack.preview());
    const up = await ok(stack.up());
    for (const run of [preview, up]) {
      expect(messagesOf(run)).toMatch(deletes);
      expect(messagesOf(run)).not.toMatch(new RegExp(`lifecycle.*${OTHER}`));
    }
    expect(messagesOf(up)).toMatch(keeps);
    expect(outputsOf(up, "ruled")["store"]).toMatchObject({
      lifecycle: [{ name: "tidy-up", prefix: "east/", does: "deletes", days: 7 }],
    });
    expect(outputsOf(up, "shop")).toMatchObject({ phase: "Completed", errors: 0 });
    expect(messagesOf(await ok(stack.up({ expectNoChanges: true })))).not.toMatch(deletes);
    const stored = await dataKeys(sandbox, Bucket);

    const destroy = await ok(stack.destroy());
    expect(messagesOf(destroy), "before anything is deleted").toMatch(keeps);
    expect(await dataKeys(sandbox, Bucket)).toEqual([]);
    const { Versions = [] } = await client.send(new s3.ListObjectVersionsCommand({ Bucket }));
    expect(Versions.map(({ Key }) => Key)).toEqual(expect.arrayContaining(stored));
  });
});
