import type { Resolved } from "../core/secrets.ts";
import { serviceAccountKey, UNIVERSE } from "./gcp.ts";
import { azureCloud, blobEndpoint } from "./coordinates.ts";
import {
  type AwsStorage,
  type AzureStorage,
  type GcpStorage,
  type MinioStorage,
  roleEndpoint,
  roleRegion,
  type StaticCredentials,
  type StorageConfig,
  type StsCredentials,
  type StsSource,
} from "./storage-config.ts";
import { oneLine } from "./store-error.ts";

/** The content of a BackupStorageLocation and its Secret, by which Velero's plugin finds the store. */
interface PluginConfig {
  /** The provider of the BackupStorageLocation. The plugin for AWS serves every S3-compatible store. */
  provider: "aws" | "gcp" | "azure";
  bucket: string;
  /** The location's `spec.config`. The plugin refuses unknown keys. Velero's server adds bucket, prefix and caCert. */
  config: Record<string, string>;
  /** The certificate in PEM form. */
  caCert?: string;
  /**
   * The content of the Secret's key. Without one, the plugin uses an existing Secret (`existingSecret`), or the
   * identity of Velero's server.
   */
  credentialFile?: string;
}

/**
 * Returns the plugin's configuration. `existingFile` is the content of the Secret that `credentials.existingSecret`
 * names.
 */
export function pluginConfig(storage: Resolved<StorageConfig>, existingFile?: string): PluginConfig {
  const plugin = ofKind(storage, existingFile);
  return { ...plugin, config: { ...freeConfig(storage), ...plugin.config } };
}

/** Returns the keys that no property sets. */
const freeConfig = (storage: Resolved<StorageConfig>): Record<string, string> | undefined =>
  (Object.values(storage) as { config?: Record<string, string> }[])[0]?.config;

function ofKind(storage: Resolved<StorageConfig>, existingFile?: string): PluginConfig {
  if ("aws" in storage) return awsPlugin(storage.aws);
  if ("gcp" in storage) return gcpPlugin(storage.gcp, existingFile);
  if ("minio" in storage) return minioPlugin(storage.minio);
  if ("azure" in storage) return azurePlugin(storage.azure, existingFile);
  throw new Error(`unknown kind of storage: ${Object.keys(storage satisfies never).join(", ")}`);
}

/** The path at which EKS mounts a service account's token for AWS. */
const EKS_TOKEN_FILE = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
const SESSION_NAME = "velero";

const minioPlugin = (storage: Resolved<MinioStorage>): PluginConfig =>
  awsPlugin({ ...storage, forcePathStyle: true }, "storage.minio");

function awsPlugin(storage: Resolved<AwsStorage>, property = "storage.aws"): PluginConfig {
  const { bucket, endpoint, publicUrl, region, forcePathStyle, caCertificate } = storage;
  const { kmsKeyId, serverSideEncryption, checksumAlgorithm } = storage;
  const tagging = new URLSearchParams(storage.tagging).toString();
  const credentialFile = credentialFileOf(storage, property);
  return {
    provider: "aws",
    bucket,
    config: {
      ...(endpoint === undefined
        ? { ...(region && { region }), ...(forcePathStyle && { s3ForcePathStyle: "true" }) }
        : s3Compatible(endpoint, region, forcePathStyle ?? true)),
      ...(publicUrl && { publicUrl }),
      ...(checksumAlgorithm !== undefined && { checksumAlgorithm }),
      ...(kmsKeyId && { kmsKeyId }),
      ...(serverSideEncryption && { serverSideEncryption }),
      ...(tagging && { tagging }),
    },
    ...(caCertificate && { caCert: caCertificate }),
    ...(credentialFile !== undefined && { credentialFile }),
  };
}

function s3Compatible(endpoint: string, region = "us-east-1", pathStyle: boolean): Record<string, string> {
  return {
    region,
    s3Url: endpoint,
    ...(pathStyle && { s3ForcePathStyle: "true" }),
    // Many stores refuse the plugin's default, CRC32 in a trailer (vmware-tanzu/velero#8203, #7543).
    checksumAlgorithm: "",
  };
}

/**
 * Returns the credential file. The plugin reads it both as credentials and as configuration, and uses the profile
 * `default`.
 */
