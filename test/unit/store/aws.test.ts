import type { Resolved } from "../../../provider/core/secrets.ts";
import { afterEach, expect, test, vi } from "vitest";
import { openAws } from "../../../provider/store/aws.ts";
import type { AwsStorage } from "../../../provider/store/storage-config.ts";
import { fakeS3, s3Error, secrets, type FakeAnswer, type FakeRequest } from "./fake-s3.ts";

afterEach(() => vi.unstubAllEnvs());

/** AWS itself, as no endpoint is declared; the SDK's own variable leads it here. */
async function aws(answer: (request: FakeRequest) => FakeAnswer, more: Partial<Resolved<AwsStorage>> = {}) {
  const { endpoint, requests } = await fakeS3(answer);
  vi.stubEnv("AWS_ENDPOINT_URL_S3", endpoint);
  return { store: openAws({ bucket: "bucket", credentials: { static: secrets }, ...more }), requests };
}

const inEurope = { "x-amz-bucket-region": "eu-west-1" };
const empty = { status: 200, body: "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>" };

test("finds the region of a bucket in AWS by itself, and says it", async () => {
  const { store } = await aws(({ method, url }) => {
    if (method === "HEAD") return { status: 200, headers: inEurope };
    return url.includes("list-type") ? empty : s3Error(403, "AccessDenied");
  });
  expect(await store.inspect()).toMatchObject({ region: "eu-west-1", versioning: "unknown" });
});

test("learns the region even from a refusal", async () => {
  const { store } = await aws(({ method }) =>
    method === "HEAD" ? { status: 403, headers: inEurope } : s3Error(403, "AccessDenied"),
  );
  expect(await store.inspect()).toMatchObject({ region: "eu-west-1" });
});

test("goes on in the bucket's region, where none was declared", async () => {
  const isEurope = ({ headers }: FakeRequest) => /\/eu-west-1\/s3\//.test(headers.authorization ?? "");
  const moved = { ...s3Error(301, "PermanentRedirect"), headers: inEurope };
  const { store, requests } = await aws((request) => (isEurope(request) ? { status: 200 } : moved));
  expect(await store.put("key", "content")).toBe(true);
  expect(requests.map(isEurope)).toEqual([false, true]);
});

test("does not go elsewhere than declared", async () => {
  const moved = { ...s3Error(301, "PermanentRedirect"), headers: inEurope };
  const { store, requests } = await aws(() => moved, { region: "us-west-2" });
  await expect(store.put("key", "content")).rejects.toMatchObject({
    code: "WrongRegion",
    property: "storage.aws.region",
  });
  expect(requests).toHaveLength(1);
});

test("says that there is no bucket, although HEAD has no words for it", async () => {
  const { store } = await aws(({ method }) =>
    method === "HEAD" ? { status: 404 } : s3Error(404, "NoSuchBucket"),
  );
  await expect(store.inspect()).rejects.toMatchObject({
    code: "NoSuchBucket",
    property: "storage.aws.bucket",
  });
});

test.each<[Partial<Resolved<AwsStorage>>, Record<string, string>]>([
  [
    { kmsKeyId: "k" },
    { "x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "k" },
  ],
  [{ serverSideEncryption: "AES256" }, { "x-amz-server-side-encryption": "AES256" }],
  [{ tagging: { team: "a b" } }, { "x-amz-tagging": "team=a+b" }],
])("writes as Velero does with %j, so that the probe meets the same policies", async (more, headers) => {
  const { store, requests } = await aws(() => ({ status: 200 }), { region: "eu-west-1", ...more });
  await store.put("key", "content");
  expect(requests[0]?.headers).toMatchObject(headers);
});

test("trusts what AWS itself can check, and writes to other stores as Velero does, without a checksum", async () => {
  const checksums = ({ headers }: FakeRequest) =>
    Object.keys(headers).filter((name) => /checksum|md5/.test(name));
  const { store, requests } = await aws(() => ({ status: 200 }), { region: "eu-west-1" });
  await store.put("key", "content");
  expect(requests.flatMap(checksums)).toContain("x-amz-checksum-crc32");

  const other = await fakeS3(() => ({ status: 200 }));
  await openAws({ bucket: "bucket", endpoint: other.endpoint, credentials: { static: secrets } }).put(
    "key",
    "content",
  );
  expect(other.requests.flatMap(checksums)).toEqual([]);
});

test("refuses a caCertificate that is none without an endpoint, too", async () => {
  const { store } = await aws(() => ({ status: 200 }), { caCertificate: "/etc/ssl/ca.pem" });
  await expect(store.get("key")).rejects.toMatchObject({ property: "storage.aws.caCertificate" });
});

test("sends the checksum that Velero's plugin sends: its own to AWS, none to an endpoint, or the declared one", async () => {
  const sent = async (more: Partial<Resolved<AwsStorage>>, isEndpoint: boolean) => {
    const { endpoint, requests } = await fakeS3(() => ({ status: 200 }));
    if (!isEndpoint) vi.stubEnv("AWS_ENDPOINT_URL_S3", endpoint);
    const place = isEndpoint ? { endpoint } : {};
    const store = openAws({ bucket: "bucket", credentials: { static: secrets }, ...place, ...more });
    await store.put("key", "content");
    return Object.keys(requests[0]?.headers ?? {}).filter((name) => name.startsWith("x-amz-checksum-"));
  };
  expect(await sent({}, false)).toEqual(["x-amz-checksum-crc32"]);
  expect(await sent({ checksumAlgorithm: "" }, false)).toEqual([]);
  expect(await sent({}, true)).toEqual([]);
  expect(await sent({ checksumAlgorithm: "SHA256" }, true)).toEqual(["x-amz-checksum-sha256"]);
  expect(await sent({ checksumAlgorithm: "CRC32C" }, false)).toEqual(["x-amz-checksum-crc32c"]);
});
