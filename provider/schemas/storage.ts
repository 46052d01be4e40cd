import * as v from "valibot";
import type { Failure } from "../core/handler.ts";
import { oneOf, validate } from "../core/validate.ts";
import { isUnknown } from "../core/values.ts";
import { configProblems, credentialProblems, type StoreKind } from "../store/config-keys.ts";
import { azureAuthority, azureEndpoint, endpointProblem } from "../store/coordinates.ts";
import type { WebIdentity } from "../store/storage-config.ts";
import type { StoreDeclaration } from "../store/ways.ts";
import { secret, text } from "./common.ts";

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

const arn = v.pipe(text, v.regex(/^arn:/, "is not an ARN like arn:aws:iam::123456789012:role/velero"));

const nothing = v.strictObject({});

const endpointLike = (form?: Parameters<typeof endpointProblem>[1]) =>
  v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      const problem = dataset.typed ? endpointProblem(dataset.value, form) : undefined;
      if (problem) addIssue({ message: problem });
    }),
  );

const endpoint = endpointLike();

/** Returns how the role is assumed. AWS has other limits for each case. */
function howAssumed({ source = {} }: { source?: object | undefined }): "by a key" | "by token" | "by a role" {
  if ("static" in source) return "by a key";
  const { webIdentity } = source as { webIdentity?: WebIdentity };
  return webIdentity !== undefined && webIdentity.roleArn === undefined ? "by token" : "by a role";
}

