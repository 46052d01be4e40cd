import { CANARY, type Mistake, refused, refusedByUp, told } from "./row.ts";
import { variables } from "./site.ts";

const key = "storage.minio.credentials.static.accessKeyId";
const secret = "storage.minio.credentials.static.secretAccessKey";
const token = "storage.minio.credentials.static.sessionToken";
const all = "storage.minio.credentials";
const role = "storage.aws.credentials.sts";

/** The values themselves, as secrets and as plain ones. */
const literals = (name = "sessionToken"): string => `minio({ credentials: { static: {
  accessKeyId: process.env.MINIO_ACCESS_KEY, secretAccessKey: pulumi.secret(process.env.MINIO_SECRET_KEY),
  ${name}: process.env.MINIO_SESSION_TOKEN,
} } })`;
const WRONG = { MINIO_SECRET_KEY: CANARY };
const UNKNOWN = { MINIO_ACCESS_KEY: CANARY };
const STS = "role({ endpoint: process.env.STS })";

/** Keys, rights and roles of S3. */
export const s3Keys: Mistake[] = [
  refused("an access key that nobody has", key, ["InvalidAccessKeyId", "was mistyped, deleted or disabled"], {
    env: () => UNKNOWN,
  }),
  refused("an access key that was disabled", key, ["XMinioAccessKeyDisabled", "deleted or disabled"], {
    env: ({ fakes }) => ({ MINIO_ENDPOINT: fakes.disabledKey }),
  }),
  refused("an access key of two lines", key, ["a line break"], {
    env: () => ({ MINIO_ACCESS_KEY: `${CANARY}\nkey` }),
  }),
  refused("a secret key that is wrong", secret, ["SignatureDoesNotMatch", "check that it is whole"], {
    env: () => WRONG,
  }),
  refused("a secret key that is wrong, as a literal", secret, ["SignatureDoesNotMatch"], {
    storage: literals(),
    env: () => WRONG,
  }),
  refused("access key and secret key swapped", key, ["InvalidAccessKeyId"], {
    env: ({ sandbox: { minio } }) => ({
      MINIO_ACCESS_KEY: minio.secretKey,
      MINIO_SECRET_KEY: minio.accessKey,
    }),
  }),
  refused(
    "a session token of another key",
    token,
    ["InvalidTokenId", "issued together with this access key"],
    {
      env: () => ({ MINIO_SESSION_TOKEN: CANARY }),
    },
  ),
  refused("a session token of another key, as a literal", token, ["InvalidTokenId"], {
    storage: literals(),
    env: () => ({ MINIO_SESSION_TOKEN: CANARY }),
  }),
  refused("a session token under a misspelt name", `${all}.static.sesionToken`, ["sessionToken"], {
    storage: literals("sesionToken"),
    env: () => ({ MINIO_SESSION_TOKEN: CANARY }),
  }),
  refused("a secret where an object belongs", `${all}.static`, [], {
    storage: "minio({ credentials: { static: process.env.MINIO_SECRET_KEY } })",
    env: () => WRONG,
  }),
  refused("temporary keys that have expired", token, ["ExpiredToken", "fetch new ones"], {
    env: ({ fakes }) => ({ MINIO_ENDPOINT: fakes.expiredToken, MINIO_SESSION_TOKEN: CANARY }),
  }),
  refused("temporary keys without their session token", token, ["InvalidTokenId"], {
    env: async ({ sandbox: { minio } }) => ({
      ...variables(await minio.temporaryCredentials()),
      MINIO_SESSION_TOKEN: undefined,
    }),
  }),
  refused("keys that may not list the bucket", all, ["AccessDenied", "allow s3:ListBucket"], {
    env: ({ mayOnly }) => mayOnly("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
  }),
  // A preview writes nothing, and deletes nothing.
  refusedByUp("keys that may not write", all, ["may not even write", "AccessDenied", "allow s3:PutObject"], {
    env: ({ mayOnly }) => mayOnly("s3:ListBucket", "s3:GetObject", "s3:DeleteObject"),
  }),
  refusedByUp("keys that may not read", all, ["may write, but not read", "allow s3:GetObject"], {
    env: ({ mayOnly }) => mayOnly("s3:ListBucket", "s3:PutObject", "s3:DeleteObject"),
  }),
  refusedByUp("keys that may not delete", all, ["read and list, but not delete", "allow s3:DeleteObject"], {
    env: ({ mayOnly }) => mayOnly("s3:ListBucket", "s3:GetObject", "s3:PutObject"),
  }),
  refused("the bucket of somebody else", all, ["AccessDenied", "may also be somebody else's"], {
    env: async ({ mayOnly, takenBucket }) => ({ ...(await mayOnly("s3:*")), BUCKET: takenBucket }),
  }),
  refused(
    "a role whose own key has a wrong secret",
    `${role}.source.static.secretAccessKey`,
    ["AccessDenied"],
    {
      storage: "role()",
      env: () => WRONG,
    },
  ),
  refused(
    "a role whose own key STS does not know",
    `${role}.source.static.accessKeyId`,
    ["STS knows no such"],
    {
      storage: "role()",
      env: () => UNKNOWN,
    },
  ),
  refused("a role that its key may not assume", `${role}.roleArn`, ["AccessDenied", "same sts:ExternalId"], {
    storage: STS,
    env: ({ fakes }) => ({ STS: fakes.sts }),
  }),
  told("an external ID that STS finds no such thing", `${role}.externalId`, ["ValidationError"], {
    storage: STS,
    env: ({ fakes }) => ({ STS: fakes.stsValidation }),
  }),
  told("STS at the address of a web site", role, ["give its address as credentials.sts.endpoint"], {
    storage: STS,
    env: ({ console: site }) => ({ STS: site }),
  }),
  refused("a role that is no ARN", `${role}.roleArn`, ["is not an ARN like"], {
    storage: `role({ roleArn: "velero" })`,
  }),
  refused("a role for less time than AWS gives it out for", `${role}.durationSeconds`, ["at least 900"], {
    storage: "role({ durationSeconds: 60 })",
  }),
  refused("a role by another role for more than an hour", `${role}.durationSeconds`, ["at most 3600"], {
    storage: "role({ durationSeconds: 7200, source: { instanceMetadata: {} } })",
  }),
  refused("an external ID that no web identity sends", `${role}.externalId`, ["source.webIdentity.roleArn"], {
    storage: "role({ source: { webIdentity: {} } })",
  }),
];
