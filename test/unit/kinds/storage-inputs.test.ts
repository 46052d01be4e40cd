import { expect, test } from "vitest";
import { storage, type StorageConfig } from "../../../provider/store/storage-config.ts";
import { validate } from "../../../provider/core/validate.ts";
import { storageNotices } from "../../../provider/kinds/backup-location.ts";

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

test.each<[object]>([
  [sts({})],
  [sts({ source: { static: keys }, durationSeconds: 43_200, externalId: "x" })],
  [sts({ source: { webIdentity: {} }, durationSeconds: 7200 })],
  [sts({ source: { webIdentity: { roleArn } }, externalId: "x" })],
  [tagged({})],
  [tagged({ team: "shop", stage: "prod" })],
  [aws({ workloadIdentity: {} })],
  [gcp({ kmsKeyName: "projects/p/locations/l/keyRings/r/cryptoKeys/k" })],
  [gcp({ credentials: { workloadIdentity: { serviceAccountEmail: "a@b.com" } } })],
  [azure({ cloud: "usgovernment", endpoint: "http://127.0.0.1:10000/acme" })],
  [
    azure({
      blockSizeInBytes: 104_857_600,
      activeDirectoryAuthorityURI: "https://adfs.local.azurestack.external/adfs",
      credentials: { ambient: {} },
    }),
  ],
  [{ aws: { ...aws({ static: keys }).aws, publicUrl: "http://localhost:9000", checksumAlgorithm: "" } }],
  [azure({ credentials: { workloadIdentity: {} } })],
])("takes %j", (value) => {
  expect(validate(storage, value)).toEqual([]);
});

test.each<[object, string, RegExp]>([
  [aws({ static: keys, workloadIdentity: {} }), "aws.credentials", /needs exactly one kind/],
  [sts({ roleArn: "velero" }), "aws.credentials.sts.roleArn", /not an ARN/],
  [
    sts({ source: { webIdentity: {} }, externalId: "x" }),
    "aws.credentials.sts.externalId",
    /source\.webIdentity\.roleArn/,
  ],
  [sts({ durationSeconds: 7200 }), "aws.credentials.sts.durationSeconds", /3600/],
  [sts({ source: { static: keys }, durationSeconds: 60 }), "aws.credentials.sts.durationSeconds", /900/],
  [tagged({ team: "shop" }), "aws.tagging", /add another/],
  [
    tagged(Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`tag${index}`, "x"]))),
    "aws.tagging",
    /ten tags/,
  ],
  [gcp({ caCertificate: "PEM" }), "gcp.caCertificate", /no such property/],
  [gcp({ kmsKeyName: "key" }), "gcp.kmsKeyName", /keyRings/],
  [azure({ storageAccount: "acme.blob" }), "azure.storageAccount", /lower-case letters/],
  [
    { aws: { ...aws({ static: keys }).aws, publicUrl: "https://acme.org/minio" } },
    "aws.publicUrl",
    /must end after the host/,
  ],
  [
    { aws: { ...aws({ static: keys }).aws, checksumAlgorithm: "MD5" } },
    "aws.checksumAlgorithm",
    /must be one of "", "CRC32", "CRC32C", "SHA1", "SHA256"/,
  ],
  [azure({ blockSizeInBytes: 104_857_601 }), "azure.blockSizeInBytes", /at most/],
  [
    azure({ activeDirectoryAuthorityURI: "http://login.acme.org", credentials: { ambient: {} } }),
    "azure.activeDirectoryAuthorityURI",
    /must begin with https/,
  ],
  [
    azure({ activeDirectoryAuthorityURI: "https://login.acme.org" }),
    "azure.activeDirectoryAuthorityURI",
    /no use with a storageAccountKey/,
  ],
  [azure({ cloud: "AzurePublicCloud" }), "azure.cloud", /must be one of/],
  [azure({ endpoint: "https://a.b/acme/backups" }), "azure.endpoint", /after the host/],
])("refuses %j", (value, path, reason) => {
  expect(validate(storage, value)).toEqual([{ path, reason: expect.stringMatching(reason) }]);
});

test.each<[object, RegExp[]]>([
  [aws({ static: keys }), []],
  [aws({ static: { ...keys, sessionToken: { env: "T" } } }), [/static\.sessionToken: these keys end/]],
  [sts({ source: { static: { ...keys, sessionToken: "t" } } }), [/sts\.source\.static\.sessionToken/]],
  [sts({}), [/the program itself .* its own AWS credentials/]],
  [sts({ source: { static: keys } }), []],
  [gcp({ credentials: { workloadIdentity: {} } }), [/its own Google credentials/]],
])("tells %j", (value, words) => {
  expect(storageNotices({ storage: value as StorageConfig })).toEqual(
    words.map((pattern): unknown => expect.stringMatching(pattern)),
  );
});