const sts = v.pipe(
  v.strictObject({
    roleArn: arn,
    externalId: v.optional(text),
    durationSeconds: v.optional(
      v.pipe(
        v.number(),
        v.integer("must be a whole number"),
        v.minValue(900, "must be at least 900, a quarter of an hour"),
        v.maxValue(43_200, "must be at most 43200, twelve hours"),
      ),
    ),
    endpoint: v.optional(endpoint),
    source: v.optional(
      oneOf(
        {
          static: staticCredentials,
          instanceMetadata: nothing,
          webIdentity: v.strictObject({ roleArn: v.optional(arn), tokenFile: v.optional(text) }),
        },
        "source",
      ),
    ),
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

const serviceAccountEmail = v.pipe(
  text,
  v.regex(/^[^@\s]+@[^@\s]+$/, "is not a service account's e-mail address"),
);

const servicePrincipal = v.strictObject({ tenantId: text, clientId: text, clientSecret: secret });

/** The credentials of each kind of store, for the clusters and, if possible, for the program. */
const credentials = {
  aws: credentialsOf({
    static: staticCredentials,
    sts,
    workloadIdentity: v.strictObject({ roleArn: v.optional(arn) }),
    ambient: nothing,
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
const programCredentials = {
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
  publicUrl: v.optional(endpoint),
  forcePathStyle: v.optional(v.boolean()),
  caCertificate: v.optional(secret),
  kmsKeyId: v.optional(text),
  serverSideEncryption: v.optional(text),
  checksumAlgorithm: v.optional(v.picklist(["", "CRC32", "CRC32C", "SHA1", "SHA256"])),
  tagging: v.optional(tagging),
  config: v.optional(config),
  credentials: credentials.aws,
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
  credentials: credentials.gcp,
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
  credentials: credentials.minio,
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
    v.pipe(
      v.number(),
      v.integer("must be a whole number"),
      v.minValue(1, "must be at least 1"),
      v.maxValue(104_857_600, "must be at most 104857600, which is 100 MiB: Velero's plugin takes no more"),
    ),
  ),
  config: v.optional(config),
  credentials: credentials.azure,
});

const azure = v.pipe(
  plainAzure,
  judgedConfig("azure"),
  v.forward(
    v.check(
      ({ activeDirectoryAuthorityURI, credentials: { storageAccountKey } }) =>
        activeDirectoryAuthorityURI === undefined || storageAccountKey === undefined,
      "is of no use with a storageAccountKey, for which nobody is asked for a token",
    ),
    ["activeDirectoryAuthorityURI"],
  ),
);

export const storage = oneOf({ aws, gcp, minio, azure }, "kind of store");

/** The valid credentials depend on the kind of the store. `wayRules` checks them. */
export const anyCredentials = v.looseObject({});

/** The program's own access to the store. */
export const access = v.lazy((value) =>
  typeof value === "string"
    ? v.literal("none", 'must be "none", or an object with `credentials`, `profile` or `endpoint`')
    : v.strictObject({
        credentials: v.optional(anyCredentials),
        profile: v.optional(text),
        endpoint: v.optional(endpoint),
      }),
);

/** Checks credentials and access against the kind of the store. Returns nothing if the kind is unknown or invalid. */
export function wayRules({ storage, credentials: own, access }: Partial<StoreDeclaration>): Failure[] {
  const kind = storeKindOf(storage);
  if (kind === undefined) return [];
  const wrong = (schema: v.GenericSchema, path: string, value: unknown): Failure[] =>
    validate(v.object({ [path]: schema }), { [path]: value }).map(({ path: within, reason }) => ({
      path: within.startsWith(path) ? within : path,
      reason,
    }));
  const given = typeof access === "object" && access !== null && !isUnknown(access) ? access : {};
  return [
    ...(own === undefined ? [] : wrong(credentials[kind], "credentials", own)),
    ...credentialProblems(configOf(storage), own).map(({ key, reason }) => ({
      path: `storage.${kind}.config.${key}`,
      reason,
    })),
    ...(given.credentials === undefined
      ? []
      : wrong(programCredentials[kind], "credentials", given.credentials).map(withinAccess)),
    ...(given.profile !== undefined && kind !== "aws"
      ? [
          {
            path: "access.profile",
            reason: "is of AWS's shared configuration, and the store is none of AWS's",
          },
        ]
      : []),
    ...(given.profile !== undefined && given.credentials !== undefined
      ? [{ path: "access", reason: "has both a `profile` and `credentials`. Give one of them" }]
      : []),
    ...(kind === "minio" ? needsAccess(storage, own, access) : []),
  ];
}

const withinAccess = ({ path, reason }: Failure): Failure => ({ path: `access.${path}`, reason });

/** MinIO has no ambient identity that a program could use. */
function needsAccess(
  storage: unknown,
  own: StoreDeclaration["credentials"],
  access: StoreDeclaration["access"],
): Failure[] {
  const usable = (credentials: unknown) =>
    typeof credentials !== "object" ||
    credentials === null ||
    isUnknown(credentials) ||
    "static" in credentials;
  const { credentials: declared } = (storage as { minio: { credentials?: unknown } }).minio;
  if (usable(own) && own !== undefined) return [];
  if (usable(declared) || access === "none" || isUnknown(access) || access?.credentials !== undefined)
    return [];
  return [
    {
      path: own ? "credentials" : "storage.minio.credentials",
      reason:
        "are in the cluster only, and the program has none of its own for a MinIO server: " +
        'give it some (access: { credentials: { static: … } }), or let it stay away from the store (access: "none")',
    },
  ];
}

const configOf = (storage: unknown): unknown =>
  (Object.values(storage as object) as { config?: unknown }[])[0]?.config;

const storeKindOf = (storage: unknown): keyof typeof credentials | undefined => {
  if (typeof storage !== "object" || storage === null) return undefined;
  const [kind, ...others] = Object.keys(storage).filter((key) => key in credentials);
  const store = kind === undefined ? undefined : (storage as Record<string, unknown>)[kind];
  if (others.length > 0 || typeof store !== "object" || store === null || isUnknown(store)) return undefined;
  return kind as keyof typeof credentials;
};

function credentialsOf<Entries extends v.ObjectEntries>(entries: Entries) {
  return oneOf(entries, "kind of credentials");
}
