import { fileURLToPath } from "node:url";
import { selfSigned } from "../../contract/fronts.ts";
import type { Sandbox, SandboxAzure, SandboxGcs, TemporaryCredentials } from "../../sandbox/sandbox.ts";
import { createNamespace } from "../../sandbox/seed-namespace.ts";
import { createCredentialSecret } from "./credential-secret.ts";
import { startServers } from "./servers.ts";
import { startTheirs } from "./theirs.ts";

/** What the rows' variables are made of: the real servers, and what stands in their place where something is wrong. */
export interface Site {
  sandbox: Sandbox;
  /** With a cluster `bare` that knows nothing of Velero. */
  bare: Sandbox;
  gcs: SandboxGcs;
  azure: SandboxAzure;
  shop: string;
  gcsBucket: string;
  container: string;
  /** A bucket at whose root another Velero writes. */
  takenBucket: string;
  /** Another stack writes there below `theirs/east/`. */
  claimedBucket: string;
  /** Of `east`, with the key `file`. */
  ourSecret: string;
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
  /** Node's options under which a provider's clock is an hour ahead. */
  clockAhead: string;
  keyFile: (change: object) => string;
  kubeconfig: (change: (text: string) => string) => string;
  close: () => Promise<void>;
}

const xml = { "content-type": "application/xml", "x-amz-request-id": "1", "x-ms-request-id": "1" };
const json = { "content-type": "application/json" };
const error = (code: string, message: string) =>
  `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
const stsError = (code: string, message: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

export async function startSite(sandbox: Sandbox, bare: Sandbox): Promise<Site> {
  const { minio, gcs, azure } = sandbox;
  if (!gcs || !azure) throw new Error("the sandbox lacks a store");
  const servers = startServers();
  const [own, other] = [selfSigned("IP:127.0.0.1"), selfSigned("DNS:other.example.com")];
  const takenBucket = await minio.createBucket("taken");
  await minio.client().putObject(takenBucket, "backups/nightly/velero-backup.json", "{}");
  const theirs = await startTheirs(sandbox);
  const ourSecret = await createCredentialSecret(sandbox.cluster("east"), minio);
  const page = "<!doctype html><html><body>Please log in</body></html>";
  const retention = { kind: "storage#objects", name: "kept", retentionPolicy: { retentionPeriod: "604800" } };

  return {
    sandbox,
    bare,
    gcs,
    azure,
    shop: await createNamespace(sandbox.cluster("east"), "shop"),
    gcsBucket: await gcs.createBucket("mistakes"),
    container: await azure.createContainer("mistakes"),
    takenBucket,
    claimedBucket: theirs.bucket,
    ourSecret: ourSecret.name,
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
    clockAhead: `--require=${fileURLToPath(new URL("clock-ahead.cjs", import.meta.url))}`,
    keyFile: (change) => JSON.stringify({ ...(JSON.parse(gcs.serviceAccountKey) as object), ...change }),
    kubeconfig: (change) => change(sandbox.cluster("east").kubeconfig),
    async close() {
      servers.close();
      await ourSecret.remove();
      await theirs.stop();
    },
  };
}

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
