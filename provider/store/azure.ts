import type { Resolved } from "../core/secrets.ts";
import type { Agent } from "node:http";
import { Readable } from "node:stream";
import type { TokenCredential } from "@azure/identity" with { "resolution-mode": "import" };
import type {
  ContainerClient,
  ContainerListBlobFlatSegmentResponse,
  ContainerListBlobHierarchySegmentResponse,
  StorageSharedKeyCredential,
} from "@azure/storage-blob" with { "resolution-mode": "import" };
import { isProxyCode } from "../proxy/proxy-for.ts";
import { azureFailureOf, azures, azureVerdictOn } from "./azure-failures.ts";
import { checkConnection } from "./network-failures.ts";
import { StoreConnections } from "./store-connections.ts";
import { partsOf, removeEach } from "./batches.ts";
import {
  type Dialect,
  type LockFacts,
  type Page,
  type PageQuery,
  requestStore,
  type StoreRequests,
} from "./request-store.ts";
import { asDeclared } from "./store-access.ts";
import { azureEndpoint, shownEndpoint, azureCloud, blobEndpoint } from "./coordinates.ts";
import type { ObjectStore } from "./object-store.ts";
import type { AzureStorage } from "./storage-config.ts";
import { type StoreFailure, type StorePlace, StoreRefusal, importPeer } from "./store-error.ts";

/** Opens Azure Blob Storage with Azure's own client. */
export function openAzure(
  config: Resolved<AzureStorage>,
  declaredAs = asDeclared,
  connections = new StoreConnections(),
): ObjectStore {
  const { storageAccount, container, endpoint, credentials } = config;
  const where = endpoint === undefined ? "" : ` at ${shownEndpoint(endpoint)}`;
  const place: StorePlace = {
    property: "storage.azure",
    declaredAs,
    address: `Azure container ${JSON.stringify(container)} in storage account ${JSON.stringify(storageAccount)}${where}`,
    bucket: container,
    hasEndpoint: endpoint !== undefined,
    hostFrom: "storageAccount",
    url: blobEndpoint(config),
  };
  const secret = "storageAccountKey" in credentials ? credentials.storageAccountKey : secretOf(config);
  return requestStore({
    place,
    secrets: [secret],
    connect: () => connect(config, place, connections),
    arrivals: connections.arrivals,
    dialect: { ...azureDialect, verdictOn: (failure) => azureVerdictOn(failure, kindOf(config)) },
  });
}

type AzureKind = "storageAccountKey" | "servicePrincipal" | "ambient";

const kindOf = ({ credentials }: Resolved<AzureStorage>): AzureKind =>
  "storageAccountKey" in credentials
    ? "storageAccountKey"
    : "servicePrincipal" in credentials
      ? "servicePrincipal"
      : "ambient";

const secretOf = ({ credentials }: Resolved<AzureStorage>): string | undefined =>
  "servicePrincipal" in credentials ? credentials.servicePrincipal.clientSecret : undefined;

const azureDialect: Omit<Dialect, "verdictOn"> = {
  failureOf: azureFailureOf,
  isAbsent: ({ code }) => code === "BlobNotFound",
  isTaken: ({ code }) => code === "BlobAlreadyExists" || code === "ConditionNotMet",
  isHidden: ({ code, status }) => status === 403 && code !== "NotAzure",
};

