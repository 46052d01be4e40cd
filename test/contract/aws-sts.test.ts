import type { Resolved } from "../../provider/core/secrets.ts";
import { afterEach, test, vi } from "vitest";
import { openAws } from "../../provider/store/aws.ts";
import { probe } from "../../provider/store/probe.ts";
import type { AwsStorage, StsCredentials } from "../../provider/store/storage-config.ts";
import { describeOnSandbox } from "../sandbox/describe-on-sandbox.ts";
import { canary, expectRefusal } from "./expect-refusal.ts";
import { closedPort, webServer } from "./fronts.ts";
import { minioWitness } from "./s3-road.ts";
import { describeObjectStore } from "./object-store.ts";

const roleArn = "arn:aws:iam::123456789012:role/velero";

describeOnSandbox("aws through a role", ({ minio }) => {
  afterEach(() => vi.unstubAllEnvs());

  const keys = { accessKeyId: minio.accessKey, secretAccessKey: minio.secretKey };
  const settings = (bucket: string, sts: Partial<Resolved<StsCredentials>> = {}): Resolved<AwsStorage> => ({
    bucket,
    endpoint: minio.endpoint,
    credentials: {
      sts: { roleArn, externalId: "stack-1", durationSeconds: 900, source: { static: keys }, ...sts },
    },
  });
  const withKeys = (bucket: string, changed: Partial<typeof keys & { sessionToken: string }>) =>
    settings(bucket, { source: { static: { ...keys, ...changed } } });
  const property = (path: string) => `storage.aws.credentials.sts.${path}`;

  describeObjectStore("the store on AWS's own client, as a role", async () => {
    const bucket = await minio.createBucket("contract-sts");
    return { store: openAws(settings(bucket)), witness: minioWitness(minio, bucket) };
  });

  test("assumes the role where AWS_ENDPOINT_URL_STS says, if the store is AWS itself", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL_STS", minio.endpoint);
    vi.stubEnv("AWS_ENDPOINT_URL_S3", minio.endpoint);
    const bucket = await minio.createBucket();
    await probe(
      openAws({ ...settings(bucket), endpoint: undefined, region: "us-east-1", forcePathStyle: true }),
      "east",
    );
  });

  test("blames the secret of the key that assumes the role", async () => {
    const store = openAws(withKeys("bucket", { secretAccessKey: canary.secretAccessKey }));
    const expected = { code: "WrongCredentials", property: property("source.static.secretAccessKey") };
    await expectRefusal(
      store.inspect(),
      expected,
      /assuming arn:aws:iam::123456789012:role\/velero: .*signature/,
    );
  });

  test("blames the key that assumes the role, where STS does not know it", async () => {
    const store = openAws(withKeys("bucket", { accessKeyId: canary.accessKeyId }));
    const expected = { code: "WrongCredentials", property: property("source.static.accessKeyId") };
    await expectRefusal(store.get("key"), expected, /STS knows no such access key/);
  });

  test("blames the endpoint of STS, not that of the store", async () => {
    const store = openAws(settings("bucket", { endpoint: await closedPort() }));
    const expected = {
      code: "Unreachable",
      vendorCode: "ECONNREFUSED",
      property: "storage.aws.credentials.sts",
    };
    await expectRefusal(store.list("")[Symbol.asyncIterator]().next(), expected, /assuming arn:aws/);
  });

  test("says so where a web site answers instead of STS", async () => {
    const store = openAws(settings("bucket", { endpoint: await webServer(200) }));
    await expectRefusal(store.inspect(), { property: "storage.aws.credentials.sts" }, /assuming arn:aws/);
  });

  test("still tells what is wrong with the bucket", async () => {
    const expected = { code: "NoSuchBucket", property: "storage.aws.bucket" };
    await expectRefusal(openAws(settings("nobody-has-this-bucket")).inspect(), expected, /Create the bucket/);
  });

  test.each([
    ["instanceMetadata", { sts: { roleArn, source: { instanceMetadata: {} } } }],
    ["webIdentity", { sts: { roleArn, source: { webIdentity: {} } } }],
    ["no source", { sts: { roleArn } }],
    ["workloadIdentity", { workloadIdentity: {} }],
  ] as const)(
    "comes with the program's own credentials where %s exists in the cluster only",
    async (_, credentials) => {
      vi.stubEnv("AWS_ACCESS_KEY_ID", minio.accessKey);
      vi.stubEnv("AWS_SECRET_ACCESS_KEY", minio.secretKey);
      const bucket = await minio.createBucket();
      await probe(openAws({ bucket, endpoint: minio.endpoint, credentials }), "east");
    },
  );

  test("says what to do where the program has no credentials of its own", async () => {
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"])
      vi.stubEnv(name, undefined);
    vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
    vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent");
    vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent");
    const store = openAws({
      bucket: "bucket",
      endpoint: minio.endpoint,
      credentials: { workloadIdentity: {} },
    });
    const expected = {
      code: "NoOwnCredentials",
      vendorCode: "CredentialsProviderError",
      property: "storage.aws.credentials",
    };
    await expectRefusal(store.inspect(), expected, /credentials of its own.*AWS_PROFILE/);
  });
});
