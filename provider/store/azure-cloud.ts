import type { AzureCloud, AzureStorage } from "./storage-config.ts";

interface CloudFacts {
  blobSuffix: string;
  /** Where tokens come from. */
  authority: string;
  /** What Velero calls it in AZURE_CLOUD_NAME. */
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

/** The account's address: below it come container and blob. */
export const blobEndpoint = ({ storageAccount, cloud, endpoint }: AzureStorage<unknown>): string =>
  endpoint?.replace(/\/$/, "") ?? `https://${storageAccount}.${azureCloud(cloud).blobSuffix}`;
