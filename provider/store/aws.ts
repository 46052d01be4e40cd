import type { Resolved } from "../core/secrets.ts";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { S3Client, ServerSideEncryption } from "@aws-sdk/client-s3";
import { awsAccess, type AwsAccess, roleAssumer } from "./aws-credentials.ts";
import { checkConnection } from "./network-failures.ts";
import { StoreConnections } from "./store-connections.ts";
import { requestStore, type StoreRequests } from "./request-store.ts";
import { asDeclared } from "./store-access.ts";
import { shownEndpoint } from "./coordinates.ts";
import type { StoreFacts } from "../../model/store-facts.ts";
import type { ObjectStore } from "./object-store.ts";
import { s3VerdictOn } from "./s3-failures.ts";
import { stsVerdictOn } from "./sts-failures.ts";
import {
  checksumOf,
  failureIn,
  type HttpAnswer,
  isWebPage,
  lifecycleIn,
  refusedDeletion,
  regionIn,
  s3Dialect,
} from "./s3.ts";
import type { AwsStorage } from "./storage-config.ts";
import { type StoreFailure, type StorePlace, StoreRefusal, type Verdict, importPeer } from "./store-error.ts";

/** The differences between AWS S3 and the preset of another store. */
interface Preset {
  property: string;
  /** The store's name for messages. */
  name: string;
  /** Storage classes whose objects must be restored before they can be read. */
  archives: readonly string[];
}

const AWS: Preset = { property: "storage.aws", name: "S3", archives: ["GLACIER", "DEEP_ARCHIVE"] };

/** Opens AWS S3, or another S3-compatible store, with AWS's own client. */
export function openAws(
  config: Resolved<AwsStorage>,
  declaredAs = asDeclared,
  connections = new StoreConnections(),
  { property, name, archives } = AWS,
): ObjectStore {
  const { bucket, endpoint, region } = config;
  const access = awsAccess(config);
  const keys = "ambient" in access ? undefined : access.keys;
  const where = endpoint === undefined ? (region ? ` in ${region}` : "") : ` at ${shownEndpoint(endpoint)}`;
  const place: StorePlace = {
    property,
    declaredAs,
    address: `${name} bucket ${JSON.stringify(bucket)}${where}`,
    bucket,
    hasEndpoint: endpoint !== undefined,
    hostFrom: "region",
    url: endpoint,
  };
  return requestStore({
    place,
    secrets: [keys?.secretAccessKey, keys?.sessionToken, keys?.accessKeyId],
    connect: () => connect(config, access, place, { connections, archives }),
    arrivals: connections.arrivals,
    dialect: { ...s3Dialect, failureOf, verdictOn: (failure) => awsVerdictOn(access, failure) },
  });
}

async function connect(
  config: Resolved<AwsStorage>,
  access: AwsAccess,
  place: StorePlace,
  { connections, archives }: { connections: StoreConnections; archives: Preset["archives"] },
): Promise<StoreRequests> {
  const { bucket: Bucket, endpoint, caCertificate, kmsKeyId, serverSideEncryption, tagging } = config;
  const checksum = checksumOf(config);
  checkConnection(place, config);
  const sdk = await importPeer("@aws-sdk/client-s3", place.property, () => import("@aws-sdk/client-s3"));
  const client = new sdk.S3Client({
    region: config.region ?? "us-east-1",
    followRegionRedirects: config.region === undefined,
    ...("ambient" in access
      ? access.ambient.profile !== undefined && { profile: access.ambient.profile }
      : { credentials: "role" in access ? roleAssumer(access, config, place, failureOf) : access.keys }),
    requestHandler: {
      httpAgent: connections.agent({ isHttps: false }),
      httpsAgent: connections.agent({ isHttps: true, caCertificate }),
    },
    forcePathStyle: config.forcePathStyle ?? endpoint !== undefined,
    // We retry by our own rule, which is the same for every store.
    maxAttempts: 1,
    ...(endpoint !== undefined && { endpoint }),
    ...((endpoint !== undefined || checksum === "") && {
      // Many S3-compatible stores refuse the SDK's default CRC32 trailers (velero-plugin-for-aws: checksumAlgorithm
      // "").
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    }),
  });
  refuseWebPages(client);
  if (endpoint !== undefined) checkDeletionsByMd5(client);

  // Velero's plugin sends the same with its own uploads.
  const encryption = kmsKeyId ? "aws:kms" : serverSideEncryption;
  const asVelero = {
    ServerSideEncryption: encryption as ServerSideEncryption | undefined,
    SSEKMSKeyId: kmsKeyId,
    Tagging: tagging && new URLSearchParams(tagging).toString(),
    ...(checksum && { ChecksumAlgorithm: checksum }),
  };

  return {
    async read(key) {
      const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket, Key: key }));
      return (Body as Readable | undefined) ?? Readable.from([]);
    },

    // The request has a checksum only if Velero's own uploads have one. A store that requires one does not work with
    // Velero.
    async write(Key, Body, { ifAbsent }) {
      const condition = ifAbsent && { IfNoneMatch: "*" };
      await client.send(new sdk.PutObjectCommand({ Bucket, Key, Body, ...asVelero, ...condition }));
    },

    async page({ prefix, delimiter, token, limit }) {
      const {
        Contents = [],
        CommonPrefixes = [],
        IsTruncated = false,
        NextContinuationToken,
      } = await client.send(
        new sdk.ListObjectsV2Command({
          Bucket,
          Prefix: prefix,
          ...(delimiter && { Delimiter: delimiter }),
          ContinuationToken: token,
          MaxKeys: limit,
        }),
      );
      return {
        folders: CommonPrefixes.flatMap(({ Prefix }) => Prefix ?? []),
        objects: Contents.map(({ Key = "", Size = 0, ETag = "", LastModified = new Date(0) }) => ({
          key: Key,
          size: Size,
          etag: ETag.replace(/^"|"$/g, ""),
          modified: LastModified,
        })),
        isTruncated: IsTruncated,
        nextToken: NextContinuationToken,
      };
    },

    async removeBatch(keys) {
      const Objects = keys.map((Key) => ({ Key }));
      const { Errors = [] } = await client.send(
        new sdk.DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }),
      );
      const [refused] = Errors;
      if (!refused) return;
      const { Code = "Unknown", Message = Code, Key = "" } = refused;
      throw new StoreRefusal(refusedDeletion(Key, { code: Code, said: Message }));
    },

    async region() {
      if (config.region !== undefined || endpoint !== undefined) return config.region ?? "us-east-1";
      try {
        return (await client.send(new sdk.HeadBucketCommand({ Bucket }))).BucketRegion;
      } catch (thrown) {
        // A response to HEAD has no message, but even a refusal names the region. Other requests report the failure.
        return failureOf(thrown).region;
      }
    },
    async versioning() {
      const { Status = "Off" } = await client.send(new sdk.GetBucketVersioningCommand({ Bucket }));
      return Status.toLowerCase() as StoreFacts["versioning"];
    },
    async objectLock() {
      const answer = await client.send(new sdk.GetObjectLockConfigurationCommand({ Bucket }));
      const { ObjectLockEnabled, Rule } = answer.ObjectLockConfiguration ?? {};
      const { Mode: mode, Days = 0, Years = 0 } = Rule?.DefaultRetention ?? {};
      const days = Days + Years * DAYS_OF_A_YEAR;
      return {
        objectLock: ObjectLockEnabled === "Enabled" ? "on" : "off",
        // The lock protects a version. A newer version can still replace the object.
        retention: mode === undefined ? "none" : { mode, days, forbidsOverwriting: false },
      };
    },
    async encryption() {
      const answer = await client.send(new sdk.GetBucketEncryptionCommand({ Bucket }));
      const [rule] = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
      return rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? "none";
    },
    async lifecycle() {
      const { Rules } = await client.send(new sdk.GetBucketLifecycleConfigurationCommand({ Bucket }));
      return lifecycleIn(Rules, { tags: tagging, archives });
    },
  };
}

