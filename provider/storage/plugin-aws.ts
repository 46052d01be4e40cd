import { oneLine } from "./one-line.ts";
import type { PluginConfig } from "./plugin-config.ts";
import { roleEndpoint, roleRegion } from "./role-place.ts";
import type {
  AwsCredentials,
  AwsStorage,
  MinioStorage,
  StaticCredentials,
  StsCredentials,
  StsSource,
} from "./storage-config.ts";

/** Where EKS mounts a service account's token for AWS. */
const EKS_TOKEN_FILE = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";
const SESSION_NAME = "velero";

export function minioPlugin({
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
      credentialFile: fileOf([
        profile("default", keyLines(credentials.static, "storage.minio.credentials.static")),
      ]),
    }),
  };
}

export function awsPlugin(storage: AwsStorage<string>): PluginConfig {
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
    return fileOf([profile("default", keyLines(credentials.static, "storage.aws.credentials.static"))]);
  }
  if ("sts" in credentials) return fileOf(roleProfiles(credentials.sts, storage));
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

const fileOf = (sections: string[]): string => `${sections.join("\n")}\n`;
