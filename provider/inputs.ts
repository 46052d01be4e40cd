import * as v from "valibot";
import { durationAdvice, parseDuration } from "./lifecycle/go-duration.ts";
import { oneOf } from "./lifecycle/validate.ts";
import type { WebIdentity } from "./storage/storage-config.ts";
import { azureEndpoint, endpointProblem } from "./storage/endpoint.ts";

/** Schemas that several kinds share; each kind's own stand beside it in `resources/`. */
export const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

export const duration = v.pipe(
  v.string(),
  v.check(
    (value) => parseDuration(value) !== undefined,
    (issue) => durationAdvice(issue.input),
  ),
);

export const secret = v.pipe(
  v.union([v.string(), v.strictObject({ env: text }), v.strictObject({ file: text })]),
  v.check((value) => value !== "", "must not be empty"),
);

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

/** Each way has limits of its own in AWS. */
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
    (issue) => `"${issue.input}" is not a bucket's name: what follows the slash belongs into "prefix"`,
  ),
);

const credentials = "kind of credentials";

const plainAws = v.strictObject({
  bucket,
  prefix: v.optional(text),
  region: v.optional(text),
  endpoint: v.optional(endpoint),
  forcePathStyle: v.optional(v.boolean()),
  caCertificate: v.optional(secret),
  kmsKeyId: v.optional(text),
  serverSideEncryption: v.optional(text),
  tagging: v.optional(v.record(v.string(), v.string())),
  credentials: oneOf(
    { static: staticCredentials, sts, workloadIdentity: v.strictObject({ roleArn: v.optional(arn) }) },
    credentials,
  ),
});

const aws = v.pipe(
  plainAws,
  v.forward(
    v.check(
      ({ forcePathStyle, region, endpoint: url }) =>
        forcePathStyle !== true || region !== undefined || url !== undefined,
      "is required with forcePathStyle: Velero's plugin then does not look for the bucket's region by itself",
    ),
    ["region"],
  ),
);

const gcp = v.strictObject({
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
  credentials: oneOf(
    {
      serviceAccountKey: secret,
      workloadIdentity: v.strictObject({
        serviceAccountEmail: v.pipe(
          text,
          v.regex(/^[^@\s]+@[^@\s]+$/, "is not a service account's e-mail address"),
        ),
      }),
    },
    credentials,
  ),
});

const minio = v.strictObject({
  bucket,
  prefix: v.optional(text),
  endpoint,
  region: v.optional(text),
  caCertificate: v.optional(secret),
  credentials: oneOf({ static: staticCredentials }, credentials),
});

const azure = v.strictObject({
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
  credentials: oneOf(
    {
      servicePrincipal: v.strictObject({ tenantId: text, clientId: text, clientSecret: secret }),
      storageAccountKey: secret,
      workloadIdentity: v.strictObject({ clientId: v.optional(text) }),
    },
    credentials,
  ),
});

export const storage = oneOf({ aws, gcp, minio, azure }, "kind of store");

/** Whether it names a way at all is a rule of each kind: only there is it known what the user calls the cluster. */
export const connection = v.strictObject({
  kubeconfig: v.optional(secret),
  ambient: v.optional(v.literal(true)),
  offline: v.optional(v.literal(true)),
  context: v.optional(text),
});

export const timeouts = v.strictObject({
  create: v.optional(duration),
  update: v.optional(duration),
  delete: v.optional(duration),
});

export const preflight = v.picklist(["on", "strict", "off"]);

export const onUnhealthy = v.picklist(["fail", "skip"]);

export const deletionPolicy = v.picklist(["retain", "delete"]);
