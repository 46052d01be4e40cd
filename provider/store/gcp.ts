import type { Resolved } from "../core/secrets.ts";
import type { Bucket, BucketMetadata, File, StorageOptions } from "@google-cloud/storage" with {
  "resolution-mode": "import",
};
import type { JWT } from "google-auth-library";
import { proxyFor } from "../proxy/proxy-for.ts";
import { requireHttp } from "../proxy/tunnel.ts";
import { checkConnection } from "./network-failures.ts";
import { gcpFailureOf, gcpVerdictOn, isPage } from "./gcp-failures.ts";
import { StoreConnections } from "./store-connections.ts";
import { partsOf, patiently, removeEach } from "./batches.ts";
import { type Dialect, requestStore, type StoreRequests, type LockFacts } from "./request-store.ts";
import { asDeclared } from "./store-access.ts";
import { shownEndpoint } from "./coordinates.ts";
import type { ObjectStore, StoredObject } from "./object-store.ts";
import type { GcpStorage } from "./storage-config.ts";
import { type StorePlace, StoreRefusal, importPeer, StoreError } from "./store-error.ts";
import type { LifecycleRule } from "../../model/store-facts.ts";

/** Opens Google Cloud Storage with Google's own client. */
export function openGcp(
  config: Resolved<GcpStorage>,
  declaredAs = asDeclared,
  connections = new StoreConnections(),
): ObjectStore {
  const { bucket, endpoint, credentials } = config;
  const where = endpoint === undefined ? "" : ` at ${shownEndpoint(endpoint)}`;
  const place: StorePlace = {
    property: "storage.gcp",
    declaredAs,
    address: `Google Cloud Storage bucket ${JSON.stringify(bucket)}${where}`,
    bucket,
    hasEndpoint: endpoint !== undefined,
    url: urlOf(config),
    isVendorsProxy: true,
  };
  const isAmbient = !("serviceAccountKey" in credentials);
  return requestStore({
    place,
    secrets: isAmbient ? [] : [credentials.serviceAccountKey],
    connect: () => connect(config, place, connections),
    arrivals: connections.arrivals,
    dialect: { ...gcpDialect, verdictOn: (failure) => gcpVerdictOn(failure, isAmbient) },
  });
}

const gcpDialect: Omit<Dialect, "verdictOn"> = {
  failureOf: gcpFailureOf,
  isAbsent: ({ code }) => code === "NoSuchObject",
  isTaken: ({ status }) => status === 412,
  // The permissions that Velero documents do not include the bucket's settings (storage.buckets.get).
  isHidden: ({ code, status }) => status === 403 && code !== "NotGcs",
};

async function connect(
  config: Resolved<GcpStorage>,
  place: StorePlace,
  connections: StoreConnections,
): Promise<StoreRequests> {
  checkConnection(place, config);
  const authClient = await keyClient(config, place, connections);
  const { Storage } = await importPeer(
    "@google-cloud/storage",
    place.property,
    () => import("@google-cloud/storage"),
  );
  const storage = new Storage({
    ...endpointOptions(config),
    ...(authClient
      ? { authClient }
      : { clientOptions: { transporterOptions: tokenConnections(connections) } }),
  });
  storage.interceptors.push(googleConnections);
  const bucket = storage.bucket(
    config.bucket,
    config.kmsKeyName === undefined ? {} : { kmsKeyName: config.kmsKeyName },
  );
  let settings: Promise<BucketMetadata> | undefined;
  const setting = async () => {
    settings ??= patiently(bucket.getMetadata()).then(([metadata]) => metadata);
    const found = await settings;
    if (found.name === undefined) throw notGcs();
    return found;
  };

  const requests: StoreRequests = {
    async read(key) {
      const parts = partsOf(bucket.file(key).createReadStream());
      try {
        const first = await parts.next();
        const begin = first.done === true ? Buffer.alloc(0) : Buffer.from(first.value);
        // It may be a web page of a server that does not speak this API.
        if (isPage(begin.toString("latin1", 0, 100))) await pageOf(bucket, atMostOne);
        return joined(begin, parts);
      } catch (thrown) {
        if (gcpFailureOf(thrown).status !== 404) throw thrown;
        // The missing object may be the bucket.
        await pageOf(bucket, atMostOne);
        throw new StoreRefusal({ code: "NoSuchObject", said: `there is no ${key}` });
      }
    },

    async write(key, body, { ifAbsent }) {
      const preconditionOpts = ifAbsent ? { ifGenerationMatch: 0 } : {};
      const file = bucket.file(key);
      await patiently(file.save(body, { resumable: false, validation: false, preconditionOpts }));
      // This is the only validation. The package's own one deletes an object that it considers wrong.
      if (Number(file.metadata.size) !== body.length) throw notGcs();
    },

    async page({ prefix, delimiter, token, limit }) {
      const query = {
        prefix,
        maxResults: limit,
        ...(delimiter && { delimiter }),
        ...(token && { pageToken: token }),
      };
      const { files, folders, next } = await pageOf(bucket, query);
      return { folders, objects: files.map(storedObject), isTruncated: next !== undefined, nextToken: next };
    },

    async removeBatch(keys) {
      let isOneAbsent = false;
      await removeEach(keys, async (key) => {
        try {
          const [{ headers }] = await patiently(bucket.file(key).delete());
          if (/^text\/html/i.test(String(headers["content-type"] ?? ""))) throw notGcs();
        } catch (thrown) {
          const failure = gcpFailureOf(thrown);
          if (failure.status !== 404) throw new StoreRefusal({ ...failure, said: `${key}: ${failure.said}` });
          isOneAbsent = true;
        }
      });
      // The missing object may be the bucket.
      if (isOneAbsent) await pageOf(bucket, atMostOne);
    },

    region: async () => (await setting()).location?.toLowerCase(),
    versioning: async () => ((await setting()).versioning?.enabled ? "enabled" : "off"),
    objectLock: async () => gcpLockIn(await setting()),
    encryption: async () => (await setting()).encryption?.defaultKmsKeyName ?? "google-managed",
    lifecycle: async () => gcpLifecycleIn(await setting()),
  };
  return connections.directHosts.directly(urlOf(config), requests);
}