function credentialFileOf(storage: Resolved<AwsStorage>, property: string): string | undefined {
  const { credentials } = storage;
  if ("static" in credentials) {
    return awsFileOf([profile("default", keyLines(credentials.static, `${property}.credentials.static`))]);
  }
  if ("sts" in credentials) return awsFileOf(roleProfiles(credentials.sts, storage));
  // With any file, the plugin would disable the service account's own role (its config.go).
  if ("workloadIdentity" in credentials || "ambient" in credentials) return undefined;
  if ("existingSecret" in credentials) return undefined;
  throw new Error(`unknown kind of credentials: ${Object.keys(credentials satisfies never).join(", ")}`);
}

/** Velero's SDK assumes the role itself, and again before the temporary keys expire. */
function roleProfiles(sts: Resolved<StsCredentials>, storage: Resolved<AwsStorage>): string[] {
  const { roleArn, externalId, durationSeconds, source = { instanceMetadata: {} } } = sts;
  const property = "storage.aws.credentials.sts";
  const { lines, profiles } = sourceOf(source, `${property}.source`);
  const endpoint = roleEndpoint(sts, storage);
  return [
    profile("default", [
      ...setting("role_arn", roleArn, `${property}.roleArn`),
      ...lines,
      ...setting("external_id", externalId, `${property}.externalId`),
      `role_session_name = ${SESSION_NAME}`,
      ...setting("duration_seconds", durationSeconds?.toString(), `${property}.durationSeconds`),
      // The plugin assumes the role before it finds the bucket's region, and STS needs a region.
      ...setting("region", roleRegion(roleArn, storage.region), "storage.aws.region"),
      ...(endpoint === undefined ? [] : ["services = store"]),
    ]),
    ...profiles,
    ...(endpoint === undefined
      ? []
      : [`[services store]\nsts =\n  endpoint_url = ${oneLine(endpoint, property)}`]),
  ];
}

/**
 * Returns the identity that assumes the role: lines for the role's profile, and further profiles that they refer to.
 */
function sourceOf(source: Resolved<StsSource>, property: string): { lines: string[]; profiles: string[] } {
  if ("static" in source) {
    const base = profile("base", keyLines(source.static, `${property}.static`));
    return { lines: ["source_profile = base"], profiles: [base] };
  }
  if ("instanceMetadata" in source)
    return { lines: ["credential_source = Ec2InstanceMetadata"], profiles: [] };
  if ("webIdentity" in source) {
    const { roleArn, tokenFile = EKS_TOKEN_FILE } = source.webIdentity;
    const token = setting("web_identity_token_file", tokenFile, `${property}.webIdentity.tokenFile`);
    if (roleArn === undefined) return { lines: token, profiles: [] };
    const base = [
      ...setting("role_arn", roleArn, `${property}.webIdentity.roleArn`),
      ...token,
      `role_session_name = ${SESSION_NAME}`,
    ];
    return { lines: ["source_profile = base"], profiles: [profile("base", base)] };
  }
  throw new Error(`unknown source of credentials: ${Object.keys(source satisfies never).join(", ")}`);
}

const keyLines = (keys: Resolved<StaticCredentials>, property: string): string[] => [
  ...setting("aws_access_key_id", keys.accessKeyId, `${property}.accessKeyId`),
  ...setting("aws_secret_access_key", keys.secretAccessKey, `${property}.secretAccessKey`),
  ...setting("aws_session_token", keys.sessionToken, `${property}.sessionToken`),
];

function setting(name: string, value: string | undefined, property: string): string[] {
  const line = oneLine(value ?? "", property);
  return line ? [`${name} = ${line}`] : [];
}

const profile = (name: string, lines: string[]): string => [`[${name}]`, ...lines].join("\n");

const awsFileOf = (sections: string[]): string => `${sections.join("\n")}\n`;

/** The name of the entry with the account's key. `config` passes it to the plugin. */
const KEY_ENTRY = "AZURE_STORAGE_ACCOUNT_ACCESS_KEY";
const AZURE_CREDENTIALS = "storage.azure.credentials";

