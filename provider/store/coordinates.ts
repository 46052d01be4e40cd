import { isUnknown, UNKNOWN } from "../core/values.ts";
import type { StorageConfig, AzureCloud, AzureStorage } from "./storage-config.ts";

/** Returns the fields that identify a store. A change of any of them makes a new location. */
export function identityOf(storage: StorageConfig): Record<string, string> {
  if ("aws" in storage) return { provider: "aws", bucket: shared(storage).bucket };
  if ("gcp" in storage) return { provider: "gcp", bucket: shared(storage).bucket };
  if ("minio" in storage) return { provider: "minio", bucket: shared(storage).bucket };
  if ("azure" in storage) {
    const { storageAccount = UNKNOWN, container = UNKNOWN, cloud = "public" } = shared(storage);
    return { provider: "azure", storageAccount, container, cloud };
  }
  throw new Error(`unknown kind of storage: ${Object.keys(storage satisfies never).join(", ")}`);
}

/** Returns the folder that contains the folders of all clusters. It is empty for the root of the bucket. */
export const prefixOf = (storage: StorageConfig): string => trimSlashes(shared(storage).prefix ?? "");

export const endpointOf = (storage: StorageConfig): string | undefined => shared(storage).endpoint;

/** Returns the addresses of the store: from the clusters, and from outside of them. */
export const addressesOf = (storage: StorageConfig): (string | undefined)[] => [
  endpointOf(storage),
  shared(storage).publicUrl,
];

/** Returns the old store with the newer credentials, if both are the same kind of store. */
export function withCredentialsOf(storage: StorageConfig, newer: StorageConfig): StorageConfig {
  const [kind, config] = Object.entries(storage)[0] as [string, object];
  const keys = (newer as Record<string, { credentials: unknown } | undefined>)[kind]?.credentials;
  return keys === undefined
    ? storage
    : ({ [kind]: { ...config, credentials: keys } } as unknown as StorageConfig);
}

export const trimSlashes = (path: string): string => path.replace(/^\/+|\/+$/g, "");

/** The fields that every kind of store has, and Azure's fields for the bucket. */
interface Shared {
  bucket: string;
  storageAccount?: string;
  container?: string;
  cloud?: string;
  prefix?: string | undefined;
  endpoint?: string | undefined;
  publicUrl?: string | undefined;
}

function shared(storage: StorageConfig): Shared {
  const [store] = Object.values(storage) as [Shared];
  return isUnknown(store) ? { bucket: UNKNOWN, prefix: UNKNOWN, endpoint: UNKNOWN } : store;
}

/** The form of an endpoint for a kind of store. */
interface EndpointForm {
  example: string;
  /** Azure's packages and Velero's plugin refuse to fetch tokens by plain HTTP. */
  isHttps?: true;
  /** The path that may follow host and port. */
  mayEnd: RegExp;
}

const anyS3: EndpointForm = { example: "https://minio.example.com:9000", mayEnd: /^\/$/ };

/** Azure Blob: emulators and appliances have the account in the path, and not in the host name. */
export const azureEndpoint: EndpointForm = {
  example: "https://backups.blob.core.windows.net",
  mayEnd: /^\/[a-z0-9]*\/?$/,
};

/** Microsoft's own authorities have no path. An Azure Stack Hub with AD FS has one. */
export const azureAuthority: EndpointForm = {
  example: "https://login.microsoftonline.us",
  isHttps: true,
  mayEnd: /^\/(adfs\/?)?$/,
};

/**
 * Returns what is wrong with a declared endpoint, or undefined. It makes no request, so that a resource's `check` can
 * use it. The result never repeats the endpoint, because it may contain a user name and password.
 */
export function endpointProblem(
  endpoint: string,
  { example, mayEnd, isHttps }: EndpointForm = anyS3,
): string | undefined {
  if (!/^https?:\/\//i.test(endpoint)) return `must begin with http:// or https://, as in ${example}`;
  if (isHttps && !/^https:/i.test(endpoint)) return `must begin with https://, as in ${example}`;
  if (!URL.canParse(endpoint)) return `is not a URL like ${example}`;
  const url = new URL(endpoint);
  if (url.username || url.password)
    return "must not hold a user name or password; they belong into credentials";
  if (!mayEnd.test(url.pathname))
    return "must end after the host and port; the bucket and a folder belong into bucket and prefix";
  if (url.search || url.hash) return "must end after the host and port, without ? or #";
  return undefined;
}

/** Formats an endpoint for messages, without user name, path or query. */
export function shownEndpoint(endpoint: string): string {
  if (!URL.canParse(endpoint)) return "an unreadable endpoint";
  const { protocol, host } = new URL(endpoint);
  return host ? `${protocol}//${host}` : "an unreadable endpoint";
}

interface CloudFacts {
  blobSuffix: string;
  /** The authority that issues tokens. */
  authority: string;
  /** Velero's name of the cloud in AZURE_CLOUD_NAME. */
  veleroName: string;
}

const clouds: Record<AzureCloud, CloudFacts> = {
  public: {
    blobSuffix: "blob.core.windows.net",
    authority: "https://login.microsoftonline.com/",
    veleroName: "AzurePublicCloud",
  },
  usgovernment: {
    blobSuffix: "blob.core.usgovcloudapi.net",
    authority: "https://login.microsoftonline.us/",
    veleroName: "AzureUSGovernmentCloud",
  },
  china: {
    blobSuffix: "blob.core.chinacloudapi.cn",
    authority: "https://login.chinacloudapi.cn/",
    veleroName: "AzureChinaCloud",
  },
};

export const azureCloud = (cloud: AzureCloud = "public"): CloudFacts => clouds[cloud];

/** Returns the address of the storage account. The paths of containers and blobs follow it. */
export const blobEndpoint = ({ storageAccount, cloud, endpoint }: AzureStorage): string =>
  endpoint?.replace(/\/$/, "") ?? `https://${storageAccount}.${azureCloud(cloud).blobSuffix}`;
