import type { Site } from "./site.ts";

/** In programs of the table, beside what every scenario has: each kind of store, right, and `minio` with changes. */
export const preamble = `
const minio = (change) => ({ minio: { ...storage.minio, ...change } });
const aws = (change) => ({ aws: { ...storage.minio, region: "us-east-1", ...change } });
const role = (change) => aws({ credentials: { sts: {
  roleArn: "arn:aws:iam::123456789012:role/velero", externalId: "stack-1", source: { static: keys }, ...change,
} } });
const gcp = (change) => ({ gcp: { bucket: process.env.GCS_BUCKET, endpoint: process.env.GCS_ENDPOINT,
  credentials: { serviceAccountKey: { env: "GCS_KEY" } }, ...change } });
const azure = (change) => ({ azure: { storageAccount: process.env.AZURE_ACCOUNT, container: process.env.AZURE_CONTAINER,
  endpoint: process.env.AZURE_ENDPOINT, credentials: { storageAccountKey: { env: "AZURE_KEY" } }, ...change } });
if (process.env.MINIO_SESSION_TOKEN) keys.sessionToken = { env: "MINIO_SESSION_TOKEN" };
`;

export const surroundings = ({
  gcs,
  azure,
  gcsBucket,
  container,
  shop,
  bare,
  ourSecret,
}: Site): Record<string, string> => ({
  SHOP: shop,
  GCS_BUCKET: gcsBucket,
  GCS_ENDPOINT: gcs.endpoint,
  GCS_KEY: gcs.serviceAccountKey,
  AZURE_ACCOUNT: azure.account,
  AZURE_CONTAINER: container,
  AZURE_ENDPOINT: azure.endpoint,
  AZURE_KEY: azure.key,
  OUR_SECRET: ourSecret,
  BARE_KUBECONFIG: bare.cluster("bare").kubeconfig,
});
