import { expect, test } from "vitest";
import { validate } from "../../../provider/core/validate.ts";
import { UNKNOWN } from "../../../provider/core/values.ts";
import { looksSecret } from "../../../provider/store/config-keys.ts";
import { pluginConfig } from "../../../provider/store/plugin-config.ts";
import { storage } from "../../../provider/store/storage-config.ts";
import { accessRules } from "../../../provider/store/store-access.ts";

const keys = { static: { accessKeyId: "id", secretAccessKey: "secret" } };
const existingSecret = { existingSecret: { name: "cloud-credentials", key: "cloud" } };
const aws = (config: object, credentials: object = keys) => ({
  aws: { bucket: "backups", region: "eu-west-1", credentials, config },
});
const minio = (config: object, credentials: object = keys) => ({
  minio: { bucket: "backups", endpoint: "http://minio:9000", credentials, config },
});
const gcp = (config: object) => ({ gcp: { bucket: "backups", credentials: { ambient: {} }, config } });
const azure = (config: object) => ({
  azure: { storageAccount: "acme", container: "backups", credentials: existingSecret, config },
});

test.each<[object]>([
  [aws({ profile: "backups" }, existingSecret)],
  [minio({ profile: "backups" }, { ambient: {} })],
  [gcp({ credentialsFile: "/credentials/other.json" })],
  [azure({ storageAccountSASTokenEnvVar: "SAS_TOKEN", entirelyNew: "yes" })],
  [aws({ profile: UNKNOWN, entirelyNew: UNKNOWN }, existingSecret)],
  [{ aws: { ...aws({}).aws, config: UNKNOWN } }],
])("a config takes %j", (value) => {
  expect(validate(storage, value)).toEqual([]);
});

test.each<[object, string, RegExp]>([
  [aws({ publicUrl: "https://a.b" }), "aws.config.publicUrl", /is what storage\.aws\.publicUrl says/],
  [
    minio({ publicURL: "https://a.b" }),
    "minio.config.publicURL",
    /`publicUrl` seems to be meant, which is what storage\.minio\.publicUrl says: declare that/,
  ],
  [azure({ useAAD: "true" }), "azure.config.useAAD", /storage\.azure\.credentials says/],
  [minio({ s3ForcePathStyle: "false" }), "minio.config.s3ForcePathStyle", /decided by the kind/],
  [gcp({ bucket: "other" }), "gcp.config.bucket", /set by Velero's server/],
  [aws({ insecureSkipTLSVerify: "true" }), "aws.config.insecureSkipTLSVerify", /refused.*`caCertificate`/],
  [
    minio({ insecureSkipTlsVerify: "true" }),
    "minio.config.insecureSkipTlsVerify",
    /`insecureSkipTLSVerify` seems to be meant, which is refused.*`caCertificate`/,
  ],
  [
    aws({ customerKeyEncryptionSecret: "sse/key" }),
    "aws.config.customerKeyEncryptionSecret",
    /would need the key.*`kmsKeyId`/,
  ],
  [aws({ signatureVersion: "1" }), "aws.config.signatureVersion", /has no effect/],
  [
    aws({ profile: "backups" }),
    "aws.config.profile",
    /nothing to the credentials.*\(static\).*`existingSecret`/,
  ],
  [azure({ credentialsFile: "/credentials/other" }), "azure.config.credentialsFile", /goes with `ambient`/],
  [aws({ encryptionKey: "canary" }), "aws.config.encryptionKey", /looks like a secret/],
  [aws({ owner: "AKIAABCDEFGHIJKLMNOP" }), "aws.config.owner", /looks like a secret/],
])("a config refuses %j", (value, path, reason) => {
  const problems = validate(storage, value);
  expect(problems).toEqual([{ path, reason: expect.stringMatching(reason) }]);
  expect(JSON.stringify(problems)).not.toMatch(/canary|AKIAABC/);
});

test("a config is complained of together with all else", () => {
  const wrong = { aws: { ...aws({ region: "x", insecureSkipTLSVerify: "true" }).aws, bucket: "a/b" } };
  expect(validate(storage, wrong).map(({ path }) => path)).toEqual([
    "aws.bucket",
    "aws.config.region",
    "aws.config.insecureSkipTLSVerify",
  ]);
});

test("a config that suits the store's credentials may not suit a cluster's own", () => {
  const declared = minio({ profile: "backups" }, existingSecret) as never;
  expect(accessRules({ storage: declared, access: "none" })).toEqual([]);
  expect(accessRules({ storage: declared, access: "none", credentials: keys })).toEqual([
    { path: "storage.minio.config.profile", reason: expect.stringMatching(/\(static\)/) as string },
  ]);
});

test("a config goes to the plugin beside what properties say", () => {
  expect(pluginConfig(aws({ profile: "backups" }, existingSecret) as never)).toEqual({
    provider: "aws",
    bucket: "backups",
    config: { profile: "backups", region: "eu-west-1" },
  });
});

test.each([
  ["note", "-----BEGIN PRIVATE KEY-----"],
  ["note", "https://acme.blob.core.windows.net/c?sv=1&sig=abc"],
  ["note", "https://user:word@minio:9000"],
  ["sasToken", "x"],
  ["db_password", "x"],
])("%s: %s looks like a secret", (name, value) => expect(looksSecret(name, value)).toBe(true));

test.each([
  ["profile", "default"],
  ["publicUrl", "https://minio.acme.org:9000"],
  ["storageAccountKeyEnvVar", "AZURE_KEY"],
  ["kmsKeyId", "alias/backups"],
])("%s: %s does not look like a secret", (name, value) => expect(looksSecret(name, value)).toBe(false));
