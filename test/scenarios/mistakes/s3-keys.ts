import type { MistakeRow } from "./row.ts";
import { variables } from "./site.ts";

const key = "storage.minio.credentials.static.accessKeyId";
const secret = "storage.minio.credentials.static.secretAccessKey";
const token = "storage.minio.credentials.static.sessionToken";
const role = "storage.aws.credentials.sts";

/** Keys, rights and roles of S3. */
export const s3Keys: MistakeRow[] = [
  {
    title: "an access key that nobody has",
    ends: "refused",
    env: () => ({ MINIO_ACCESS_KEY: "canary-nobody" }),
    property: key,
    says: ["InvalidAccessKeyId", "was mistyped, deleted or disabled"],
  },
  {
    title: "an access key that was disabled",
    ends: "refused",
    env: ({ fakes }) => ({ MINIO_ENDPOINT: fakes.disabledKey }),
    property: key,
    says: ["XMinioAccessKeyDisabled", "deleted or disabled"],
  },
  {
    title: "an access key of two lines",
    ends: "refused",
    env: () => ({ MINIO_ACCESS_KEY: "canary\nkey" }),
    property: key,
    says: ["a line break"],
  },
  {
    title: "a secret key that is wrong",
    ends: "refused",
    env: () => ({ MINIO_SECRET_KEY: "canary-secret" }),
    property: secret,
    says: ["SignatureDoesNotMatch", "check that it is whole"],
  },
  {
    title: "access key and secret key swapped",
    ends: "refused",
    env: ({ sandbox: { minio } }) => ({
      MINIO_ACCESS_KEY: minio.secretKey,
      MINIO_SECRET_KEY: minio.accessKey,
    }),
    property: key,
    says: ["InvalidAccessKeyId"],
  },
  {
    title: "a session token that is of another key",
    ends: "refused",
    env: () => ({ MINIO_SESSION_TOKEN: "canary-token" }),
    property: token,
    says: ["InvalidTokenId", "issued together with this access key"],
  },
  {
    title: "temporary keys that have expired",
    ends: "refused",
    env: ({ fakes }) => ({ MINIO_ENDPOINT: fakes.expiredToken, MINIO_SESSION_TOKEN: "canary-token" }),
    property: token,
    says: ["ExpiredToken", "fetch new ones"],
  },
  {
    title: "keys that may not list the bucket",
    ends: "refused",
    env: async ({ mayOnly }) => mayOnly("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
    property: "storage.minio.credentials",
    says: ["AccessDenied", "allow s3:ListBucket"],
  },
  {
    title: "keys that may not write",
    ends: "up",
    why: "a preview writes nothing",
    env: async ({ mayOnly }) => mayOnly("s3:ListBucket", "s3:GetObject", "s3:DeleteObject"),
    property: "storage.minio.credentials",
    says: ["may not even write", "AccessDenied", "allow s3:PutObject"],
  },
  {
    title: "keys that may not read",
    ends: "up",
    why: "before the up has written something, there may be nothing to read",
    env: async ({ mayOnly }) => mayOnly("s3:ListBucket", "s3:PutObject", "s3:DeleteObject"),
    property: "storage.minio.credentials",
    says: ["may write, but not read", "AccessDenied", "allow s3:GetObject"],
  },
  {
    title: "keys that may not delete",
    ends: "up",
    why: "a preview deletes nothing",
    env: async ({ mayOnly }) => mayOnly("s3:ListBucket", "s3:GetObject", "s3:PutObject"),
    property: "storage.minio.credentials",
    says: ["may write, read and list, but not delete", "AccessDenied", "allow s3:DeleteObject"],
  },
  {
    title: "the bucket of somebody else",
    ends: "refused",
    env: async ({ mayOnly, takenBucket }) => ({ ...(await mayOnly("s3:*")), BUCKET: takenBucket }),
    property: "storage.minio.credentials",
    says: ["AccessDenied", "may also be somebody else's"],
  },
  {
    title: "a role whose own key has a wrong secret",
    ends: "refused",
    program: { storage: "role()" },
    env: () => ({ MINIO_SECRET_KEY: "canary-secret" }),
    property: `${role}.source.static.secretAccessKey`,
    says: ["AccessDenied", "assuming arn:aws:iam::123456789012:role/velero"],
  },
  {
    title: "a role whose own key STS does not know",
    ends: "refused",
    program: { storage: "role()" },
    env: () => ({ MINIO_ACCESS_KEY: "canary-nobody" }),
    property: `${role}.source.static.accessKeyId`,
    says: ["STS knows no such access key"],
  },
  {
    title: "a role that its key may not assume, or of which the external ID is another",
    ends: "refused",
    program: { storage: "role({ endpoint: process.env.STS })" },
    env: ({ fakes }) => ({ STS: fakes.sts }),
    property: `${role}.roleArn`,
    says: ["AccessDenied", "same sts:ExternalId as externalId"],
  },
  {
    title: "an external ID that STS finds no such thing",
    ends: "told",
    program: { storage: "role({ endpoint: process.env.STS })" },
    env: ({ fakes }) => ({ STS: fakes.stsValidation }),
    property: `${role}.externalId`,
    says: ["ValidationError"],
  },
  {
    title: "a role that is no ARN",
    ends: "refused",
    program: { storage: `role({ roleArn: "velero" })` },
    property: `${role}.roleArn`,
    says: ["is not an ARN like"],
  },
  {
    title: "a role for less time than AWS gives it out for",
    ends: "refused",
    program: { storage: "role({ durationSeconds: 60 })" },
    property: `${role}.durationSeconds`,
    says: ["at least 900"],
  },
  {
    title: "a role by another role for more than an hour",
    ends: "refused",
    program: { storage: "role({ durationSeconds: 7200, source: { instanceMetadata: {} } })" },
    property: `${role}.durationSeconds`,
    says: ["at most 3600"],
  },
  {
    title: "an external ID that no web identity sends",
    ends: "refused",
    program: { storage: "role({ source: { webIdentity: {} } })" },
    property: `${role}.externalId`,
    says: ["source.webIdentity.roleArn"],
  },
  {
    title: "STS at the address of a web site",
    ends: "told",
    program: { storage: "role({ endpoint: process.env.STS })" },
    env: ({ console: site }) => ({ STS: site }),
    property: role,
    says: ["give its address as credentials.sts.endpoint"],
  },
  {
    title: "temporary keys without their session token",
    ends: "refused",
    env: async ({ sandbox: { minio } }) => ({
      ...variables(await minio.temporaryCredentials()),
      MINIO_SESSION_TOKEN: undefined,
    }),
    property: token,
    says: ["InvalidTokenId"],
  },
];
