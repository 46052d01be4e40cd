import type { AzureCloud, AzureStorage } from "./storage-config.ts";

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
