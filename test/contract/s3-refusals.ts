import type { Resolved } from "../../provider/core/secrets.ts";
import * as s3 from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import type { ObjectStore } from "../../provider/store/object-store.ts";
import { probe } from "../../provider/store/probe.ts";
import type { MinioStorage, StaticCredentials } from "../../provider/store/storage-config.ts";
import type { SandboxMinio } from "../sandbox/sandbox.ts";
import { canary, canaryPassword, expectEach, expectRefusal, within } from "./expect-refusal.ts";
import { closedPort, serverThatFallsSilent, silentServer, webServer } from "./fronts.ts";
import { awsClient } from "./s3-road.ts";

type Settings = Resolved<MinioStorage> & { credentials: { static: Resolved<StaticCredentials> } };

export interface RefusingStore {
  kind: "minio" | "aws";
  minio: SandboxMinio;
  settings: (bucket: string) => Settings;
  open: (settings: Settings) => ObjectStore;
}

/** What a store of S3 finds out about its bucket, and how it tells of each thing that can be wrong. */
export function describeS3Refusals({ kind, minio, settings, open }: RefusingStore): void {
  const property = (path: string) => `storage.${kind}.${path}`;

  describe("finds out about the bucket", () => {
    test("that it is plain", async () => {
      expect(await open(settings(await minio.createBucket())).inspect()).toEqual({
        region: "us-east-1",
        versioning: "off",
        objectLock: "off",
        encryption: "none",
        retention: "none",
        lifecycle: [],
      });
    });

    test("that it keeps versions, where a deleted object is absent all the same", async () => {
      const Bucket = await minio.createBucket();
      const status = async (Status: "Enabled" | "Suspended") =>
        awsClient(minio).send(
          new s3.PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }),
        );
      await status("Enabled");
      const store = open(settings(Bucket));
      expect(await store.inspect()).toMatchObject({ versioning: "enabled" });

      await store.put("a/b", "one");
      await store.remove(["a/b"]);
      expect(await store.get("a/b")).toBeUndefined();
      // Not `children`: MinIO still shows a folder in which all that is left are old versions.
      expect(await store.list("")[Symbol.asyncIterator]().next()).toMatchObject({ done: true });
      expect(await store.put("a/b", "two", { ifAbsent: true })).toBe(true);

      await status("Suspended");
      expect(await store.inspect()).toMatchObject({ versioning: "suspended" });
    });

    test("that it locks objects, into which it can write nevertheless", async () => {
      const Bucket = `locked-${kind}-${Date.now()}`;
      await awsClient(minio).send(new s3.CreateBucketCommand({ Bucket, ObjectLockEnabledForBucket: true }));
      const DefaultRetention = { Mode: "GOVERNANCE", Days: 1 } as const;
      await awsClient(minio).send(
        new s3.PutObjectLockConfigurationCommand({
          Bucket,
          ObjectLockConfiguration: { ObjectLockEnabled: "Enabled", Rule: { DefaultRetention } },
        }),
      );
      const store = open(settings(Bucket));
      expect(await store.inspect()).toMatchObject({
        objectLock: "on",
        versioning: "enabled",
        retention: { mode: "GOVERNANCE", days: 1, forbidsOverwriting: false },
      });
      await probe(store, "east");
    });

    test("which rules of its lifecycle delete what is there, and none of the others", async () => {
      const Bucket = await minio.createBucket();
      const on = { Status: "Enabled" } as const;
      const Tags = [{ Key: "keep", Value: "short" }];
      const setRules = async (Rules: s3.LifecycleRule[]) =>
        awsClient(minio).send(
          new s3.PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }),
        );
      await setRules([
        { ID: "tidy", ...on, Filter: { Prefix: "east/" }, Expiration: { Days: 30 } },
        { ID: "moving", ...on, Filter: { Prefix: "" }, Expiration: { Date: new Date("2027-01-01") } },
        { ID: "off", Status: "Disabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } },
        { ID: "tagged", ...on, Filter: { And: { Prefix: "", Tags } }, Expiration: { Days: 1 } },
        { ID: "versions", ...on, Filter: { Prefix: "" }, NoncurrentVersionExpiration: { NoncurrentDays: 1 } },
        { ID: "markers", ...on, Filter: { Prefix: "" }, Expiration: { ExpiredObjectDeleteMarker: true } },
      ]);
      const store = open(settings(Bucket));
      const tidy = { name: "tidy", prefix: "east/", does: "deletes", days: 30 };
      expect((await store.inspect()).lifecycle).toEqual([
        tidy,
        { name: "moving", prefix: "", does: "deletes", on: "2027-01-01" },
      ]);
      await setRules([{ ID: "tidy", ...on, Filter: { Prefix: "east/" }, Expiration: { Days: 30 } }]);
      expect((await store.inspect()).lifecycle).toEqual([tidy]);
    });

    test("as much as its credentials may know", async () => {
      const bucket = await minio.createBucket();
      expect(await open(await allowed(bucket, ["s3:ListBucket"])).inspect()).toEqual({
        region: "us-east-1",
        versioning: "unknown",
        objectLock: "unknown",
        encryption: "unknown",
        retention: "unknown",
        lifecycle: "unknown",
      });
    });
  });

  describe("blames the setting that is wrong", () => {
    test("the bucket, where there is none", async () => {
      const store = open(settings("nobody-has-this-bucket"));
      const expected = { code: "NoSuchBucket", vendorCode: "NoSuchBucket", property: property("bucket") };
      await expectEach(store, expected, /nobody-has-this-bucket.*Create the bucket/);
    });

    test("the bucket's name, where no bucket can be called so", async () => {
      const expected = { code: "BadSetting", property: property("bucket") };
      await expectRefusal(open(settings("No_Bucket")).inspect(), expected, /Bucket names have 3 to 63/);
    });

    test("the secret key", async () => {
      const store = open(withKeys(await minio.createBucket(), { secretAccessKey: canary.secretAccessKey }));
      const blamed = property("credentials.static.secretAccessKey");
      const expected = { code: "WrongCredentials", vendorCode: "SignatureDoesNotMatch", property: blamed };
      await expectEach(store, expected, /not the secret of this access key/);
    });

    test("the access key", async () => {
      const store = open(withKeys(await minio.createBucket(), canary));
      const blamed = property("credentials.static.accessKeyId");
      await expectEach(store, { code: "WrongCredentials", property: blamed }, /knows no such access key/);
    });

    test("an access key that cannot be one", async () => {
      const store = open(withKeys(await minio.createBucket(), { accessKeyId: "two\nlines" }));
      const expected = { code: "WrongCredentials", property: property("credentials.static.accessKeyId") };
      await expectRefusal(store.inspect(), expected, /a line break/);
    });

    test("the session token", async () => {
      const { accessKey, secretKey } = await minio.temporaryCredentials();
      const keys = { accessKeyId: accessKey, secretAccessKey: secretKey, sessionToken: canary.sessionToken };
      const store = open(withKeys(await minio.createBucket(), keys));
      const expected = { code: "WrongCredentials", property: property("credentials.static.sessionToken") };
      await expectEach(store, expected, /session token/);
    });

    test("the region, and tells the right one", async () => {
      const store = open({ ...settings(await minio.createBucket()), region: "eu-west-1" });
      const expected = { code: "WrongRegion", property: property("region") };
      await expectEach(store, expected, /set region to "us-east-1"/);
    });

    test("the endpoint, where nobody listens, within 3 s", async () => {
      const store = open({ ...settings("bucket"), endpoint: await closedPort() });
      const expected = { code: "Unreachable", vendorCode: "ECONNREFUSED", property: property("endpoint") };
      await within(3, expectRefusal(store.inspect(), expected, /nothing listens at that port/));
    });

    test("the endpoint, where there is no such host", async () => {
      const store = open({ ...settings("bucket"), endpoint: "http://no-such-host.invalid:9000" });
      const expected = { code: "Unreachable", property: property("endpoint") };
      await within(5, expectRefusal(store.inspect(), expected, /No such host/));
    });

    test("the endpoint, where it is silent, within 15 s", async () => {
      const store = open({ ...settings("bucket"), endpoint: await silentServer() });
      const expected = { code: "Unreachable", vendorCode: "ETIMEDOUT", property: property("endpoint") };
      await within(15, expectRefusal(store.inspect(), expected, /no answer within 10 s/));
    });

    test("the endpoint, where it falls silent after a first answer, within 15 s", async () => {
      const store = open({ ...settings("bucket"), endpoint: await serverThatFallsSilent() });
      expect(await store.children("")).toEqual({ folders: [], objects: [] });
      const expected = { code: "Unreachable", vendorCode: "ETIMEDOUT", property: property("endpoint") };
      await within(15, expectRefusal(store.get("key"), expected, /no answer within 10 s/));
    });

    test.each([200, 302, 403, 404])(
      "the endpoint, where it is a web site that answers %i",
      async (status) => {
        const store = open({ ...settings("bucket"), endpoint: await webServer(status) });
        const expected = { code: "Unreachable", vendorCode: "NotS3", property: property("endpoint") };
        await expectEach(store, expected, /not the console's/);
      },
    );

    test.each([
      ["minio:9000", "must begin with http:// or https://"],
      ["https://", "is not a URL"],
      ["https://minio.example.com/backups", "must end after the host and port"],
      [`https://me:${canaryPassword}@minio.example.com`, "must not hold a user name or password"],
    ])("the endpoint %j", async (endpoint, words) => {
      const store = open({ ...settings("bucket"), endpoint });
      const expected = { code: "BadSetting", property: property("endpoint") };
      await expectRefusal(store.inspect(), expected, new RegExp(words));
    });
  });

  describe("names the right that is missing", () => {
    const all = ["s3:PutObject", "s3:GetObject", "s3:ListBucket", "s3:DeleteObject"];
    const rights = [
      ["s3:PutObject", "the credentials may not even write"],
      ["s3:GetObject", "the credentials may write, but not read"],
      ["s3:ListBucket", "the credentials may write and read, but not list"],
      ["s3:DeleteObject", "the credentials may write, read and list, but not delete"],
    ] as const;

    test("none, where none is missing", async () => {
      const bucket = await minio.createBucket();
      await probe(open(await allowed(bucket, all)), "east");
      expect(await minio.objectKeys(bucket)).toEqual([]);
    });

    test.each(rights)("%s", async (missing, words) => {
      const bucket = await minio.createBucket();
      const store = open(
        await allowed(
          bucket,
          all.filter((right) => right !== missing),
        ),
      );
      const expected = { code: "Forbidden", vendorCode: "AccessDenied", property: property("credentials") };
      const refusal = await expectRefusal(probe(store, "east"), expected, new RegExp(words));
      expect(refusal.message).toContain(`allow ${missing}`);
      const left = missing === "s3:DeleteObject" ? ["east/metadata/pulumi-velero-probe"] : [];
      expect(await minio.objectKeys(bucket)).toEqual(left);
    });
  });

  function withKeys(bucket: string, keys: Partial<Settings["credentials"]["static"]>): Settings {
    const base = settings(bucket);
    return { ...base, credentials: { static: { ...base.credentials.static, ...keys } } };
  }

  async function allowed(bucket: string, rights: string[]): Promise<Settings> {
    const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
    const Statement = [{ Effect: "Allow", Action: rights, Resource }];
    const temporary = await minio.temporaryCredentials({ Version: "2012-10-17", Statement });
    const { accessKey: accessKeyId, secretKey: secretAccessKey, sessionToken } = temporary;
    return withKeys(bucket, { accessKeyId, secretAccessKey, sessionToken });
  }
}
