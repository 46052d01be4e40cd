import { expect, test } from "vitest";
import { storage } from "../../../provider/storage-inputs.ts";
import { validate } from "../../../provider/lifecycle/validate.ts";
import { storageNotices } from "../../../provider/storage/storage-notices.ts";
import type { StorageConfig } from "../../../provider/storage/storage-config.ts";

const keys = { accessKeyId: { env: "ID" }, secretAccessKey: { env: "SECRET" } };
const roleArn = "arn:aws:iam::123456789012:role/velero";
const aws = (credentials: object) => ({ aws: { bucket: "backups", credentials } });
const tagged = (tagging: object) => ({ aws: { bucket: "backups", credentials: { static: keys }, tagging } });
const sts = (more: object) => aws({ sts: { roleArn, ...more } });
const gcp = (more: object) => ({
  gcp: { bucket: "backups", credentials: { serviceAccountKey: { env: "KEY" } }, ...more },
});
const azure = (more: object) => ({
  azure: { storageAccount: "acme", container: "backups", credentials: { storageAccountKey: "key" }, ...more },
});

test.each<[string, object]>([
  ["a role by the node's metadata", sts({})],
  [
    "a role by keys, for twelve hours",
    sts({ source: { static: keys }, durationSeconds: 43_200, externalId: "x" }),
  ],
  ["a role by a token", sts({ source: { webIdentity: {} }, durationSeconds: 7200 })],
  ["a role by another one", sts({ source: { webIdentity: { roleArn } }, externalId: "x" })],
  ["no tags", tagged({})],
  ["two tags", tagged({ team: "shop", stage: "prod" })],
  ["Velero's own role", aws({ workloadIdentity: {} })],
  ["Google Cloud Storage", gcp({ kmsKeyName: "projects/p/locations/l/keyRings/r/cryptoKeys/k" })],
  [
    "Google's workload identity",
    gcp({ credentials: { workloadIdentity: { serviceAccountEmail: "a@b.com" } } }),
  ],
  ["Azure Blob", azure({ cloud: "usgovernment", endpoint: "http://127.0.0.1:10000/acme" })],
  [
    "the sizes and authorities of Azure's plugin",
    azure({
      blockSizeInBytes: 104_857_600,
      activeDirectoryAuthorityURI: "https://adfs.local.azurestack.external/adfs",
      credentials: { ambient: {} },
    }),
  ],
  [
    "another address for those outside, and no checksum",
    { aws: { ...aws({ static: keys }).aws, publicUrl: "http://localhost:9000", checksumAlgorithm: "" } },
  ],
  ["Azure's workload identity", azure({ credentials: { workloadIdentity: {} } })],
])("takes %s", (_, value) => {
  expect(validate(storage, value)).toEqual([]);
});

test.each<[string, object, string, RegExp]>([
  [
    "two kinds of credentials",
    aws({ static: keys, workloadIdentity: {} }),
    "aws.credentials",
    /needs exactly one kind/,
  ],
  ["a role that is none", sts({ roleArn: "velero" }), "aws.credentials.sts.roleArn", /not an ARN/],
  [
    "an external ID that AWS would not be sent",
    sts({ source: { webIdentity: {} }, externalId: "x" }),
    "aws.credentials.sts.externalId",
    /source\.webIdentity\.roleArn/,
  ],
  [
    "two hours where a role assumes a role",
    sts({ durationSeconds: 7200 }),
    "aws.credentials.sts.durationSeconds",
    /3600/,
  ],
  [
    "a minute",
    sts({ source: { static: keys }, durationSeconds: 60 }),
    "aws.credentials.sts.durationSeconds",
    /900/,
  ],
  [
    "a single tag, which Velero's plugin does not take",
    tagged({ team: "shop" }),
    "aws.tagging",
    /add another/,
  ],
  [
    "more tags than S3 takes",
    tagged(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`tag${index}`, "x"]))),
    "aws.tagging",
    /ten tags/,
  ],
  [
    "a certificate, which Google's plugin would ignore",
    gcp({ caCertificate: "PEM" }),
    "gcp.caCertificate",
    /no such property/,
  ],
  ["half a name of a KMS key", gcp({ kmsKeyName: "key" }), "gcp.kmsKeyName", /keyRings/],
  [
    "an account's name with a dot",
    azure({ storageAccount: "acme.blob" }),
    "azure.storageAccount",
    /lower-case letters/,
  ],
  [
    "an address for those outside with a path, for which Velero would sign wrongly",
    { aws: { ...aws({ static: keys }).aws, publicUrl: "https://acme.org/minio" } },
    "aws.publicUrl",
    /must end after the host/,
  ],
  [
    "a checksum that there is not",
    { aws: { ...aws({ static: keys }).aws, checksumAlgorithm: "MD5" } },
    "aws.checksumAlgorithm",
    /must be one of "", "CRC32", "CRC32C", "SHA1", "SHA256"/,
  ],
  [
    "larger blocks than the plugin takes",
    azure({ blockSizeInBytes: 104_857_601 }),
    "azure.blockSizeInBytes",
    /at most/,
  ],
  [
    "an authority by plain HTTP",
    azure({ activeDirectoryAuthorityURI: "http://login.acme.org", credentials: { ambient: {} } }),
    "azure.activeDirectoryAuthorityURI",
    /must begin with https/,
  ],
  [
    "an authority beside a key that needs none",
    azure({ activeDirectoryAuthorityURI: "https://login.acme.org" }),
    "azure.activeDirectoryAuthorityURI",
    /no use with a storageAccountKey/,
  ],
  ["a cloud of another name", azure({ cloud: "AzurePublicCloud" }), "azure.cloud", /must be one of/],
  [
    "the container in the endpoint",
    azure({ endpoint: "https://a.b/acme/backups" }),
    "azure.endpoint",
    /after the host/,
  ],
])("refuses %s", (_, value, path, reason) => {
  expect(validate(storage, value)).toEqual([{ path, reason: expect.stringMatching(reason) }]);
});

test.each<[string, object, RegExp[]]>([
  ["nothing of keys that last", aws({ static: keys }), []],
  [
    "when keys end",
    aws({ static: { ...keys, sessionToken: { env: "T" } } }),
    [/static\.sessionToken: these keys end/],
  ],
  [
    "when the keys end that assume a role",
    sts({ source: { static: { ...keys, sessionToken: "t" } } }),
    [/sts\.source\.static\.sessionToken/],
  ],
  ["that the program comes with its own", sts({}), [/the program itself .* its own AWS credentials/]],
  ["nothing of a role that the program assumes, too", sts({ source: { static: keys } }), []],
  [
    "that Google's is of the cluster",
    gcp({ credentials: { workloadIdentity: {} } }),
    [/its own Google credentials/],
  ],
])("tells %s", (_, value, words) => {
  expect(storageNotices({ storage: value as StorageConfig })).toEqual(
    words.map((pattern): unknown => expect.stringMatching(pattern)),
  );
});
