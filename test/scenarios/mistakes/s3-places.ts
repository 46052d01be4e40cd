import { CANARY, type Mistake, refused, refusedByUp, told } from "./row.ts";

const endpoint = "storage.minio.endpoint";
const bucket = "storage.minio.bucket";
/** Nothing but the endpoint is wrong. */
const at = (address: string) => ({ env: () => ({ MINIO_ENDPOINT: address }) });

/** Buckets, endpoints and certificates of S3. */
export const s3Places: Mistake[] = [
  told("a bucket that does not exist", bucket, ["nobody-has-this", "Create the bucket first"], {
    env: () => ({ BUCKET: "nobody-has-this" }),
  }),
  refused("a bucket's name that no bucket can have", bucket, ["Bucket names have 3 to 63"], {
    env: () => ({ BUCKET: "No_Bucket" }),
  }),
  refused("a folder in the bucket's name", bucket, ['belongs into "prefix"'], {
    env: () => ({ BUCKET: "backups/east" }),
  }),
  refused(
    "a bucket at whose root another Velero writes",
    "storage",
    ["already the root of a Velero location"],
    {
      storage: "minio({ prefix: undefined })",
      env: ({ takenBucket }) => ({ BUCKET: takenBucket }),
    },
  ),
  refused("the wrong region", "storage.minio.region", ['set region to "us-east-1"'], {
    storage: `minio({ region: "eu-west-1" })`,
  }),
  refused("path style in AWS without a region", "storage.aws.region", ["forcePathStyle"], {
    storage: "aws({ endpoint: undefined, region: undefined, forcePathStyle: true })",
  }),
  told("no path style where the store knows nothing else", "storage.aws", [], {
    storage: "aws({ forcePathStyle: false })",
    env: ({ sandbox: { minio } }) => ({ MINIO_ENDPOINT: minio.endpoint.replace("127.0.0.1", "localhost") }),
  }),
  told("an endpoint with the wrong port", endpoint, ["ECONNREFUSED", "nothing listens at that port"], {
    env: ({ nobody }) => ({ MINIO_ENDPOINT: `http://${nobody}` }),
  }),
  // A preview gives up sooner, and does not say on whom.
  refusedByUp(
    "an endpoint that does not answer",
    endpoint,
    ["no answer within", "whether a firewall, VPN or proxy"],
    {
      env: ({ silent }) => ({ MINIO_ENDPOINT: `http://${silent}` }),
    },
  ),
  told(
    "an endpoint that there is no host for",
    endpoint,
    ["No such host"],
    at("http://no-such-host.invalid:9000"),
  ),
  told("an endpoint with https where http is spoken", endpoint, ["begin the endpoint with http://"], {
    env: ({ sandbox: { minio } }) => ({ MINIO_ENDPOINT: minio.endpoint.replace("http:", "https:") }),
  }),
  told("an endpoint with http where https is spoken", endpoint, ["http or https as it expects"], {
    env: ({ https }) => ({ MINIO_ENDPOINT: https.endpoint.replace("https:", "http:") }),
  }),
  told("an endpoint that is a web console", endpoint, ["NotS3", "not the console's 9001"], {
    env: ({ console: site }) => ({ MINIO_ENDPOINT: site }),
  }),
  refused("an endpoint with a password in it", endpoint, ["they belong into credentials"], {
    ...at(`https://me:${encodeURIComponent(CANARY)}@minio.example.com`),
  }),
  refused(
    "an endpoint whose authority nobody knows",
    endpoint,
    [/SELF_SIGNED_CERT|UNABLE_TO_VERIFY/, "in PEM"],
    {
      env: ({ https }) => ({ MINIO_ENDPOINT: https.endpoint }),
    },
  ),
  refused("the certificate of another authority", endpoint, [/SELF_SIGNED_CERT|UNABLE_TO_VERIFY/], {
    storage: `minio({ caCertificate: { env: "CA" } })`,
    env: ({ https, otherName }) => ({ MINIO_ENDPOINT: https.endpoint, CA: otherName.cert }),
  }),
  refused("a certificate for another name", endpoint, ["ERR_TLS_CERT_ALTNAME_INVALID", "for another name"], {
    storage: `minio({ caCertificate: { env: "CA" } })`,
    env: ({ otherName }) => ({ MINIO_ENDPOINT: otherName.endpoint, CA: otherName.cert }),
  }),
  refused("a path for a certificate", "storage.minio.caCertificate", ["not a certificate in PEM form"], {
    storage: `minio({ caCertificate: "/etc/ssl/ca.pem" })`,
    env: ({ https }) => ({ MINIO_ENDPOINT: https.endpoint }),
  }),
  // Only a write meets the key.
  refusedByUp("a KMS key where the store has none", "storage.aws", [], {
    storage: `aws({ kmsKeyId: "backups" })`,
  }),
  told(
    "a store that demands a checksum for its default retention, which Velero does not send",
    "storage.aws.bucket",
    ["InvalidRequest", "take the default retention away"],
    { storage: "aws()", env: ({ fakes }) => ({ MINIO_ENDPOINT: fakes.checksums }) },
  ),
];
