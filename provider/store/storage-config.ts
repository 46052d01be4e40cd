import * as v from "valibot";
import { secret, text } from "../core/fields.ts";
import type { Resolved } from "../core/secrets.ts";
import { oneOf } from "../core/validate.ts";
import { configProblems, type StoreKind } from "./config-keys.ts";
import { azureAuthority, azureEndpoint, endpointProblem } from "./coordinates.ts";

/** Velero's plugin requires this (velero-plugin-for-aws, CheckTags): a location with exactly one tag is Unavailable. */
const tagging = v.pipe(
  v.record(v.string(), v.string()),
  v.check(
    (tags) => Object.keys(tags).length !== 1,
    "is one tag, and Velero's plugin for AWS takes none or several: add another",
  ),
  v.check((tags) => Object.keys(tags).length <= 10, "is more than the ten tags that S3 allows an object"),
);

/** Checks the `config` of a store. Which keys are valid depends on the other properties of the store. */
const judgedConfig = <Store extends object>(kind: StoreKind): v.RawCheckAction<Store> =>
  v.rawCheck<Store>(({ dataset, addIssue }) => {
    // The store is also checked if another property is invalid, so that all failures are reported at once.
    const store = Object(dataset.value) as Record<string, unknown>;
    const config = Object(store["config"]) as Record<string, unknown>;
    const at = { type: "object", origin: "value" } as const;
    for (const { key, reason } of configProblems(kind, store["config"], store["credentials"])) {
      const path = [
        { ...at, input: store, key: "config", value: config },
        { ...at, input: config, key, value: config[key] },
      ];
      addIssue({ message: reason, path: path as never });
    }
  });

const staticCredentials = v.strictObject({
  accessKeyId: secret,
  secretAccessKey: secret,
  sessionToken: v.optional(secret),
});
export type StaticCredentials = v.InferOutput<typeof staticCredentials>;

const arn = v.pipe(text, v.regex(/^arn:/, "is not an ARN like arn:aws:iam::123456789012:role/velero"));

const nothing = v.strictObject({});

/** A profile is never declared here. It comes from the program's own `access`. */
const ambientAws: v.GenericSchema<{ profile?: string | undefined }> = nothing;

const endpointLike = (form?: Parameters<typeof endpointProblem>[1]) =>
  v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      const problem = dataset.typed ? endpointProblem(dataset.value, form) : undefined;
      if (problem) addIssue({ message: problem });
    }),
  );

const endpoint = endpointLike();

const stsSource = oneOf(
  {
    static: staticCredentials,
    instanceMetadata: nothing,
    webIdentity: v.strictObject({ roleArn: v.optional(arn), tokenFile: v.optional(text) }),
  },
  "source",
);

export type StsSource = v.InferOutput<typeof stsSource>;

/** Each limit has the message of a number beyond it. */
const wholeNumber = ([least, tooSmall]: [number, string], [most, tooLarge]: [number, string]) =>
  v.pipe(
    v.number(),
    v.integer("must be a whole number"),
    v.minValue(least, tooSmall),
    v.maxValue(most, tooLarge),
  );

/** Returns how the role is assumed. AWS has other limits for each case. */
function howAssumed({ source }: { source?: StsSource | undefined }): "by a key" | "by token" | "by a role" {
  if (source && "static" in source) return "by a key";
  return source && "webIdentity" in source && source.webIdentity.roleArn === undefined
    ? "by token"
    : "by a role";
}

const sts = v.pipe(
  v.strictObject({
    roleArn: arn,
    externalId: v.optional(text),
    durationSeconds: v.optional(
      wholeNumber(
        [900, "must be at least 900, a quarter of an hour"],
        [43_200, "must be at most 43200, twelve hours"],
      ),
    ),
    // Default: AWS's own STS. With the endpoint of another store, that endpoint.
    endpoint: v.optional(endpoint),
    // Default: the node's instance metadata.
    source: v.optional(stsSource),
  }),
  v.forward(
    v.check(
      (value) => value.externalId === undefined || howAssumed(value) !== "by token",
      "is not sent with a web identity's token; where the role demands it, name the service account's own role as source.webIdentity.roleArn",
    ),
    ["externalId"],
  ),
  v.forward(
    v.check(
      (value) => (value.durationSeconds ?? 0) <= 3600 || howAssumed(value) !== "by a role",
      "must be at most 3600: where one role assumes another, as here, AWS allows one hour. Velero renews by itself",
    ),
    ["durationSeconds"],
  ),
);

