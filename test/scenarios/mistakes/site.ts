import { selfSigned } from "../../contract/fronts.ts";
import type { Sandbox, TemporaryCredentials } from "../../sandbox/sandbox.ts";
import { createNamespace } from "../../sandbox/seed-namespace.ts";
import { markerKey, type StoredMarker } from "../observe.ts";
import { environmentOf } from "../stack.ts";
import { createCredentialSecret } from "./credential-secret.ts";
import { startServers } from "./servers.ts";

/** What the rows' variables are made of: the real servers, and what stands in their place where something is wrong. */
export interface Site {
  sandbox: Sandbox;
  /** What all programs have in their environment. */
  env: Record<string, string>;
  /** A bucket at whose root another Velero writes. */
  takenBucket: string;
  /** Another stack writes there below `theirs/east/`. */
  claimedBucket: string;
  /** Of MinIO, with no right but these on one bucket, which is given with them. */
  mayOnly: (...actions: string[]) => Promise<Record<string, string>>;
  /** No host, or nothing there: `127.0.0.1:PORT`. */
  nobody: string;
  console: string;
  /** MinIO behind certificates: one that signed itself, and one for another name. */
  https: { endpoint: string; cert: string };
  otherName: { endpoint: string; cert: string };
  fakes: Record<
    | "sts"
    | "stsValidation"
    | "expiredToken"
    | "disabledKey"
    | "tokens"
    | "wormGcs"
    | "wormAzure"
    | "checksums",
    string
  >;
  /** Takes a connection, and says nothing: `127.0.0.1:PORT`. */
  silent: string;
  keyFile: (change: object) => string;
  close: () => Promise<void>;
}

const xml = { "content-type": "application/xml", "x-amz-request-id": "1", "x-ms-request-id": "1" };
const json = { "content-type": "application/json" };
const error = (code: string, message: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
const stsError = (code: string, message: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

export async function startSite(sandbox: Sandbox): Promise<Site> {
  const { minio, gcs, azure } = sandbox;
  if (!gcs || !azure) throw new Error("the sandbox lacks a store");
  const servers = startServers();
  const [own, other] = [selfSigned("IP:127.0.0.1"), selfSigned("DNS:other.example.com")];
  const takenBucket = await minio.createBucket("taken");
  await minio.client().putObject(takenBucket, "backups/nightly/velero-backup.json", "{}");
  const claimedBucket = await minio.createBucket("claimed");
  await minio.client().putObject(claimedBucket, markerKey("theirs/east"), JSON.stringify(THEIR_CLAIM));
  const ourSecret = await createCredentialSecret(sandbox.cluster("east"), minio);
  const page = "<!doctype html><html><body>Please log in</body></html>";
  const retention = { kind: "storage#objects", name: "kept", retentionPolicy: { retentionPeriod: "604800" } };

  return {
    sandbox,
    env: {
      ...(await environmentOf(sandbox, await minio.createBucket("mistakes"))),
      SHOP: await createNamespace(sandbox.cluster("east"), "shop"),
      GCS_BUCKET: await gcs.createBucket("mistakes"),
      GCS_ENDPOINT: gcs.endpoint,
      GCS_KEY: gcs.serviceAccountKey,
      AZURE_ACCOUNT: azure.account,
      AZURE_CONTAINER: await azure.createContainer("mistakes"),
      AZURE_ENDPOINT: azure.endpoint,
      AZURE_KEY: azure.key,
      OUR_SECRET: ourSecret.name,
    },
    takenBucket,
    claimedBucket,
    async mayOnly(...actions) {
      const bucket = await minio.createBucket("limited");
      const Resource = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`];
      const Statement = [{ Effect: "Allow", Action: actions, Resource }];
      return {
        BUCKET: bucket,
        ...variables(await minio.temporaryCredentials({ Version: "2012-10-17", Statement })),
      };
    },
    nobody: await servers.closed(),
    console: await servers.answering(200, { "content-type": "text/html" }, page),
    https: { endpoint: await servers.tls(minio.endpoint, own), cert: own.cert },
    otherName: { endpoint: await servers.tls(minio.endpoint, other), cert: other.cert },
    fakes: {
      sts: await servers.answering(
        403,
        xml,
        stsError("AccessDenied", "User is not authorized to perform: sts:AssumeRole"),
      ),
      stsValidation: await servers.answering(
        400,
        xml,
        stsError("ValidationError", "externalId failed to satisfy constraint"),
      ),
      expiredToken: await servers.answering(
        400,
        xml,
        error("ExpiredToken", "The provided token has expired."),
      ),
      disabledKey: await servers.answering(
        403,
        xml,
        error("XMinioAccessKeyDisabled", "Your account is disabled."),
      ),
      tokens: await servers.answering(
        400,
        json,
        '{"error":"invalid_grant","error_description":"Invalid JWT Signature."}',
      ),
      wormGcs: await servers.answering(200, json, JSON.stringify(retention)),
      wormAzure: await servers.answering(200, { ...xml, "x-ms-has-legal-hold": "true" }, EMPTY_CONTAINER),
      checksums: await servers.answering(
        400,
        xml,
        error(
          "InvalidRequest",
          "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters",
        ),
      ),
    },
    silent: await servers.silent(),
    keyFile: (change) => JSON.stringify({ ...(JSON.parse(gcs.serviceAccountKey) as object), ...change }),
    async close() {
      servers.close();
      await ourSecret.remove();
    },
  };
}

/** Of another stack's location. */
const THEIR_CLAIM: StoredMarker & { version: 1 } = {
  version: 1,
  owner:
    "urn:pulumi:dev::theirs::pulumi-nodejs:dynamic/velero:BackupLocation$pulumi-nodejs:dynamic/velero:ClusterLocation::their-location-east",
  lineage: "3f9c0a54be17d208",
  formerOwners: [],
  incarnation: "6b1f4c20d9e85a37",
  cluster: { key: "east", uid: "0b1f6471-1bf0-4dda-aec3-cb9272f09590" },
};

const EMPTY_CONTAINER = '<?xml version="1.0"?><EnumerationResults><Blobs/><NextMarker/></EnumerationResults>';

export const variables = ({
  accessKey,
  secretKey,
  sessionToken,
}: TemporaryCredentials): Record<string, string> => ({
  MINIO_ACCESS_KEY: accessKey,
  MINIO_SECRET_KEY: secretKey,
  MINIO_SESSION_TOKEN: sessionToken,
});
