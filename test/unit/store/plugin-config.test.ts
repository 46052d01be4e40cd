import type { Resolved } from "../../../provider/core/secrets.ts";
import { expect, test } from "vitest";
import { pluginConfig } from "../../../provider/store/plugin-config.ts";
import type { AwsStorage, StorageConfig } from "../../../provider/store/storage-config.ts";

const keys = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };
const aws = (more: Partial<Resolved<AwsStorage>>): Resolved<StorageConfig> => ({
  aws: { bucket: "backups", credentials: { static: keys }, ...more },
});
const endpoint = "https://s3.example.com";

test("gives a MinIO server path style, a region and no checksum of the newer kinds", () => {
  const minio = {
    bucket: "backups",
    prefix: "team",
    endpoint: "http://minio:9000",
    credentials: { static: keys },
  };
  expect(pluginConfig({ minio })).toEqual({
    provider: "aws",
    bucket: "backups",
    config: {
      region: "us-east-1",
      s3Url: "http://minio:9000",
      s3ForcePathStyle: "true",
      checksumAlgorithm: "",
    },
    credentialFile: "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n",
  });
});

test("gives a MinIO server its own region and certificate", () => {
  const minio = {
    bucket: "b",
    endpoint,
    region: "minio",
    caCertificate: "PEM",
    credentials: { static: keys },
  };
  expect(pluginConfig({ minio })).toMatchObject({ config: { region: "minio" }, caCert: "PEM" });
});

test("gives a MinIO server the address for those outside of the clusters", () => {
  const minio = { bucket: "b", endpoint, publicUrl: "https://minio.acme.org", credentials: { static: keys } };
  expect(pluginConfig({ minio }).config).toMatchObject({
    s3Url: endpoint,
    publicUrl: "https://minio.acme.org",
  });
});

test.each<[Partial<Resolved<AwsStorage>>, Record<string, string>]>([
  [{}, {}],
  [{ region: "eu-west-1", prefix: "team" }, { region: "eu-west-1" }],
  [
    { region: "eu-west-1", forcePathStyle: true },
    { region: "eu-west-1", s3ForcePathStyle: "true" },
  ],
  [{ endpoint }, { region: "us-east-1", s3Url: endpoint, s3ForcePathStyle: "true", checksumAlgorithm: "" }],
  [
    { endpoint, region: "de", forcePathStyle: false },
    { region: "de", s3Url: endpoint, checksumAlgorithm: "" },
  ],
  [{ kmsKeyId: "alias/backups" }, { kmsKeyId: "alias/backups" }],
  [{ serverSideEncryption: "AES256" }, { serverSideEncryption: "AES256" }],
  [{ tagging: { team: "shop", "cost center": "a&b" } }, { tagging: "team=shop&cost+center=a%26b" }],
  [{ tagging: {} }, {}],
  [
    { endpoint, publicUrl: "https://s3.acme.org", checksumAlgorithm: "SHA256" },
    {
      region: "us-east-1",
      s3Url: endpoint,
      s3ForcePathStyle: "true",
      publicUrl: "https://s3.acme.org",
      checksumAlgorithm: "SHA256",
    },
  ],
  [{ checksumAlgorithm: "" }, { checksumAlgorithm: "" }],
])("configures the plugin for %j", (more, config) => {
  expect(pluginConfig(aws(more)).config).toEqual(config);
});

test("writes the session token, and leaves out the line break at a key's end", () => {
  const credentials = { static: { ...keys, secretAccessKey: "secret\n", sessionToken: "token\n" } };
  expect(pluginConfig(aws({ credentials })).credentialFile).toBe(
    "[default]\naws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\naws_session_token = token\n",
  );
});

test("refuses a key that would add lines to the credential file", () => {
  const credentials = { static: { ...keys, secretAccessKey: "canary\nrole_arn = x" } };
  const refused = () => pluginConfig(aws({ credentials }));
  expect(refused).toThrow("storage.aws.credentials.static.secretAccessKey: holds a line break");
  expect(refused).not.toThrow("canary");
});
