import { azureCloud, blobEndpoint } from "./azure-cloud.ts";
import { oneLine } from "./one-line.ts";
import type { PluginConfig } from "./plugin-config.ts";
import type { AzureStorage } from "./storage-config.ts";

/** The name by which `config` tells the plugin where the account's key stands in the file. */
const KEY_ENTRY = "AZURE_STORAGE_ACCOUNT_ACCESS_KEY";
const PROPERTY = "storage.azure.credentials";

export function azurePlugin(storage: AzureStorage<string>, existingFile = ""): PluginConfig {
  const { storageAccount, container, resourceGroup, subscriptionId, credentials } = storage;
  const { blockSizeInBytes, activeDirectoryAuthorityURI } = storage;
  const { veleroName, authority } = azureCloud(storage.cloud);
  const location = {
    storageAccount,
    // The address that the program has proven; without it the plugin asks Azure's management API, which needs more rights.
    storageAccountURI: blobEndpoint(storage),
    ...(resourceGroup && { resourceGroup }),
    ...(subscriptionId && { subscriptionId }),
    ...(blockSizeInBytes !== undefined && { blockSizeInBytes: String(blockSizeInBytes) }),
  };
  const plugin = { provider: "azure", bucket: container } as const;

  if ("storageAccountKey" in credentials) {
    const key = oneLine(credentials.storageAccountKey, `${PROPERTY}.storageAccountKey`);
    return {
      ...plugin,
      config: { ...location, storageAccountKeyEnvVar: KEY_ENTRY },
      credentialFile: fileOf({ [KEY_ENTRY]: key, AZURE_CLOUD_NAME: veleroName }),
    };
  }
  if ("existingSecret" in credentials && holdsKey(existingFile)) {
    return { ...plugin, config: { ...location, storageAccountKeyEnvVar: KEY_ENTRY } };
  }
  // Else the plugin would ask for the account's key (velero/pkg/util/azure/storage.go).
  const config = {
    ...location,
    useAAD: "true",
    ...(activeDirectoryAuthorityURI && { activeDirectoryAuthorityURI }),
  };
  if ("servicePrincipal" in credentials) {
    const { tenantId, clientId, clientSecret } = credentials.servicePrincipal;
    return {
      ...plugin,
      config,
      credentialFile: fileOf({
        ...(subscriptionId && { AZURE_SUBSCRIPTION_ID: subscriptionId }),
        AZURE_TENANT_ID: oneLine(tenantId, `${PROPERTY}.servicePrincipal.tenantId`),
        AZURE_CLIENT_ID: oneLine(clientId, `${PROPERTY}.servicePrincipal.clientId`),
        AZURE_CLIENT_SECRET: oneLine(clientSecret, `${PROPERTY}.servicePrincipal.clientSecret`),
        ...(resourceGroup && { AZURE_RESOURCE_GROUP: resourceGroup }),
        AZURE_CLOUD_NAME: veleroName,
      }),
    };
  }
  // The file names the cloud by itself.
  if ("existingSecret" in credentials) return { ...plugin, config };
  if ("workloadIdentity" in credentials || "ambient" in credentials) {
    // The cloud's name can stand in the file alone; the one thing that it decides here can be said without a file.
    const isPublic = (storage.cloud ?? "public") === "public";
    const ofCloud = !isPublic && { activeDirectoryAuthorityURI: authority };
    return { ...plugin, config: { ...ofCloud, ...config } };
  }
  throw new Error(`unknown kind of credentials: ${Object.keys(credentials satisfies never).join(", ")}`);
}

const holdsKey = (file: string): boolean => new RegExp(`^\\s*(export\\s+)?${KEY_ENTRY}\\s*=`, "m").test(file);

const fileOf = (entries: Record<string, string>): string =>
  Object.entries(entries)
    .map(([name, value]) => `${name}=${quoted(value)}\n`)
    .join("");

/** Velero's dotenv readers would take a # for a comment and a $ for a variable; a client secret may hold both. */
function quoted(value: string): string {
  if (/^[\w+/=.~:@-]*$/.test(value)) return value;
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}
