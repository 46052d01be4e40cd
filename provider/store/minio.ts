import type { Resolved } from "../core/references.ts";
import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { checkConnection } from "./network-failures.ts";
import { StoreConnections } from "./store-connections.ts";
import { importPeer } from "./import-peer.ts";
import { type LockFacts, requestStore, type StoreRequests } from "./request-store.ts";
import { asDeclared } from "./ways.ts";
import { shownEndpoint } from "./coordinates.ts";
import type { ObjectStore } from "./object-store.ts";
import {
  failureIn,
  isWebPage,
  lifecycleIn,
  objectLockIn,
  refusedDeletion,
  s3Dialect,
  type S3LifecycleRule,
  versioningIn,
} from "./s3.ts";
import { type MinioStorage, type StaticCredentials, staticKeys } from "./storage-config.ts";
import { StoreError, type StoreFailure, type StorePlace, StoreRefusal } from "./store-error.ts";

/** Opens a MinIO server with MinIO's own client. */
export function openMinio(
  config: Resolved<MinioStorage>,
  declaredAs = asDeclared,
  connections = new StoreConnections(),
): ObjectStore {
  const { accessKeyId, secretAccessKey, sessionToken } = keysOf(config, declaredAs);
  const place: StorePlace = {
    property: "storage.minio",
    declaredAs,
    address: `minio bucket ${JSON.stringify(config.bucket)} at ${shownEndpoint(config.endpoint)}`,
    bucket: config.bucket,
    hasEndpoint: true,
    url: config.endpoint,
  };
  return requestStore({
    place,
    secrets: [secretAccessKey, sessionToken, accessKeyId],
    connect: () => connect(config, place, connections),
    arrivals: connections.arrivals,
    dialect: { ...s3Dialect, failureOf },
  });
}

async function connect(
  config: Resolved<MinioStorage>,
  place: StorePlace,
  connections: StoreConnections,
): Promise<StoreRequests> {
  const { bucket, caCertificate, region = "us-east-1" } = config;
  const { accessKeyId, secretAccessKey, sessionToken } = keysOf(config, place.declaredAs);
  checkConnection(place, config);
  const { hostname, port, protocol } = new URL(config.endpoint);
  const isHttps = protocol === "https:";
  const { Client } = await importPeer("minio", place.property, () => import("minio"));
  const client = new Client({
    endPoint: hostname.replace(/^\[|\]$/g, ""),
    ...(port && { port: Number(port) }),
    useSSL: isHttps,
    pathStyle: true,
    // The region is set so that the package does not request it. That request needs a permission that Velero does not
    // need.
    region,
    accessKey: accessKeyId,
    secretKey: secretAccessKey,
    ...(sessionToken && { sessionToken }),
    transport: minioTransport(isHttps),
    transportAgent: connections.agent({ isHttps, caCertificate }),
    // The package's retries write to the console.
    retryOptions: { disableRetry: true },
  });

  return {
    read: (key) => client.getObject(bucket, key),

    // The request has no checksum, as Velero's own uploads. A store that requires one does not work with Velero.
    async write(key, body, { ifAbsent }) {
      const headers: Record<string, string> = ifAbsent ? { "If-None-Match": "*" } : {};
      // putObject of versions before 8.0.6 sent If-None-Match as metadata, and overwrote the object (minio-js#1366).
      await client.makeRequestAsyncOmit(
        { method: "PUT", bucketName: bucket, objectName: key, headers },
        body,
      );
    },

    async page({ prefix, delimiter, token = "", limit }) {
      const page = await client.listObjectsV2Query(bucket, prefix, token, delimiter, limit, "");
      return {
        folders: page.objects.flatMap((item) => item.prefix ?? []),
        objects: page.objects.flatMap((item) =>
          item.name === undefined
            ? []
            : { key: item.name, size: item.size, etag: item.etag, modified: item.lastModified },
        ),
        isTruncated: page.isTruncated,
        nextToken: page.nextContinuationToken,
      };
    },

    async removeBatch(keys) {
      // The types say { Error: { Code } }, but the parser returns { Code }.
      const [refused]: readonly unknown[] = await client.removeObjects(bucket, [...keys]);
      if (refused)
        throw new StoreRefusal(
          refusedDeletion(String((refused as { Key?: unknown }).Key), failureOf(refused)),
        );
    },

    region: async () => region,
    versioning: async () => versioningIn((await client.getBucketVersioning(bucket))?.Status),
    objectLock: async () => Promise.resolve(client.getObjectLockConfig(bucket)).then(lockIn),
    encryption: async () =>
      algorithmIn((await client.getBucketEncryption(bucket)) as BucketEncryption) ?? "none",
    async lifecycle() {
      const answer: unknown = await client.getBucketLifecycle(bucket);
      // Objects in a tier of MinIO can be read through MinIO without restoring them first.
      return lifecycleIn((answer as { Rule?: S3LifecycleRule[] } | undefined)?.Rule, { archives: [] });
    },
  };
}