async function* joined(first: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* rest;
}

const urlOf = ({ endpoint }: Resolved<GcpStorage>): string => endpoint ?? `https://storage.${UNIVERSE}`;

function endpointOptions({ endpoint, credentials }: Resolved<GcpStorage>): StorageOptions {
  const universe =
    "serviceAccountKey" in credentials
      ? serviceAccountKey(credentials.serviceAccountKey).universe
      : undefined;
  return {
    ...(endpoint !== undefined && {
      apiEndpoint: endpoint.replace(/\/$/, ""),
      useAuthWithCustomEndpoint: true,
    }),
    ...(universe !== undefined && { universeDomain: universe }),
    // We retry by our own rule, which is the same for every store.
    retryOptions: { autoRetry: false, maxRetries: 0 },
  };
}

/** Returns a client for the key. Without a key, the package looks for the program's own credentials. */
async function keyClient(
  { credentials }: Resolved<GcpStorage>,
  { property }: StorePlace,
  connections: StoreConnections,
): Promise<JWT | undefined> {
  if (!("serviceAccountKey" in credentials)) return undefined;
  const key = serviceAccountKey(credentials.serviceAccountKey);
  // @google-cloud/storage brings this package. Its own option for a key writes a warning to the console.
  const { JWT } = await importPeer("google-auth-library", property, () => import("google-auth-library"));
  return new JWT({
    email: key.email,
    key: key.privateKey,
    scopes: ["https://www.googleapis.com/auth/devstorage.read_write"],
    universeDomain: key.universe,
    transporterOptions: { ...tokenConnections(connections), adapter: tokensFrom(key) },
  });
}

/**
 * The package requests tokens from Google's own server. The key may name another server, which Velero's client for Go
 * uses.
 */
function tokensFrom({ tokenUri }: ServiceAccountKey) {
  return <Request extends { method?: string; url?: string | URL }, Answer>(
    request: Request,
    send: (request: Request) => Promise<Answer>,
  ): Promise<Answer> => {
    const isForToken = request.method === "POST" && String(request.url).endsWith("/token");
    return send(isForToken && tokenUri !== undefined ? { ...request, url: new URL(tokenUri) } : request);
  };
}

async function pageOf(
  bucket: Bucket,
  query: object,
): Promise<{ files: File[]; folders: string[]; next?: string }> {
  const [files, next, answer] = await patiently(bucket.getFiles({ ...query, autoPaginate: false }));
  if (typeof answer !== "object" || answer === null || !("kind" in answer)) throw notGcs();
  const token = (next as { pageToken?: string } | null)?.pageToken;
  return {
    files,
    folders: (answer as { prefixes?: string[] }).prefixes ?? [],
    ...(token && { next: token }),
  };
}

const atMostOne = { maxResults: 1 };

const notGcs = () => new StoreRefusal({ code: "NotGcs", said: "the answer is a web page" });

const storedObject = ({ name, metadata }: File): StoredObject => ({
  key: name,
  size: Number(metadata.size ?? 0),
  etag: (metadata.etag ?? String(metadata.generation)).replace(/^"|"$/g, ""),
  modified: new Date(metadata.updated ?? 0),
});

/**
 * Google's package accepts no agent for requests to the store. It finds proxies by its own rules (HTTP_PROXY even for
 * https; NO_PROXY without domains, ports and networks). So each request gets the proxy by our rules.
 */
const googleConnections = {
  request<Options extends { uri: string }>(options: Options): Options {
    const proxy = proxyFor(options.uri);
    // With `forever: false`, Node's own agent is used, which keeps a connection for five seconds. The package's agent
    // keeps it forever.
    const brief = { ...options, forever: false };
    return proxy ? { ...brief, proxy: requireHttp(proxy).url.href } : brief;
  },
};

/** The options for google-auth-library, which requests tokens from other servers, and accepts agents. */
const tokenConnections = (connections: StoreConnections) => ({
  agent: ({ protocol }: URL) => connections.agent({ isHttps: protocol === "https:" }),
});