async function connect(
  config: Resolved<AzureStorage>,
  place: StorePlace,
  connections: StoreConnections,
): Promise<StoreRequests> {
  checkConnection(place, { endpoint: config.endpoint }, azureEndpoint);
  const sdk = await importPeer("@azure/storage-blob", place.property, () => import("@azure/storage-blob"));
  const credential =
    "storageAccountKey" in config.credentials
      ? new sdk.StorageSharedKeyCredential(config.storageAccount, config.credentials.storageAccountKey.trim())
      : await identity(config, place, connections);
  const container = containerClient(sdk, config, credential, connections);
  const blob = (key: string) => container.getBlockBlobClient(key);
  const properties = () => azures(container.getProperties());

  return {
    async read(key) {
      const { readableStreamBody } = await azures(blob(key).download());
      return partsOf(readableStreamBody ?? Readable.from([]));
    },

    async write(key, body, { ifAbsent }) {
      const conditions = ifAbsent ? { ifNoneMatch: "*" } : {};
      await azures(blob(key).upload(body, body.length, { conditions }));
    },

    page: (query) => pageOf(container, query),

    removeBatch: (keys) =>
      removeEach(keys, async (key) => {
        try {
          await azures(blob(key).delete({ deleteSnapshots: "include" }));
        } catch (thrown) {
          const failure = azureFailureOf(thrown);
          if (!azureDialect.isAbsent(failure))
            throw new StoreRefusal({ ...failure, said: `${key}: ${failure.said}` });
        }
      }),

    // These settings belong to the account, and only Azure's management API returns them.
    region: () => Promise.resolve(undefined),
    versioning: () => Promise.resolve(undefined),
    lifecycle: () => Promise.resolve(undefined),
    objectLock: async () => azureLockIn(await properties()),
    encryption: async () => (await properties()).defaultEncryptionScope ?? "microsoft-managed",
  };
}

function containerClient(
  sdk: typeof import("@azure/storage-blob", { with: { "resolution-mode": "import" } }),
  config: Resolved<AzureStorage>,
  credential: StorageSharedKeyCredential | TokenCredential,
  connections: StoreConnections,
): ContainerClient {
  const account = new sdk.BlobServiceClient(blobEndpoint(config), credential, {
    // We retry by our own rule, which is the same for every store.
    retryOptions: { maxTries: 1 },
    ...azureConnections(connections, blobEndpoint(config)),
  });
  return account.getContainerClient(config.container);
}

/** Returns the tokens of a service principal, or of the identity that the program has here. */
async function identity(
  { cloud, activeDirectoryAuthorityURI, credentials }: Resolved<AzureStorage>,
  { property }: StorePlace,
  connections: StoreConnections,
): Promise<TokenCredential> {
  const { ClientSecretCredential, DefaultAzureCredential } = await importPeer(
    "@azure/identity",
    `${property}.credentials`,
    () => import("@azure/identity"),
  );
  const authorityHost = activeDirectoryAuthorityURI ?? (cloud && azureCloud(cloud).authority);
  const tokens = azureTokenConnections(connections, { isEntraId: "servicePrincipal" in credentials });
  const options = {
    // If it is not declared, AZURE_AUTHORITY_HOST may name it.
    ...(authorityHost !== undefined && { authorityHost }),
    retryOptions: { maxRetries: 0 },
    ...tokens.options,
  };
  if (!("servicePrincipal" in credentials)) return tokens.telling(new DefaultAzureCredential(options));
  const { tenantId, clientId, clientSecret } = credentials.servicePrincipal;
  return tokens.telling(
    new ClientSecretCredential(tenantId.trim(), clientId.trim(), clientSecret.trim(), options),
  );
}

type BlobPage = ContainerListBlobFlatSegmentResponse | ContainerListBlobHierarchySegmentResponse;

async function pageOf(
  container: ContainerClient,
  { prefix, delimiter, token, limit }: PageQuery,
): Promise<Page> {
  const settings = { maxPageSize: limit, ...(token && { continuationToken: token }) };
  const pages = delimiter
    ? container.listBlobsByHierarchy(delimiter, { prefix }).byPage(settings)
    : container.listBlobsFlat({ prefix }).byPage(settings);
  const { segment, continuationToken } = await azures<BlobPage>(
    pages.next().then(({ value }) => value as BlobPage),
  );
  const blobs = segment.blobItems.map(({ name, properties }) => ({
    key: name,
    size: properties.contentLength ?? 0,
    etag: properties.etag.replace(/^"|"$/g, ""),
    modified: properties.lastModified,
  }));
  const folders = "blobPrefixes" in segment ? (segment.blobPrefixes ?? []).map(({ name }) => name) : [];
  return {
    objects: blobs,
    folders,
    isTruncated: Boolean(continuationToken),
    nextToken: continuationToken || undefined,
  };
}

const agentFor = (connections: StoreConnections, url: string): Agent =>
  connections.agent({ isHttps: new URL(url).protocol === "https:" });