/** MinIO has no ambient identity that a program could use. */
function keysOf(
  { credentials }: Resolved<MinioStorage>,
  declaredAs: StorePlace["declaredAs"],
): Resolved<StaticCredentials> {
  if ("static" in credentials) return staticKeys(credentials.static);
  throw new StoreError({
    code: "NoOwnCredentials",
    vendorCode: "BadSetting",
    property: declaredAs("storage.minio.credentials"),
    what: "these credentials are in the cluster only, and the program has none of its own for a MinIO server",
    todo: 'Give it some: `access: { credentials: { static: … } }`; or let it stay away from the store: `access: "none"`.',
  });
}

/** One overload of the types returns void. */
function lockIn(lock: unknown): LockFacts {
  const { objectLockEnabled, mode, validity, unit } = (lock ?? {}) as ObjectLock;
  const period = unit === "Years" ? { years: validity ?? 0 } : { days: validity ?? 0 };
  return objectLockIn(objectLockEnabled, { mode, ...period });
}

interface ObjectLock {
  objectLockEnabled?: string;
  mode?: string;
  validity?: number;
  unit?: "Days" | "Years";
}

/** The package has no types for this. It is the XML's structure. */
interface BucketEncryption {
  ServerSideEncryptionConfiguration?: {
    Rule?: { ApplyServerSideEncryptionByDefault?: { SSEAlgorithm?: string } };
  };
}

function algorithmIn(encryption: BucketEncryption): string | undefined {
  return encryption.ServerSideEncryptionConfiguration?.Rule?.ApplyServerSideEncryptionByDefault?.SSEAlgorithm;
}

/** Reads errors of Node and of the package, and the plain objects that it makes from S3's XML. */
function failureOf(thrown: unknown): StoreFailure {
  if (thrown instanceof StoreRefusal) return thrown.failure;
  const { code, Code, name, message, Message } = Object(thrown) as Record<string, unknown>;
  return { code: String(code ?? Code ?? name ?? "Unknown"), said: String(message || Message || thrown) };
}

type OnAnswer = (answer: IncomingMessage) => void;

/**
 * Returns the HTTP transport for the minio package. The package drops the message of a 5xx, reads a web page as an
 * empty error (or as the object, with status 200), and loses the status. So each response that is no success is read
 * here, and reaches the package as a failed request.
 */
function minioTransport(isHttps: boolean): { request: typeof httpRequest } {
  const send = isHttps ? httpsRequest : httpRequest;
  return {
    request: (
      target: RequestOptions | string | URL,
      second?: RequestOptions | OnAnswer,
      third?: OnAnswer,
    ): ClientRequest => {
      const onAnswer = typeof second === "function" ? second : third;
      const options = typeof second === "object" ? second : {};
      const request =
        typeof target === "string" || target instanceof URL ? send(target, options) : send(target);
      request.on("response", (answer) => {
        const head = { status: answer.statusCode ?? 0, headers: answer.headers };
        if (head.status < 300 && !isWebPage(head)) return onAnswer?.(answer);
        text(answer).then(
          (body) => request.emit("error", new StoreRefusal(failureIn(head, body))),
          (error: unknown) => request.emit("error", error),
        );
      });
      return request;
    },
  };
}
