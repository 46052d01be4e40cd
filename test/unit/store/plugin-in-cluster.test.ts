import type { Resolved } from "../../../provider/core/secrets.ts";
import { expect, test } from "vitest";
import { pluginConfig } from "../../../provider/store/plugin-config.ts";
import type { StorageConfig } from "../../../provider/store/storage-config.ts";

const existingSecret = { name: "store-keys", key: "cloud" };
const azure = (credentials: object, more: object = {}) =>
  ({
    azure: { storageAccount: "acme", container: "backups", credentials, ...more },
  }) as Resolved<StorageConfig>;
const gcp = (credentials: object) => ({ gcp: { bucket: "backups", credentials } }) as Resolved<StorageConfig>;
const aws = (credentials: object) =>
  ({ aws: { bucket: "backups", region: "eu-west-1", credentials } }) as Resolved<StorageConfig>;

test.each([{ ambient: {} }, { existingSecret }])(
  "what is in the cluster already needs no file of ours: %o",
  (credentials) => {
    for (const storage of [aws(credentials), gcp(credentials), azure(credentials)]) {
      expect(pluginConfig(storage).credentialFile).toBeUndefined();
    }
    const minio = { bucket: "backups", endpoint: "https://minio.example.com", credentials };
    expect(pluginConfig({ minio } as Resolved<StorageConfig>).credentialFile).toBeUndefined();
  },
);

test("with what a node has AWS's config says no more than where the bucket is", () => {
  expect(pluginConfig(aws({ ambient: {} })).config).toEqual({ region: "eu-west-1" });
});

test("on a node of Google's the account's name goes along, for signed URLs", () => {
  expect(pluginConfig(gcp({ ambient: {} })).config).toEqual({});
  const named = gcp({ ambient: { serviceAccountEmail: "velero@acme.iam.gserviceaccount.com" } });
  expect(pluginConfig(named).config).toEqual({ serviceAccount: "velero@acme.iam.gserviceaccount.com" });
});

test("a key file of a partner's cloud says which, and one of Google's own nothing", () => {
  const universe = (name: string) => JSON.stringify({ type: "service_account", universe_domain: name });
  expect(pluginConfig(gcp({ existingSecret }), universe("apis.s3ns.fr")).config).toEqual({
    universeDomain: "apis.s3ns.fr",
  });
  expect(pluginConfig(gcp({ existingSecret }), universe("googleapis.com")).config).toEqual({});
  expect(pluginConfig(gcp({ existingSecret }), "no JSON at all").config).toEqual({});
});

test("a file with an account's key is read for that key, and any other for an identity", () => {
  const withKey = "AZURE_STORAGE_ACCOUNT_ACCESS_KEY=c2VjcmV0\nAZURE_CLOUD_NAME=AzurePublicCloud\n";
  const key = pluginConfig(azure({ existingSecret }), withKey).config;
  expect(key).toMatchObject({ storageAccountKeyEnvVar: "AZURE_STORAGE_ACCOUNT_ACCESS_KEY" });
  expect(key).not.toHaveProperty("useAAD");
  const identity = pluginConfig(azure({ existingSecret }), "AZURE_TENANT_ID=t\nAZURE_CLIENT_ID=c\n").config;
  expect(identity).toMatchObject({ useAAD: "true" });
  expect(identity).not.toHaveProperty("storageAccountKeyEnvVar");
});

test("with what a pod has Azure is asked for a token, at its own cloud's authority", () => {
  expect(pluginConfig(azure({ ambient: {} })).config).toMatchObject({ useAAD: "true" });
  expect(pluginConfig(azure({ ambient: {} }, { cloud: "china" })).config).toHaveProperty(
    "activeDirectoryAuthorityURI",
  );
});
