import type { Resolved } from "../../../provider/core/secrets.ts";
import { expect, test } from "vitest";
import { pluginConfig } from "../../../provider/store/plugin-config.ts";
import type { AzureStorage } from "../../../provider/store/storage-config.ts";

const azure = (more: Partial<Resolved<AzureStorage>> = {}) =>
  pluginConfig({
    azure: {
      storageAccount: "acme",
      container: "backups",
      credentials: { storageAccountKey: "a2V5\n" },
      ...more,
    },
  });
const principal = (clientSecret: string) => ({
  servicePrincipal: { tenantId: "tenant", clientId: "client", clientSecret },
});
const uri = "https://acme.blob.core.windows.net";
const place = { resourceGroup: "rg", subscriptionId: "sub" };

test("gives Velero the account's key, and says under which name", () => {
  expect(azure()).toEqual({
    provider: "azure",
    bucket: "backups",
    config: {
      storageAccount: "acme",
      storageAccountURI: uri,
      storageAccountKeyEnvVar: "AZURE_STORAGE_ACCOUNT_ACCESS_KEY",
    },
    credentialFile: "AZURE_STORAGE_ACCOUNT_ACCESS_KEY=a2V5\nAZURE_CLOUD_NAME=AzurePublicCloud\n",
  });
});

test("gives Velero a service principal, whose tokens reach the blobs without a key", () => {
  expect(azure({ ...place, credentials: principal("se~cr.et") })).toEqual({
    provider: "azure",
    bucket: "backups",
    config: { storageAccount: "acme", storageAccountURI: uri, ...place, useAAD: "true" },
    credentialFile: [
      "AZURE_SUBSCRIPTION_ID=sub",
      "AZURE_TENANT_ID=tenant",
      "AZURE_CLIENT_ID=client",
      "AZURE_CLIENT_SECRET=se~cr.et",
      "AZURE_RESOURCE_GROUP=rg",
      "AZURE_CLOUD_NAME=AzurePublicCloud",
      "",
    ].join("\n"),
  });
});

test.each([
  ["se#cr$et", "AZURE_CLIENT_SECRET='se#cr$et'\n"],
  ["se'cr et", 'AZURE_CLIENT_SECRET="se\'cr et"\n'],
])("quotes the secret %j, of which dotenv would make something else", (clientSecret, line) => {
  expect(azure({ credentials: principal(clientSecret) }).credentialFile).toContain(line);
});

test.each([
  ["public", uri, "AzurePublicCloud"],
  ["usgovernment", "https://acme.blob.core.usgovcloudapi.net", "AzureUSGovernmentCloud"],
  ["china", "https://acme.blob.core.chinacloudapi.cn", "AzureChinaCloud"],
] as const)("knows the addresses and the name of cloud %s", (cloud, storageAccountURI, name) => {
  const { config, credentialFile } = azure({ cloud });
  expect(config).toMatchObject({ storageAccountURI });
  expect(credentialFile).toContain(`AZURE_CLOUD_NAME=${name}\n`);
});

test("goes by the endpoint where one is declared", () => {
  const endpoint = "http://127.0.0.1:10000/acme/";
  expect(azure({ endpoint }).config).toMatchObject({ storageAccountURI: "http://127.0.0.1:10000/acme" });
});

test.each([
  [undefined, {}],
  ["usgovernment", { activeDirectoryAuthorityURI: "https://login.microsoftonline.us/" }],
] as const)("gives Velero no file where it has an identity of its own in cloud %s", (cloud, more) => {
  const plugin = azure({ cloud, credentials: { workloadIdentity: { clientId: "client" } } });
  expect(plugin).not.toHaveProperty("credentialFile");
  expect(plugin.config).toMatchObject({ storageAccount: "acme", useAAD: "true", ...more });
});

test("gives Velero the authority that is declared, in place of the cloud's, wherever it asks for tokens", () => {
  const declared = { cloud: "china", activeDirectoryAuthorityURI: "https://login.acme.org/adfs" } as const;
  for (const credentials of [principal("secret"), { workloadIdentity: {} }, { ambient: {} }]) {
    expect(azure({ ...declared, credentials }).config).toMatchObject({
      useAAD: "true",
      activeDirectoryAuthorityURI: "https://login.acme.org/adfs",
    });
  }
  expect(azure(declared).config).not.toHaveProperty("activeDirectoryAuthorityURI");
});

test("gives Velero the size of the blocks in which it uploads", () => {
  expect(azure({ blockSizeInBytes: 1_048_576 }).config).toMatchObject({ blockSizeInBytes: "1048576" });
  expect(azure().config).not.toHaveProperty("blockSizeInBytes");
});
