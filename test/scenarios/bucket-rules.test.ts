import * as s3 from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { awsClient } from "../contract/s3-road.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { createNamespace, seedNamespace } from "../sandbox/seed-namespace.ts";
import { uniqueName } from "../sandbox/unique-name.ts";
import { dataKeys, passingStack } from "./observe.ts";
import { messagesOf, resourceIn, stackOn } from "./stack.ts";

const LOCATION = `new velero.BackupLocation("primary", { storage, clusters: { east } });`;

describeOnSandbox("A bucket with rules of its own", (sandbox) => {
  const client = awsClient(sandbox.minio);

  async function bucketWithRule(Prefix: string): Promise<string> {
    const Bucket = await sandbox.minio.createBucket("ruled");
    const Rules: s3.LifecycleRule[] = [
      { ID: "tidy-up", Status: "Enabled", Filter: { Prefix }, Expiration: { Days: 7 } },
    ];
    await client.send(
      new s3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
    );
    return Bucket;
  }

  test("that deletes backups behind Velero's back is told, in the preview and in the up, and once", async () => {
    const stack = await passingStack(sandbox, LOCATION, { bucket: await bucketWithRule("east/") });
    const told = /lifecycle rule "tidy-up" of minio bucket .* deletes what begins with "east\/" after 7 days/;
    const preview = await stack.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(messagesOf(preview)).toMatch(told);
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    expect(messagesOf(up)).toMatch(told);
    expect(resourceIn(up, "primary").outputs?.["store"]).toMatchObject({
      lifecycle: [{ name: "tidy-up", prefix: "east/", does: "deletes", days: 7 }],
    });
    const again = await stack.up({ expectNoChanges: true });
    expect(again.ok, messagesOf(again)).toBe(true);
    expect(messagesOf(again)).not.toMatch(told);
  });

  test("that are about something else is not spoken of", async () => {
    const stack = await stackOn(sandbox, LOCATION, { bucket: await bucketWithRule("logs/") });
    const preview = await stack.preview();
    expect(preview.ok, messagesOf(preview)).toBe(true);
    expect(messagesOf(preview)).not.toContain("lifecycle");
  });

  test("by which objects are locked gets backups that complete, and keeps every version of those that were deleted", async () => {
    const Bucket = uniqueName("locked");
    await client.send(new s3.CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
    const Rule = { DefaultRetention: { Mode: "COMPLIANCE", Days: 1 } } as const;
    const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled", Rule } as const;
    await client.send(new s3.PutObjectLockConfigurationCommand({ Bucket, ObjectLockConfiguration }));
    const shop = await createNamespace(sandbox.cluster("east"), "shop");
    await seedNamespace(sandbox.cluster("east"), shop, { objects: 4 });
    const stack = await passingStack(
      sandbox,
      `const location = ${LOCATION}
      new velero.ClusterBackup("shop", { location, cluster: "east", includedNamespaces: [process.env.SHOP], deletionPolicy: "delete" });`,
      { bucket: Bucket, env: { SHOP: shop } },
    );
    const up = await stack.up();
    expect(up.ok, messagesOf(up)).toBe(true);
    const told = /keeps every object for 1 day \(COMPLIANCE\): backups that expire or are deleted/;
    expect(messagesOf(up)).toMatch(told);
    expect(resourceIn(up, "shop").outputs).toMatchObject({ phase: "Completed", errors: 0 });
    const stored = await dataKeys(sandbox, Bucket);

    const destroy = await stack.destroy();
    expect(destroy.ok, messagesOf(destroy)).toBe(true);
    expect(messagesOf(destroy), "before anything is deleted").toMatch(told);
    expect(await dataKeys(sandbox, Bucket)).toEqual([]);
    const { Versions = [] } = await client.send(new s3.ListObjectVersionsCommand({ Bucket }));
    expect(Versions.map(({ Key }) => Key)).toEqual(expect.arrayContaining(stored));
  });
});