function azurePlugin(storage: Resolved<AzureStorage>, existingFile = ""): PluginConfig {
  const { storageAccount, container, resourceGroup, subscriptionId, credentials } = storage;
  const { blockSizeInBytes, activeDirectoryAuthorityURI } = storage;
  const { veleroName, authority } = azureCloud(storage.cloud);
  const location = {
    storageAccount,
    // The program has checked this address. Without it, the plugin asks Azure's management API, which needs more
    // permissions.
    storageAccountURI: blobEndpoint(storage),
    ...(resourceGroup && { resourceGroup }),
    ...(subscriptionId && { subscriptionId }),
    ...(blockSizeInBytes !== undefined && { blockSizeInBytes: String(blockSizeInBytes) }),
  };
  const plugin = { provider: "azure", bucket: container } as const;

  if ("storageAccountKey" in credentials) {
    const key = oneLine(credentials.storageAccountKey, `${AZURE_CREDENTIALS}.storageAccountKey`);
    return {
      ...plugin,
      config: { ...location, storageAccountKeyEnvVar: KEY_ENTRY },
      credentialFile: fileOf({ [KEY_ENTRY]: key, AZURE_CLOUD_NAME: veleroName }),
    };
  }
  if ("existingSecret" in credentials && holdsKey(existingFile)) {
    return { ...plugin, config: { ...location, storageAccountKeyEnvVar: KEY_ENTRY } };
  }
  // Without useAAD, the plugin would look for the account's key (velero/pkg/util/azure/storage.go).
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
        AZURE_TENANT_ID: oneLine(tenantId, `${AZURE_CREDENTIALS}.servicePrincipal.tenantId`),
        AZURE_CLIENT_ID: oneLine(clientId, `${AZURE_CREDENTIALS}.servicePrincipal.clientId`),
        AZURE_CLIENT_SECRET: oneLine(clientSecret, `${AZURE_CREDENTIALS}.servicePrincipal.clientSecret`),
        ...(resourceGroup && { AZURE_RESOURCE_GROUP: resourceGroup }),
        AZURE_CLOUD_NAME: veleroName,
      }),
    };
  }
  // The user's file names the cloud.
  if ("existingSecret" in credentials) return { ...plugin, config };
  if ("workloadIdentity" in credentials || "ambient" in credentials) {
    // Only the file can name the cloud. Its one effect here can be set without a file.
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

/**
 * Quotes a value: Velero's dotenv readers would read # as a comment and $ as a variable, and a client secret may
 * contain both.
 */
function quoted(value: string): string {
  if (/^[\w+/=.~:@-]*$/.test(value)) return value;
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}

function gcpPlugin(
  { bucket, endpoint, kmsKeyName, credentials }: Resolved<GcpStorage>,
  existingFile = "",
): PluginConfig {
  const config = {
    ...(kmsKeyName && { kmsKeyName }),
    // Google's client for Go also needs the path of the JSON API.
    ...(endpoint && { storeEndpoint: `${endpoint.replace(/\/$/, "")}/storage/v1/` }),
  };
  if ("serviceAccountKey" in credentials) {
    const { json, universe } = serviceAccountKey(credentials.serviceAccountKey);
    return {
      provider: "gcp",
      bucket,
      config: { ...config, ...(universe !== UNIVERSE && { universeDomain: universe }) },
      credentialFile: json,
    };
  }
  if ("workloadIdentity" in credentials) {
    // Without a key, the plugin signs URLs as this account, and refuses to start without its name.
    const { serviceAccountEmail } = credentials.workloadIdentity;
    return { provider: "gcp", bucket, config: { ...config, serviceAccount: serviceAccountEmail } };
  }
  if ("ambient" in credentials) {
    const { serviceAccountEmail } = credentials.ambient;
    const account = serviceAccountEmail && { serviceAccount: serviceAccountEmail };
    return { provider: "gcp", bucket, config: { ...config, ...account } };
  }
  if ("existingSecret" in credentials) {
    const universe = universeIn(existingFile);
    return { provider: "gcp", bucket, config: { ...config, ...(universe && { universeDomain: universe }) } };
  }
  throw new Error(`unknown kind of credentials: ${Object.keys(credentials satisfies never).join(", ")}`);
}

/**
 * Returns the universe of a partner's cloud. Google's own one needs no setting. Velero reports a file that is not JSON.
 */
function universeIn(file: string): string | undefined {
  try {
    const { universe_domain } = JSON.parse(file) as { universe_domain?: unknown };
    return typeof universe_domain === "string" && universe_domain !== UNIVERSE ? universe_domain : undefined;
  } catch {
    return undefined;
  }
}