export type StsCredentials = v.InferOutput<typeof sts>;

const bucket = v.pipe(
  text,
  v.check(
    (value) => !value.includes("/"),
    ({ input }) =>
      input.includes("://")
        ? `"${input}" is an address: give the name of the bucket alone`
        : `"${input}" is not a bucket's name: what follows the slash belongs into "prefix"`,
  ),
);

/** A Secret with a complete credential file in Velero's namespace, which the user manages. */
const existingSecret = v.strictObject({ name: text, key: text });
export type ExistingSecret = v.InferOutput<typeof existingSecret>;

const serviceAccountEmail = v.pipe(
  text,
  v.regex(/^[^@\s]+@[^@\s]+$/, "is not a service account's e-mail address"),
);

const servicePrincipal = v.strictObject({ tenantId: text, clientId: text, clientSecret: secret });

/** The credentials of each kind of store, for the clusters and, if possible, for the program. */
export const credentialsByKind = {
  aws: credentialsOf({
    static: staticCredentials,
    sts,
    workloadIdentity: v.strictObject({ roleArn: v.optional(arn) }),
    ambient: ambientAws,
    existingSecret,
  }),
  gcp: credentialsOf({
    serviceAccountKey: secret,
    workloadIdentity: v.strictObject({ serviceAccountEmail }),
    ambient: v.strictObject({ serviceAccountEmail: v.optional(serviceAccountEmail) }),
    existingSecret,
  }),
  minio: credentialsOf({ static: staticCredentials, ambient: nothing, existingSecret }),
  azure: credentialsOf({
    servicePrincipal,
    storageAccountKey: secret,
    workloadIdentity: v.strictObject({ clientId: v.optional(text) }),
    ambient: nothing,
    existingSecret,
  }),
};

/** The credentials that work outside of the cluster. */
export const programCredentials = {
  aws: credentialsOf({
    static: staticCredentials,
    sts: v.pipe(
      sts,
      v.forward(
        v.check(
          ({ source }) => source !== undefined && "static" in source,
          "must be static keys: whatever else may assume the role is in the cluster only. A role that this machine's own identity assumes is named by a `profile`",
        ),
        ["source"],
      ),
    ),
    ambient: nothing,
  }),
  gcp: credentialsOf({ serviceAccountKey: secret, ambient: nothing }),
  minio: credentialsOf({ static: staticCredentials }),
  azure: credentialsOf({ servicePrincipal, storageAccountKey: secret, ambient: nothing }),
};

/** The keys of Velero's plugin, unchanged. */
const config = v.record(v.string(), v.string());

const plainAws = v.strictObject({
  bucket,
  prefix: v.optional(text),
  region: v.optional(text),
  endpoint: v.optional(endpoint),
  // The address of the store from outside of the clusters. Velero's signed URLs use it as well.
  publicUrl: v.optional(endpoint),
  // With an endpoint, the default is true.
  forcePathStyle: v.optional(v.boolean()),
  caCertificate: v.optional(secret),
  kmsKeyId: v.optional(text),
  serverSideEncryption: v.optional(text),
  // Empty: no checksum is sent. This is the default with an endpoint.
  checksumAlgorithm: v.optional(v.picklist(["", "CRC32", "CRC32C", "SHA1", "SHA256"])),
  tagging: v.optional(tagging),
  config: v.optional(config),
  credentials: credentialsByKind.aws,
});

const aws = v.pipe(
  plainAws,
  judgedConfig("aws"),
  v.forward(
    v.check(
      ({ forcePathStyle, region, endpoint: url }) =>
        forcePathStyle !== true || region !== undefined || url !== undefined,
      "is required with forcePathStyle: Velero's plugin then does not look for the bucket's region by itself",
    ),
    ["region"],
  ),
);

const plainGcp = v.strictObject({
  bucket,
  prefix: v.optional(text),
  kmsKeyName: v.optional(
    v.pipe(
      text,
      v.regex(
        /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/,
        "is not a key's full name: projects/…/locations/…/keyRings/…/cryptoKeys/…",
      ),
    ),
  ),
  endpoint: v.optional(endpoint),
  config: v.optional(config),
  credentials: credentialsByKind.gcp,
});

const gcp = v.pipe(plainGcp, judgedConfig("gcp"));

