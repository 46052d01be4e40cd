import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import type { S3Client, ServerSideEncryption } from "@aws-sdk/client-s3";
import { awsAccess, roleAssumer, type AwsAccess } from "./aws-credentials.ts";
import { awsVerdictOn } from "./aws-verdicts.ts";
import { checkConnection } from "./check-connection.ts";
import { shownEndpoint } from "./endpoint.ts";
import { httpAgent } from "./http-agent.ts";
import { importPeer } from "./import-peer.ts";
import type { ObjectStore } from "./object-store.ts";
import { failureIn, isWebPage, regionIn, type HttpAnswer } from "./s3-answer.ts";
import { requestStore, type StoreRequests } from "./request-store.ts";
import { objectLockIn, refusedDeletion, s3Dialect, versioningIn } from "./s3-dialect.ts";
import { lifecycleIn } from "./s3-lifecycle.ts";
import { checksumOf } from "./checksum-of.ts";
import type { AwsStorage } from "./storage-config.ts";
import { StoreRefusal, type StoreFailure } from "./store-failure.ts";
import type { StorePlace } from "./verdict.ts";
import { asDeclared } from "./ways.ts";

/** AWS S3, or any store that speaks S3, by AWS's own client. */
export function openAws(config: AwsStorage<string>, declaredAs = asDeclared): ObjectStore {
  const { bucket, endpoint, region } = config;
  const access = awsAccess(config);
  const keys = "ambient" in access ? undefined : access.keys;
  const where = endpoint === undefined ? (region ? ` in ${region}` : "") : ` at ${shownEndpoint(endpoint)}`;
  const place: StorePlace = {
    property: "storage.aws",
    declaredAs,
    address: `S3 bucket ${JSON.stringify(bucket)}${where}`,
    bucket,
    hasEndpoint: endpoint !== undefined,
    hostFrom: "region",
    url: endpoint,
  };
  return requestStore({
    place,
    secrets: [keys?.secretAccessKey, keys?.sessionToken, keys?.accessKeyId],
    connect: () => connect(config, access, place),
    dialect: { ...s3Dialect, failureOf, verdictOn: (failure) => awsVerdictOn(access, failure) },
  });
}

async function connect(
  config: AwsStorage<string>,
  access: AwsAccess,
  place: StorePlace,
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
      httpAgent: httpAgent({ isHttps: false }),
      httpsAgent: httpAgent({ isHttps: true, caCertificate }),
    },
    forcePathStyle: config.forcePathStyle ?? endpoint !== undefined,
    // Tried again by our own rule, which is the same for every store.
    maxAttempts: 1,
    ...(endpoint !== undefined && { endpoint }),
    ...((endpoint !== undefined || checksum === "") && {
      // Many S3-compatible stores refuse the SDK's default CRC32 trailers (velero-plugin-for-aws: checksumAlgorithm "").
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    }),
  });
  refuseWebPages(client);
  if (endpoint !== undefined) checkDeletionsByMd5(client);

  // What Velero's plugin sends with its own uploads.
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

    // Without a checksum where Velero's own uploads have none: a store that demands one is of no use to it.
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
      return Errors.map(({ Code = "Unknown", Message = Code, Key = "" }) =>
        refusedDeletion(Key, { code: Code, said: Message }),
      );
    },

    async region() {
      if (config.region !== undefined || endpoint !== undefined) return config.region ?? "us-east-1";
      try {
        return (await client.send(new sdk.HeadBucketCommand({ Bucket }))).BucketRegion;
      } catch (thrown) {
        // An answer to HEAD has no words, but even a refusal tells the region; what is wrong other requests tell.
        return failureOf(thrown).region;
      }
    },
    versioning: async () =>
      versioningIn((await client.send(new sdk.GetBucketVersioningCommand({ Bucket }))).Status),
    async objectLock() {
      const answer = await client.send(new sdk.GetObjectLockConfigurationCommand({ Bucket }));
      const { ObjectLockEnabled, Rule } = answer.ObjectLockConfiguration ?? {};
      const { Mode: mode, Days: days, Years: years } = Rule?.DefaultRetention ?? {};
      return objectLockIn(ObjectLockEnabled, { mode, ...(days && { days }), ...(years && { years }) });
    },
    async encryption() {
      const answer = await client.send(new sdk.GetBucketEncryptionCommand({ Bucket }));
      const [rule] = answer.ServerSideEncryptionConfiguration?.Rules ?? [];
      return rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm ?? "none";
    },
    async lifecycle() {
      const { Rules } = await client.send(new sdk.GetBucketLifecycleConfigurationCommand({ Bucket }));
      return lifecycleIn(Rules, { tags: tagging, archives: ["GLACIER", "DEEP_ARCHIVE"] });
    },
  };
}

/** The SDK would take a web page with status 200 for the object. */
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
 * DeleteObjects must carry a checksum, and stores of some age know but one kind
 * (aws-sdk-js-v3, supplemental-docs/MD5_FALLBACK.md).
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

/** The SDK's errors, Node's, and ours. */
function failureOf(thrown: unknown): StoreFailure {
  if (thrown instanceof StoreRefusal) return thrown.failure;
  const { Code, code, name, message, $response, $responseBodyText } = Object(thrown) as Record<
    string,
    unknown
  >;
  const answer = answerIn($response);
  // No code: it was not S3's XML.
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
