import type { Agent } from "node:http";
import { Readable } from "node:stream";
import type { TokenCredential } from "@azure/identity" with { "resolution-mode": "import" };
import type {
  ContainerClient,
  ContainerListBlobFlatSegmentResponse,
  ContainerListBlobHierarchySegmentResponse,
  StorageSharedKeyCredential,
} from "@azure/storage-blob" with { "resolution-mode": "import" };
import { isProxyCode } from "../proxy/proxy-error.ts";
import { azureCloud, blobEndpoint } from "./azure-cloud.ts";
import { azureFailureOf, azures, azureVerdictOn } from "./azure-failures.ts";
import { checkConnection } from "./network-failures.ts";
import { httpAgent } from "./http-agent.ts";
import { importPeer } from "./import-peer.ts";
import { partsOf, removeEach } from "./batches.ts";
import {
  type Dialect,
  type LockFacts,
  type Page,
  type PageQuery,
  requestStore,
  type StoreRequests,
} from "./request-store.ts";
import { asDeclared } from "./ways.ts";
import { azureEndpoint, shownEndpoint } from "./coordinates.ts";
import type { ObjectStore } from "./object-store.ts";
import type { AzureStorage } from "./storage-config.ts";
import { type StoreFailure, type StorePlace, StoreRefusal } from "./store-error.ts";

/** Azure Blob Storage, by Azure's own client. */
export function openAzure(config: AzureStorage<string>, declaredAs = asDeclared): ObjectStore {
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
    connect: () => connect(config, place),
    dialect: { ...azureDialect, verdictOn: (failure) => azureVerdictOn(failure, kindOf(config)) },
  });
}

type AzureKind = "storageAccountKey" | "servicePrincipal" | "ambient";

const kindOf = ({ credentials }: AzureStorage<string>): AzureKind =>
  "storageAccountKey" in credentials
    ? "storageAccountKey"
    : "servicePrincipal" in credentials
      ? "servicePrincipal"
      : "ambient";

const secretOf = ({ credentials }: AzureStorage<string>): string | undefined =>
  "servicePrincipal" in credentials ? credentials.servicePrincipal.clientSecret : undefined;

const azureDialect: Omit<Dialect, "verdictOn"> = {
  failureOf: azureFailureOf,
  isAbsent: ({ code }) => code === "BlobNotFound",
  isTaken: ({ code }) => code === "BlobAlreadyExists" || code === "ConditionNotMet",
  isHidden: ({ code, status }) => status === 403 && code !== "NotAzure",
};

async function connect(config: AzureStorage<string>, place: StorePlace): Promise<StoreRequests> {
  checkConnection(place, { endpoint: config.endpoint }, azureEndpoint);
  const sdk = await importPeer("@azure/storage-blob", place.property, () => import("@azure/storage-blob"));
  const credential =
    "storageAccountKey" in config.credentials
      ? new sdk.StorageSharedKeyCredential(config.storageAccount, config.credentials.storageAccountKey.trim())
      : await identity(config, place);
  const container = containerClient(sdk, config, credential);
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
          return undefined;
        } catch (thrown) {
          const failure = azureFailureOf(thrown);
          if (azureDialect.isAbsent(failure)) return undefined;
          return { ...failure, said: `${key}: ${failure.said}` };
        }
      }),

    // These are the account's, and told only by Azure's management API.
    region: () => Promise.resolve(undefined),
    versioning: () => Promise.resolve(undefined),
    lifecycle: () => Promise.resolve(undefined),
    objectLock: async () => azureLockIn(await properties()),
    encryption: async () => (await properties()).defaultEncryptionScope ?? "microsoft-managed",
  };
}

