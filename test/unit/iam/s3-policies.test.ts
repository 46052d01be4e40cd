import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { iam } from "../../../sdk/index.ts";
import { ebs, s3 } from "./documented.ts";
import { valueOf } from "./value-of.ts";

interface Statement {
  Effect: string;
  Action: string[];
  Resource: string[];
  Condition?: unknown;
}

async function statementsOf(policy: pulumi.Output<string>): Promise<Statement[]> {
  const document = JSON.parse(await valueOf(policy)) as { Version: string; Statement: Statement[] };
  expect(Object.keys(document)).toEqual(["Version", "Statement"]);
  expect(document.Version).toBe("2012-10-17");
  expect(document.Statement.filter(({ Effect }) => Effect !== "Allow")).toEqual([]);
  return document.Statement;
}

/** Each action with what it is allowed on; an action that stands twice would hide one. */
async function rightsIn(policy: pulumi.Output<string>): Promise<Record<string, string[]>> {
  const rights = (await statementsOf(policy)).flatMap(({ Action, Resource }) =>
    Action.map((action) => [action, Resource] as const),
  );
  expect(new Set(rights.map(([action]) => action)).size).toBe(rights.length);
  return Object.fromEntries(rights);
}

const on = (resource: string, actions: string[]) =>
  Object.fromEntries(actions.map((action) => [action, [resource]]));

const bucket = "acme-backups";
const key = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

describe.each([
  ["awsPolicy", iam.awsPolicy],
  ["minioPolicy", iam.minioPolicy],
] as const)("iam.%s", (name, policy) => {
  test("allows on the bucket what Velero's plugin documents, and nothing else", async () => {
    expect(await rightsIn(policy({ bucket }))).toEqual({
      ...on("arn:aws:s3:::acme-backups/*", s3.objects),
      ...on("arn:aws:s3:::acme-backups", s3.bucket),
    });
  });

  test.each(["backups/prod", "/backups/prod", "backups/prod//"])(
    "with the prefix %j reaches what is below it alone, and lists nothing beside it",
    async (prefix) => {
      const [objects, listing, ...more] = await statementsOf(policy({ bucket, prefix }));
      expect(objects?.Resource).toEqual(["arn:aws:s3:::acme-backups/backups/prod/*"]);
      expect(listing).toEqual({
        Effect: "Allow",
        Action: s3.bucket,
        Resource: ["arn:aws:s3:::acme-backups"],
        Condition: { StringLike: { "s3:prefix": ["backups/prod/*"] } },
      });
      expect(more).toEqual([]);
    },
  );

  test.each([undefined, "", "/"])("with the prefix %j reaches the whole bucket", async (prefix) => {
    const statements = await statementsOf(policy({ bucket, ...(prefix !== undefined && { prefix }) }));
    expect(statements.map(({ Resource }) => Resource)).toEqual([
      ["arn:aws:s3:::acme-backups/*"],
      ["arn:aws:s3:::acme-backups"],
    ]);
    expect(statements.filter((statement) => "Condition" in statement)).toEqual([]);
  });

  test("out of what it reads it writes below restores/ alone, where Velero stores its logs of them", async () => {
    const reads = ["prod/east", "/prod/west/"];
    const statements = await statementsOf(policy({ bucket, prefix: "prod/dr", reads }));
    expect(statements.map(({ Action, Resource }) => [Action.toSorted(), Resource])).toEqual([
      [s3.objects.toSorted(), ["arn:aws:s3:::acme-backups/prod/dr/*"]],
      [["s3:GetObject"], ["arn:aws:s3:::acme-backups/prod/east/*", "arn:aws:s3:::acme-backups/prod/west/*"]],
      [
        s3.objects.filter((action) => action !== "s3:GetObject").toSorted(),
        ["arn:aws:s3:::acme-backups/prod/east/restores/*", "arn:aws:s3:::acme-backups/prod/west/restores/*"],
      ],
      [s3.bucket, ["arn:aws:s3:::acme-backups"]],
    ]);
    expect(statements.at(-1)?.Condition).toEqual({
      StringLike: { "s3:prefix": ["prod/dr/*", "prod/east/*", "prod/west/*"] },
    });
  });

  test("reads the bucket's own settings where that is asked for: no list of Velero's, but what our preview warns by", async () => {
    const rights = await rightsIn(policy({ bucket, prefix: "prod", bucketSettings: true }));
    const documented = [...s3.objects, ...s3.bucket];
    expect(Object.entries(rights).filter(([action]) => !documented.includes(action))).toEqual(
      Object.entries(
        on("arn:aws:s3:::acme-backups", [
          "s3:GetBucketVersioning",
          "s3:GetBucketObjectLockConfiguration",
          "s3:GetEncryptionConfiguration",
          "s3:GetLifecycleConfiguration",
        ]),
      ),
    );
    const statements = await statementsOf(policy({ bucket, prefix: "prod", bucketSettings: true }));
    expect(statements.filter(({ Condition }) => Condition).map(({ Action }) => Action)).toEqual([s3.bucket]);
  });

  test.each([
    "Acme",
    "ab",
    "acme/backups",
    "arn:aws:s3:::acme-backups",
    "acme*",
    "${aws:username}",
    "",
    "acme backups",
  ])("%j is no bucket", (wrong) => {
    expect(() => policy({ bucket: wrong })).toThrow(
      `iam.${name}: \`bucket\` is ${JSON.stringify(wrong)}, and must be a bucket's name: 3 to 63`,
    );
  });

  test.each(["*", "prod/*", "prod?", "${aws:username}/prod"])(
    "%j is no folder, since a policy would take it for several",
    (wrong) => {
      expect(() => policy({ bucket, prefix: wrong })).toThrow(
        `iam.${name}: \`prefix\` is ${JSON.stringify(wrong)}, and must be a folder's name as it is`,
      );
      expect(() => policy({ bucket, prefix: "prod", reads: ["east", wrong] })).toThrow(
        `iam.${name}: \`reads[1]\` is ${JSON.stringify(wrong)}, and must be a folder's name as it is`,
      );
    },
  );

  test.each(["", "/"])("%j is none that could be read: it would be all of the bucket", (wrong) => {
    expect(() => policy({ bucket, prefix: "prod", reads: [wrong] })).toThrow(`iam.${name}: \`reads[0]\` is`);
  });

  test("what is read is of no use without a folder of one's own", () => {
    expect(() => policy({ bucket, reads: ["east"] })).toThrow(
      `iam.${name}: \`reads\` goes with a \`prefix\``,
    );
  });

  test("tells all that is wrong at once", () => {
    expect(() => policy({ bucket: "No", prefix: "*" })).toThrow(/`bucket` is "No"[^]*\n.*`prefix` is "\*"/);
  });

  test("takes outputs, waits for them, and is as secret as they are", async () => {
    const args = {
      bucket: pulumi.output(bucket),
      prefix: Promise.resolve("prod"),
      bucketSettings: pulumi.output(true),
    };
    expect(await valueOf(policy(args))).toBe(
      await valueOf(policy({ bucket, prefix: "prod", bucketSettings: true })),
    );
    expect(await pulumi.isSecret(policy({ bucket: pulumi.secret(bucket) }))).toBe(true);
    expect(await pulumi.isSecret(policy(args))).toBe(false);
  });
});