const plainMinio = v.strictObject({
  bucket,
  prefix: v.optional(text),
  endpoint,
  publicUrl: v.optional(endpoint),
  region: v.optional(text),
  caCertificate: v.optional(secret),
  config: v.optional(config),
  credentials: credentialsByKind.minio,
});

const minio = v.pipe(plainMinio, judgedConfig("minio"));

const plainAzure = v.strictObject({
  storageAccount: v.pipe(
    text,
    v.regex(/^[a-z0-9]{3,24}$/, "is not a storage account's name: 3 to 24 lower-case letters and digits"),
  ),
  container: v.pipe(
    text,
    v.check(
      (value) => !value.includes("/"),
      'is not a container\'s name: what follows the slash belongs into "prefix"',
    ),
  ),
  prefix: v.optional(text),
  resourceGroup: v.optional(text),
  subscriptionId: v.optional(text),
  cloud: v.optional(v.picklist(["public", "usgovernment", "china"])),
  endpoint: v.optional(endpointLike(azureEndpoint)),
  activeDirectoryAuthorityURI: v.optional(endpointLike(azureAuthority)),
  blockSizeInBytes: v.optional(
    wholeNumber(
      [1, "must be at least 1"],
      [104_857_600, "must be at most 104857600, which is 100 MiB: Velero's plugin takes no more"],
    ),
  ),
  config: v.optional(config),
  credentials: credentialsByKind.azure,
});

export type AzureCloud = NonNullable<v.InferOutput<typeof plainAzure>["cloud"]>;

const azure = v.pipe(
  plainAzure,
  judgedConfig("azure"),
  v.forward(
    v.check(
      ({ activeDirectoryAuthorityURI, credentials }) =>
        activeDirectoryAuthorityURI === undefined || !("storageAccountKey" in credentials),
      "is of no use with a storageAccountKey, for which nobody is asked for a token",
    ),
    ["activeDirectoryAuthorityURI"],
  ),
);

/** The declared store, with one key for its kind. */
export const storage = oneOf({ aws, gcp, minio, azure }, "kind of store");

export type StorageConfig = v.InferOutput<typeof storage>;
export type AwsStorage = v.InferOutput<typeof aws>;
export type GcpStorage = v.InferOutput<typeof gcp>;
export type MinioStorage = v.InferOutput<typeof minio>;
export type AzureStorage = v.InferOutput<typeof azure>;

/** The valid credentials depend on the kind of the store. `accessRules` checks them. */
export const anyCredentials = v.looseObject({}) as unknown as v.GenericSchema<unknown, Credentials>;

/** The credentials of any kind of store. */
export type Credentials = v.InferOutput<(typeof credentialsByKind)[keyof typeof credentialsByKind]>;

/** The program's own access to the store, if it differs from Velero's. `none`: the program has no access. */
export const access = v.lazy((value) =>
  typeof value === "string"
    ? v.literal("none", 'must be "none", or an object with `credentials`, `profile` or `endpoint`')
    : v.strictObject({
        credentials: v.optional(anyCredentials),
        profile: v.optional(text),
        endpoint: v.optional(endpoint),
      }),
);

export type Access = v.InferOutput<typeof access>;

function credentialsOf<Entries extends v.ObjectEntries>(entries: Entries) {
  return oneOf(entries, "kind of credentials");
}

/** Returns the keys without the line break that files and `echo` end with. With it, the keys would be refused. */
export function staticKeys(credentials: Resolved<StaticCredentials>): Resolved<StaticCredentials> {
  const sessionToken = credentials.sessionToken?.trim();
  return {
    accessKeyId: credentials.accessKeyId.trim(),
    secretAccessKey: credentials.secretAccessKey.trim(),
    ...(sessionToken && { sessionToken }),
  };
}

/**
 * Returns the region of the STS. Each region of AWS has one. If no region is declared, it is the first one of the
 * role's partition.
 */
export function roleRegion(roleArn: string, region: string | undefined): string {
  if (region !== undefined) return region;
  const partition = roleArn.split(":")[1] ?? "";
  return { "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1" }[partition] ?? "us-east-1";
}

/**
 * Returns the endpoint of the STS, or undefined for AWS's own. Stores like MinIO serve STS at the endpoint of their S3.
 */
export function roleEndpoint(
  sts: Resolved<StsCredentials>,
  { endpoint }: Resolved<AwsStorage>,
): string | undefined {
  if (sts.endpoint !== undefined) return sts.endpoint;
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  // A VPC, FIPS or dual-stack endpoint of S3 does not serve STS.
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname) ? undefined : endpoint;
}