function containerClient(
  sdk: typeof import("@azure/storage-blob", { with: { "resolution-mode": "import" } }),
  config: AzureStorage<string>,
  credential: StorageSharedKeyCredential | TokenCredential,
): ContainerClient {
  const account = new sdk.BlobServiceClient(blobEndpoint(config), credential, {
    // Tried again by our own rule, which is the same for every store.
    retryOptions: { maxTries: 1 },
    ...azureConnections(blobEndpoint(config)),
  });
  return account.getContainerClient(config.container);
}

/** Tokens of a service principal, or of whatever identity the program has here. */
async function identity(
  { cloud, activeDirectoryAuthorityURI, credentials }: AzureStorage<string>,
  { property }: StorePlace,
): Promise<TokenCredential> {
  const { ClientSecretCredential, DefaultAzureCredential } = await importPeer(
    "@azure/identity",
    `${property}.credentials`,
    () => import("@azure/identity"),
  );
  const authorityHost = activeDirectoryAuthorityURI ?? (cloud && azureCloud(cloud).authority);
  const connections = azureTokenConnections({ isEntraId: "servicePrincipal" in credentials });
  const options = {
    // Undeclared, AZURE_AUTHORITY_HOST may name it.
    ...(authorityHost !== undefined && { authorityHost }),
    retryOptions: { maxRetries: 0 },
    ...connections.options,
  };
  if (!("servicePrincipal" in credentials)) return connections.telling(new DefaultAzureCredential(options));
  const { tenantId, clientId, clientSecret } = credentials.servicePrincipal;
  return connections.telling(
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

const agents: Record<string, Agent> = {};

const agentFor = (url: string): Agent => {
  const { protocol } = new URL(url);
  return (agents[protocol] ??= httpAgent({ isHttps: protocol === "https:" }));
};

/**
 * Azure's packages find proxies by rules of their own (HTTPS_PROXY even for http, ALL_PROXY, NO_PROXY without domains,
 * ports and networks), unless a request comes with an agent.
 */
const azureConnections = (url: string) => ({ agent: agentFor(url), ...unusedProxy });

/** Without one, the packages read HTTPS_PROXY whatever they come with, and stumble over `proxy:3128`. Agents come first. */
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
  /** What a credential sends its requests by: tokens come from several servers, by http and https. */
  options: typeof unusedProxy & {
    additionalPolicies: { position: "perCall"; policy: TokenPolicy }[];
  };
  /** The credential, made to tell what kept it from asking: MSAL calls that, too, "authentication required". */
  telling(credential: TokenCredential): TokenCredential;
}

interface TokenPolicy {
  name: string;
  sendRequest<Request extends Sent, Answer extends Answered>(
    request: Request,
    next: (request: Request) => Promise<Answer>,
  ): Promise<Answer>;
}

/** For one credential. `isEntraId`: that alone is asked; others go on to the next where they come to none. */
function azureTokenConnections({ isEntraId }: { isEntraId: boolean }): TokenConnections {
  let unanswered: StoreFailure | undefined;
  const policy: TokenPolicy = {
    name: "pulumiVeleroConnections",
    async sendRequest<Request extends Sent, Answer extends Answered>(
      request: Request,
      next: (request: Request) => Promise<Answer>,
    ) {
      // Azure's own proxy policy was here before.
      request.agent = agentFor(request.url) as Request["agent"];
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

/** It answers in JSON whatever it is asked: a page comes from what stands in between. */
function notEntraId({ status, headers }: Answered): StoreFailure | undefined {
  const type = headers.get("content-type") ?? "nothing";
  if (/\bjson\b/i.test(type)) return undefined;
  const said = `the answer is HTTP ${status} with ${type} instead of JSON`;
  return { code: "NotEntraId", said, status, from: "identity" };
}

/** Of a container's properties. How long a policy keeps what is there, only Azure's management API tells. */
export interface AzureKeeping {
  hasImmutabilityPolicy?: boolean;
  hasLegalHold?: boolean;
  isImmutableStorageWithVersioningEnabled?: boolean;
}

/** A policy of the container is about the blobs themselves, unless it is one about their versions. */
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
