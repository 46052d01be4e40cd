import type { TokenCredential } from "@azure/identity" with { "resolution-mode": "import" };
import type {
  ContainerClient,
  ContainerListBlobFlatSegmentResponse,
  ContainerListBlobHierarchySegmentResponse,
  StorageSharedKeyCredential,
} from "@azure/storage-blob" with { "resolution-mode": "import" };
import { Readable } from "node:stream";
import { azureCloud, blobEndpoint } from "./azure-cloud.ts";
import { azureConnections, azureTokenConnections } from "./azure-connections.ts";
import { azureFailureOf, azures } from "./azure-failure.ts";
import { azureLockIn } from "./azure-lock.ts";
import { azureVerdictOn } from "./azure-verdicts.ts";
import { checkConnection } from "./check-connection.ts";
import { azureEndpoint, shownEndpoint } from "./endpoint.ts";
import { importPeer } from "./import-peer.ts";
import type { ObjectStore } from "./object-store.ts";
import { partsOf } from "./parts-of.ts";
import { removeEach } from "./remove-each.ts";
import {
  requestStore,
  type Dialect,
  type Page,
  type PageQuery,
  type StoreRequests,
} from "./request-store.ts";
import type { AzureStorage } from "./storage-config.ts";
import type { StorePlace } from "./verdict.ts";
import { asDeclared } from "./ways.ts";

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
