import { serviceAccountKey, UNIVERSE } from "./service-account-key.ts";
import { azureCloud, blobEndpoint } from "./azure-cloud.ts";
import {
  type AnyStorage,
  type AwsCredentials,
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

/** What a BackupStorageLocation and its Secret say, so that Velero's plugin finds the store that we mean. */
interface PluginConfig {
  /** Of the BackupStorageLocation: the plugin for AWS serves every S3. */
  provider: "aws" | "gcp" | "azure";
  bucket: string;
  /** Its `spec.config`; the plugin refuses keys that it does not know, and the server adds bucket, prefix and caCert. */
  config: Record<string, string>;
  /** PEM. */
  caCert?: string;
  /**
   * The content of the Secret's key. Without one the plugin uses a Secret that is there already (`existingSecret`), or
   * whatever identity Velero's server has.
   */
  credentialFile?: string;
}

/** `existingFile`: what the Secret that the user manages holds, where `credentials.existingSecret` names one. */
export function pluginConfig(storage: StorageConfig<string>, existingFile?: string): PluginConfig {
  const plugin = ofKind(storage, existingFile);
  return { ...plugin, config: { ...freeConfig(storage), ...plugin.config } };
}

/** Keys that no property says. */
const freeConfig = (storage: StorageConfig<string>): Record<string, string> | undefined =>
  (Object.values(storage) as AnyStorage[])[0]?.config;

function ofKind(storage: StorageConfig<string>, existingFile?: string): PluginConfig {
  if ("aws" in storage) return awsPlugin(storage.aws);
  if ("gcp" in storage) return gcpPlugin(storage.gcp, existingFile);
  if ("minio" in storage) return minioPlugin(storage.minio);
  if ("azure" in storage) return azurePlugin(storage.azure, existingFile);
  throw new Error(`unknown kind of storage: ${Object.keys(storage satisfies never).join(", ")}`);
}

/** Where EKS mounts a service account's token for AWS. */
const EKS_TOKEN_FILE = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
const SESSION_NAME = "velero";

function minioPlugin({
  bucket,
  endpoint,
  publicUrl,
  region,
  caCertificate,
  credentials,
}: MinioStorage<string>): PluginConfig {
  return {
    provider: "aws",
    bucket,
    config: { ...s3Compatible(endpoint, region, true), ...(publicUrl && { publicUrl }) },
    ...(caCertificate && { caCert: caCertificate }),
    ...("static" in credentials && {
      credentialFile: awsFileOf([
        profile("default", keyLines(credentials.static, "storage.minio.credentials.static")),
      ]),
    }),
  };
}

function awsPlugin(storage: AwsStorage<string>): PluginConfig {
  const { bucket, endpoint, publicUrl, region, forcePathStyle, caCertificate } = storage;
  const { kmsKeyId, serverSideEncryption, checksumAlgorithm } = storage;
  const tagging = new URLSearchParams(storage.tagging).toString();
  const credentialFile = credentialFileOf(storage.credentials, storage);
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
    // The plugin's default, CRC32 in a trailer, is refused by many stores (vmware-tanzu/velero#8203, #7543).
    checksumAlgorithm: "",
  };
}

/** The plugin reads the file as credentials and as configuration at once, and takes the profile `default`. */
function credentialFileOf(
  credentials: AwsCredentials<string>,
  storage: AwsStorage<string>,
): string | undefined {
  if ("static" in credentials) {
    return awsFileOf([profile("default", keyLines(credentials.static, "storage.aws.credentials.static"))]);
  }
  if ("sts" in credentials) return awsFileOf(roleProfiles(credentials.sts, storage));
  // With a file, whatever is in it, the plugin would turn the service account's own role off (its config.go).
  if ("workloadIdentity" in credentials || "ambient" in credentials) return undefined;
  if ("existingSecret" in credentials) return undefined;
  throw new Error(`unknown kind of credentials: ${Object.keys(credentials satisfies never).join(", ")}`);
}

/** Velero's SDK assumes the role by itself, and again before its temporary keys end. */
function roleProfiles(sts: StsCredentials<string>, storage: AwsStorage<string>): string[] {
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
      // The plugin asks for the role before it finds out the bucket's region, and STS cannot do without one.
      ...setting("region", roleRegion(roleArn, storage.region), "storage.aws.region"),
      ...(endpoint === undefined ? [] : ["services = store"]),
    ]),
    ...profiles,
    ...(endpoint === undefined
      ? []
      : [`[services store]\nsts =\n  endpoint_url = ${oneLine(endpoint, property)}`]),
  ];
}

/** Who assumes the role: lines for the profile that does, and profiles that it refers to. */
function sourceOf(source: StsSource<string>, property: string): { lines: string[]; profiles: string[] } {
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

const keyLines = (keys: StaticCredentials<string>, property: string): string[] => [
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

/** The name by which `config` tells the plugin where the account's key stands in the file. */
const KEY_ENTRY = "AZURE_STORAGE_ACCOUNT_ACCESS_KEY";
const PROPERTY = "storage.azure.credentials";

function azurePlugin(storage: AzureStorage<string>, existingFile = ""): PluginConfig {
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

function gcpPlugin(
  { bucket, endpoint, kmsKeyName, credentials }: GcpStorage<string>,
  existingFile = "",
): PluginConfig {
  const config = {
    ...(kmsKeyName && { kmsKeyName }),
    // Google's client for Go wants the path of the JSON API, too.
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
    // Without a key of its own the plugin signs URLs as this account, and refuses to start without a name.
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

/** Of a partner's cloud: of Google's own there is nothing to say. What is no JSON is for Velero to complain about. */
function universeIn(file: string): string | undefined {
  try {
    const { universe_domain } = JSON.parse(file) as { universe_domain?: unknown };
    return typeof universe_domain === "string" && universe_domain !== UNIVERSE ? universe_domain : undefined;
  } catch {
    return undefined;
  }
}