/**
 * Without an agent, Azure's packages find proxies by their own rules (HTTPS_PROXY even for http, ALL_PROXY, NO_PROXY
 * without domains, ports and networks).
 */
const azureConnections = (connections: StoreConnections, url: string) => ({
  agent: agentFor(connections, url),
  ...unusedProxy,
});

/**
 * Without proxy options, the packages always read HTTPS_PROXY, and fail on `proxy:3128`. The agent takes precedence
 * over these options.
 */
const unusedProxy = { proxyOptions: { host: "http://127.0.0.1", port: 9 } };

interface Sent {
  url: string;
  agent?: object | undefined;
}

interface Answered {
  status: number;
  headers: { get(name: string): string | undefined };
}

interface TokenConnections {
  /** The options for a credential's requests: tokens come from several servers, by http and https. */
  options: typeof unusedProxy & {
    additionalPolicies: { position: "perCall"; policy: TokenPolicy }[];
  };
  /**
   * Wraps the credential so that it reports a failed request for a token. MSAL reports that as "authentication
   * required" as well.
   */
  telling(credential: TokenCredential): TokenCredential;
}

interface TokenPolicy {
  name: string;
  sendRequest<Request extends Sent, Answer extends Answered>(
    request: Request,
    next: (request: Request) => Promise<Answer>,
  ): Promise<Answer>;
}

/**
 * Makes the connections of one credential. With `isEntraId`, only Entra ID is asked. Other credentials try the next
 * source if one is unreachable.
 */
function azureTokenConnections(
  connections: StoreConnections,
  { isEntraId }: { isEntraId: boolean },
): TokenConnections {
  let unanswered: StoreFailure | undefined;
  const policy: TokenPolicy = {
    name: "pulumiVeleroConnections",
    async sendRequest<Request extends Sent, Answer extends Answered>(
      request: Request,
      next: (request: Request) => Promise<Answer>,
    ) {
      // Azure's own proxy policy has set an agent before.
      request.agent = agentFor(connections, request.url) as Request["agent"];
      try {
        const answer = await next(request);
        unanswered = isEntraId ? notEntraId(answer) : undefined;
        return answer;
      } catch (error) {
        const failure = azureFailureOf(error);
        const code = failure.code === "NotAzure" ? "NotEntraId" : failure.code;
        unanswered = { ...failure, code, from: "identity" };
        throw error;
      }
    },
  };
  return {
    options: { ...unusedProxy, additionalPolicies: [{ position: "perCall", policy }] },
    telling: (credential) => ({
      async getToken(...asked) {
        try {
          return await credential.getToken(...asked);
        } catch (thrown) {
          if (unanswered && (isEntraId || isProxyCode(unanswered.code))) throw new StoreRefusal(unanswered);
          throw thrown;
        }
      },
    }),
  };
}

/** Entra ID answers every request in JSON. A web page comes from a proxy or another server. */
function notEntraId({ status, headers }: Answered): StoreFailure | undefined {
  const type = headers.get("content-type") ?? "nothing";
  if (/\bjson\b/i.test(type)) return undefined;
  const said = `the answer is HTTP ${status} with ${type} instead of JSON`;
  return { code: "NotEntraId", said, status, from: "identity" };
}

/** The lock settings in a container's properties. Only Azure's management API returns the period of a policy. */
interface AzureKeeping {
  hasImmutabilityPolicy?: boolean;
  hasLegalHold?: boolean;
  isImmutableStorageWithVersioningEnabled?: boolean;
}

/** Returns the lock of a container. Its policy protects the blobs themselves, unless it protects their versions. */
export function azureLockIn({
  hasImmutabilityPolicy = false,
  hasLegalHold = false,
  isImmutableStorageWithVersioningEnabled = false,
}: AzureKeeping): LockFacts {
  const forbidsOverwriting = !isImmutableStorageWithVersioningEnabled;
  if (hasLegalHold) return { objectLock: "on", retention: { mode: "legal hold", forbidsOverwriting } };
  if (hasImmutabilityPolicy)
    return { objectLock: "on", retention: { mode: "immutability policy", forbidsOverwriting } };
  return { objectLock: isImmutableStorageWithVersioningEnabled ? "on" : "off", retention: "none" };
}