describe("iam.awsPolicy", () => {
  test("allows tags where there are some", async () => {
    expect(await rightsIn(iam.awsPolicy({ bucket, tagging: true }))).toEqual({
      ...on("arn:aws:s3:::acme-backups/*", [...s3.objects, ...s3.tagging]),
      ...on("arn:aws:s3:::acme-backups", s3.bucket),
    });
  });

  test("with snapshots of volumes allows what the plugin documents for them", async () => {
    expect(await rightsIn(iam.awsPolicy({ bucket, volumeSnapshots: true }))).toEqual({
      ...on("arn:aws:s3:::acme-backups/*", s3.objects),
      ...on("arn:aws:s3:::acme-backups", s3.bucket),
      ...on("*", ebs.snapshots),
    });
    const rights = await rightsIn(iam.awsPolicy({ bucket, volumeSnapshots: true, volumeKmsKeyArn: key }));
    expect(rights).toMatchObject({ ...on("*", ebs.snapshots), ...on(key, ebs.key) });
    expect(Object.keys(rights)).toHaveLength(
      [...s3.objects, ...s3.bucket, ...ebs.snapshots, ...ebs.key].length,
    );
  });

  test("with a key allows what S3 needs of it, on this key alone: Velero documents none", async () => {
    expect(await rightsIn(iam.awsPolicy({ bucket, kmsKeyArn: key }))).toEqual({
      ...on("arn:aws:s3:::acme-backups/*", s3.objects),
      ...on("arn:aws:s3:::acme-backups", s3.bucket),
      ...on(key, ["kms:GenerateDataKey", "kms:Decrypt"]),
    });
  });

  test.each(["aws-us-gov", "aws-cn", "aws-iso-b"])(
    "in the partition %s names what is there",
    async (partition) => {
      const kmsKeyArn = key.replace("arn:aws:", `arn:${partition}:`);
      const policy = iam.awsPolicy({ bucket, partition, prefix: "prod", reads: ["dev"], kmsKeyArn });
      const resources = (await statementsOf(policy)).flatMap(({ Resource }) => Resource);
      expect(resources.filter((resource) => !resource.startsWith(`arn:${partition}:`))).toEqual([]);
      expect(resources).toContain(`arn:${partition}:s3:::acme-backups/prod/*`);
    },
  );

  test.each(["gov", "AWS", "aws:", "", "aws-"])("%j is no partition", (partition) => {
    expect(() => iam.awsPolicy({ bucket, partition })).toThrow(
      `iam.awsPolicy: \`partition\` is ${JSON.stringify(partition)}, and must be a partition of AWS`,
    );
  });

  test.each([
    "1234abcd-12ab-34cd-56ef-1234567890ab",
    "alias/backups",
    key.replace("key/", "alias/"),
    key.replace("arn:aws:", "arn:aws-cn:"),
    "*",
  ])("%j is no key of this partition's", (wrong) => {
    const mustBe = `is ${JSON.stringify(wrong)}, and must be the ARN of a key in this partition`;
    expect(() => iam.awsPolicy({ bucket, kmsKeyArn: wrong })).toThrow(`\`kmsKeyArn\` ${mustBe}`);
    expect(() => iam.awsPolicy({ bucket, volumeSnapshots: true, volumeKmsKeyArn: wrong })).toThrow(
      `\`volumeKmsKeyArn\` ${mustBe}`,
    );
  });

  test("a key of volumes goes with their snapshots", () => {
    expect(() => iam.awsPolicy({ bucket, volumeKmsKeyArn: key })).toThrow(
      "`volumeKmsKeyArn` goes with `volumeSnapshots: true`",
    );
  });
});
