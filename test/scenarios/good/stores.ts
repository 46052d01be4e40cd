import type { GoodRows } from "./good-rows.ts";

const SECRET = `existingSecret: { name: process.env.OUR_SECRET, key: "file" }`;
const WITH_KEYS = "access: { credentials: { static: keys } },";
const WITH_GOOGLE_KEY = `access: { credentials: { serviceAccountKey: { env: "GCS_KEY" } } },`;
const WITH_ACCOUNT_KEY = `access: { credentials: { storageAccountKey: { env: "AZURE_KEY" } } },`;
const ROLE = `"arn:aws:iam::123456789012:role/velero"`;

/** Every kind of store, each of its credentials, and the ways of the program to it. */
export const servedStores: GoodRows = {
  "MinIO by its keys": {},
  "MinIO by keys as they are": {
    storage: `minio({ credentials: { static: {
      accessKeyId: process.env.MINIO_ACCESS_KEY, secretAccessKey: pulumi.secret(process.env.MINIO_SECRET_KEY) } } })`,
  },
  "MinIO by keys in files": {
    storage: `minio({ credentials: { static: { accessKeyId: { file: "key" }, secretAccessKey: { file: "./secret" } } } })`,
  },
  "MinIO by temporary keys": {
    storage: `minio({ credentials: { static: {
      accessKeyId: { env: "TEMP_KEY" }, secretAccessKey: { env: "TEMP_SECRET" }, sessionToken: { env: "TEMP_TOKEN" } } } })`,
  },
  "MinIO by a Secret that is there, and keys of the program's own": {
    storage: `minio({ credentials: { ${SECRET} } })`,
    location: WITH_KEYS,
  },
  "MinIO by a Secret that is there, and without a way of the program's own": {
    storage: `minio({ credentials: { ${SECRET} } })`,
    location: `access: "none",`,
  },
  "MinIO without a way of the program's own": { location: `access: "none",` },
  "an endpoint with a slash at its end": { storage: `minio({ endpoint: process.env.MINIO_ENDPOINT + "/" })` },
  "an endpoint with https and its authority's certificate": {
    storage: `minio({ endpoint: process.env.HTTPS_ENDPOINT, caCertificate: process.env.CA })`,
  },
  "a bucket with dots in its name": { storage: "minio({ bucket: process.env.DOTTED_BUCKET })" },
  "a prefix of several folders": { storage: `minio({ prefix: name + "/production/eu" })` },
  "a prefix with slashes around it": { storage: "minio({ prefix: `/${name}/` })" },
  "S3 by its keys": { storage: "aws()" },
  "S3 by a role and a key that assumes it": { storage: "role({ durationSeconds: 3600 })" },
  "S3 by a Secret that is there": { storage: `aws({ credentials: { ${SECRET} } })`, location: WITH_KEYS },
  "Google by a key": { storage: "gcp({ prefix: name })" },
};