/** The lifecycle in a bucket's metadata. */
interface GcpLifecycle {
  lifecycle?: { rule?: { action?: { type?: string } | string; condition?: object }[] } | null;
}

interface Condition {
  age?: number;
  createdBefore?: Date | string;
  matchesPrefix?: string[];
  isLive?: boolean;
  numNewerVersions?: number;
  daysSinceNoncurrentTime?: number;
  noncurrentTimeBefore?: unknown;
  daysSinceCustomTime?: number;
  customTimeBefore?: unknown;
}

/**
 * Returns the active rules that match live objects such as Velero's. All of Google's storage classes can be read at
 * once.
 */
export function gcpLifecycleIn({ lifecycle }: GcpLifecycle): LifecycleRule[] {
  return (lifecycle?.rule ?? []).flatMap(({ action, condition = {} }) => {
    const type = typeof action === "string" ? action : action?.type;
    if (type?.toLowerCase() !== "delete" || !isAboutLiveObjects(condition)) return [];
    const { age, createdBefore, matchesPrefix = [""] } = condition as Condition;
    return matchesPrefix.map((prefix) => ({
      prefix,
      does: "deletes" as const,
      ...(age !== undefined && { days: age }),
      ...(createdBefore !== undefined && { on: new Date(createdBefore).toISOString().slice(0, 10) }),
    }));
  });
}

/** Velero sets no custom time on objects. */
function isAboutLiveObjects(condition: Condition): boolean {
  return (
    condition.isLive !== false &&
    condition.numNewerVersions === undefined &&
    condition.daysSinceNoncurrentTime === undefined &&
    condition.noncurrentTimeBefore === undefined &&
    condition.daysSinceCustomTime === undefined &&
    condition.customTimeBefore === undefined
  );
}

/** The retention settings in a bucket's metadata. */
interface GcpKeeping {
  retentionPolicy?: { retentionPeriod?: number | string | undefined } | null;
  /** Objects may have their own retention. Velero's have none. */
  objectRetention?: unknown;
  defaultEventBasedHold?: boolean;
  versioning?: { enabled?: boolean | undefined };
}

const SECONDS_OF_A_DAY = 86_400;

/** Returns the lock of a bucket. The policy protects the object itself, unless the bucket keeps versions. */
export function gcpLockIn({
  retentionPolicy,
  objectRetention,
  defaultEventBasedHold = false,
  versioning,
}: GcpKeeping): LockFacts {
  const forbidsOverwriting = versioning?.enabled !== true;
  if (retentionPolicy) {
    const days = Number(retentionPolicy.retentionPeriod) / SECONDS_OF_A_DAY;
    return {
      objectLock: "on",
      retention: { mode: "retention policy", ...(Number.isFinite(days) && { days }), forbidsOverwriting },
    };
  }
  if (defaultEventBasedHold)
    return { objectLock: "on", retention: { mode: "default event-based hold", forbidsOverwriting } };
  return { objectLock: objectRetention ? "on" : "off", retention: "none" };
}

/** A key file of Google, and the fields that we use. */
interface ServiceAccountKey {
  /** The content of the file. */
  json: string;
  email: string;
  privateKey: string;
  /** The cloud: Google's public one, or a partner's. */
  universe: string;
  tokenUri: string | undefined;
}

export const UNIVERSE = "googleapis.com";
const PROPERTY = "storage.gcp.credentials.serviceAccountKey";

/** Reads a key in JSON, or in base64 of it: `gcp.serviceaccount.Key` has the latter as `privateKey`. */
export function serviceAccountKey(content: string): ServiceAccountKey {
  const json = content.trim().startsWith("{")
    ? content.trim()
    : Buffer.from(content, "base64").toString("utf8").trim();
  const { type, client_email, private_key, universe_domain, token_uri } = fieldsOf(json);
  if (type !== undefined && type !== "service_account") {
    throw refusal(
      "is no service account's key, but of another type",
      "Create a key of a service account (gcloud iam service-accounts keys create), or use workloadIdentity.",
    );
  }
  if (typeof client_email !== "string" || typeof private_key !== "string") {
    throw refusal(
      "is no service account's key: client_email and private_key are missing",
      "Give the whole JSON file that Google hands out, or base64 of it.",
    );
  }
  return {
    json,
    email: client_email,
    privateKey: private_key,
    universe: typeof universe_domain === "string" ? universe_domain : UNIVERSE,
    tokenUri: typeof token_uri === "string" ? token_uri : undefined,
  };
}

function fieldsOf(json: string): Record<string, unknown> {
  try {
    const fields: unknown = JSON.parse(json);
    if (typeof fields === "object" && fields !== null) return fields as Record<string, unknown>;
  } catch {
    // The parser's message would contain a part of the key.
  }
  throw refusal(
    "is neither JSON nor base64 of JSON",
    "Give the whole JSON file that Google hands out, or base64 of it; a path to it is given as { file }.",
  );
}

const refusal = (what: string, todo: string) =>
  new StoreError({ code: "WrongCredentials", vendorCode: "BadSetting", property: PROPERTY, what, todo });