const DAYS_OF_A_YEAR = 365;

/** The SDK would read a web page with status 200 as the object. */
function refuseWebPages(client: S3Client): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const answer = answerIn(result.response);
      if (answer && isWebPage(answer)) throw new StoreRefusal(failureIn(answer, ""));
      return result;
    },
    { step: "deserialize", name: "refuseWebPages", priority: "low" },
  );
}

/**
 * DeleteObjects must have a checksum, and older stores support only MD5 (aws-sdk-js-v3,
 * supplemental-docs/MD5_FALLBACK.md).
 */
function checkDeletionsByMd5(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const request = args.request as { headers?: Record<string, string>; body?: unknown };
        if (commandName === "DeleteObjectsCommand" && request.headers && typeof request.body === "string") {
          for (const name of Object.keys(request.headers)) {
            if (/^x-amz-(sdk-)?checksum-/i.test(name)) delete request.headers[name];
          }
          request.headers["content-md5"] = createHash("md5").update(request.body).digest("base64");
        }
        return next(args);
      },
    { step: "build", name: "checkDeletionsByMd5", priority: "low" },
  );
}

/** Reads errors of the SDK, of Node, and of this project. */
function failureOf(thrown: unknown): StoreFailure {
  if (thrown instanceof StoreRefusal) return thrown.failure;
  const { Code, code, name, message, $response, $responseBodyText } = Object(thrown) as Record<
    string,
    unknown
  >;
  const answer = answerIn($response);
  // Without a code, the response was not S3's XML.
  if (answer && typeof Code !== "string") return failureIn(answer, String($responseBodyText ?? ""));
  const said = String(message || thrown);
  return {
    code: String(Code ?? code ?? name ?? "Unknown"),
    said,
    status: answer?.status,
    region: answer && regionIn(answer.headers, said),
  };
}

function answerIn(response: unknown): HttpAnswer | undefined {
  const { statusCode, headers } = Object(response) as {
    statusCode?: unknown;
    headers?: HttpAnswer["headers"];
  };
  return typeof statusCode === "number" && headers ? { status: statusCode, headers } : undefined;
}

/** Returns what a refusal means for this access to S3. The access key can be wrong only if the program declares one. */
function awsVerdictOn(access: AwsAccess, failure: StoreFailure): Verdict {
  if (failure.from === "identity") return stsVerdictOn(failure);
  if (failure.code === "CredentialsProviderError") return nothingAmbient;
  const verdict = s3VerdictOn(failure);
  if ("keys" in access && !("role" in access)) return verdict;
  return verdict.code === "WrongCredentials"
    ? { ...verdict, ...("ambient" in access ? wrongAmbient : wrongRole) }
    : verdict;
}

const nothingAmbient: Verdict = {
  code: "NoOwnCredentials",
  blame: "credentials",
  todo:
    "The program comes with credentials of its own to this store, and AWS's SDK finds none here: log in (aws sso login), " +
    "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or say by `access` how the program is to come there.",
};

const wrongAmbient = {
  code: "NoOwnCredentials",
  blame: "credentials",
  todo:
    "The program comes with credentials of its own to this store, and AWS refuses those: log in anew (aws sso login), " +
    "look at AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN, or say by `access` how the program is to come there.",
} satisfies Verdict;

const wrongRole = {
  blame: "credentials.sts",
  todo: "The store does not take the temporary keys that STS gave out: are both of the same AWS partition, or of the same server?",
};