/** The sandbox cannot serve these: a preview of them passes. */
export const otherStores: GoodRows = {
  "MinIO by what the pod has": { storage: "minio({ credentials: { ambient: {} } })", location: WITH_KEYS },
  "MinIO at another endpoint for the program": {
    location: `access: { endpoint: process.env.MINIO_ENDPOINT.replace("127.0.0.1", "localhost") },`,
  },
  "MinIO in its region": { storage: `minio({ region: "us-east-1" })` },
  "an endpoint by name": {
    storage: `minio({ endpoint: process.env.MINIO_ENDPOINT.replace("127.0.0.1", "localhost") })`,
  },
  "an authority's certificate by reference": {
    storage: `aws({ endpoint: process.env.HTTPS_ENDPOINT, caCertificate: { env: "CA" } })`,
  },
  "S3 without a region": { storage: "aws({ region: undefined })" },
  "S3 with path style said": { storage: "aws({ forcePathStyle: true })" },
  "S3 with encryption of its own": { storage: `aws({ serverSideEncryption: "AES256" })` },
  "S3 with a KMS key": { storage: `aws({ kmsKeyId: "alias/backups" })` },
  "S3 with tags": { storage: `aws({ tagging: { team: "platform", "cost-centre": "42" } })` },
  "S3 by a role of which each token is good for half a day": {
    storage: "role({ durationSeconds: 43200 })",
    location: WITH_KEYS,
  },
  "S3 by a role that the node assumes": {
    storage: "role({ source: { instanceMetadata: {} } })",
    location: WITH_KEYS,
  },
  "S3 by a role, and nothing more said": {
    storage: `aws({ credentials: { sts: { roleArn: ${ROLE} } } })`,
    location: WITH_KEYS,
  },
  "S3 by a role of a web identity's": {
    storage: `aws({ credentials: { sts: { roleArn: ${ROLE}, source: { webIdentity: {} } } } })`,
    location: WITH_KEYS,
  },
  "S3 by a role in another account than the web identity's": {
    storage: "role({ source: { webIdentity: { roleArn: 'arn:aws:iam::210987654321:role/pod' } } })",
    location: WITH_KEYS,
  },
  "S3 by the pod's identity, and the program's own keys": {
    storage: "aws({ credentials: { workloadIdentity: {} } })",
  },
  "S3 by the pod's identity, and a profile of the program's": {
    storage: `aws({ credentials: { workloadIdentity: { roleArn: ${ROLE} } } })`,
    location: `access: { profile: "backups" },`,
  },
  "S3 by what the node has": { storage: "aws({ credentials: { ambient: {} } })" },
  "AWS itself, where the program has no way to it": {
    storage:
      "{ aws: { bucket: 'company-backups', region: 'eu-west-1', credentials: { workloadIdentity: {} } } }",
    location: `access: "none",`,
  },
  "Google by a key in base64": {
    storage: `gcp({ prefix: name, credentials: { serviceAccountKey: Buffer.from(process.env.GCS_KEY).toString("base64") } })`,
  },
  "Google by the pod's identity": {
    storage: `gcp({ prefix: name, credentials: { workloadIdentity: { serviceAccountEmail: "velero@project.iam.gserviceaccount.com" } } })`,
    location: WITH_GOOGLE_KEY,
  },
  "Google by what the node has": {
    storage: "gcp({ prefix: name, credentials: { ambient: {} } })",
    location: WITH_GOOGLE_KEY,
  },
  "Google by a Secret that is there": {
    storage: `gcp({ prefix: name, credentials: { ${SECRET} } })`,
    location: WITH_GOOGLE_KEY,
  },
  "Google with a KMS key": {
    storage: `gcp({ prefix: name, kmsKeyName: "projects/p/locations/eu/keyRings/r/cryptoKeys/k" })`,
  },
  "Azure by an account's key": { storage: "azure({ prefix: name })" },
  "Azure by a service principal": {
    storage: `azure({ prefix: name, credentials: { servicePrincipal: {
      tenantId: "72f988bf-86f1-41af-91ab-2d7cd011db47", clientId: "id", clientSecret: { env: "AZURE_KEY" } } } })`,
    location: `access: "none",`,
  },
  "Azure by the pod's identity": {
    storage: `azure({ prefix: name, credentials: { workloadIdentity: { clientId: "id" } } })`,
    location: WITH_ACCOUNT_KEY,
  },
  "Azure by what the node has": {
    storage: "azure({ prefix: name, credentials: { ambient: {} } })",
    location: WITH_ACCOUNT_KEY,
  },
  "Azure by a Secret that is there": {
    storage: `azure({ prefix: name, credentials: { ${SECRET} } })`,
    location: WITH_ACCOUNT_KEY,
  },
  "Azure with what snapshots of disks want": {
    storage: `azure({ prefix: name, resourceGroup: "backups", subscriptionId: "0b1f6471-1bf0-4dda-aec3-cb9272f09590" })`,
  },
  "a sovereign cloud of Azure's": {
    storage: `azure({ cloud: "usgovernment", endpoint: undefined, credentials: { workloadIdentity: {} } })`,
    location: `access: "none",`,
  },
};
