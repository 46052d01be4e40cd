import type { Input } from "@pulumi/pulumi";
import type { InClusterCredentialsArgs } from "./in-cluster-credentials-args.ts";
import type { SecretInput } from "./secrets.ts";

/** A container of Azure Blob Storage. Needs `@azure/storage-blob`, and but for `storageAccountKey` `@azure/identity`, too. */
export interface AzureStorageArgs {
  /** Name of the storage account. Changing it makes a new location. */
  storageAccount: Input<string>;
  /** Blob container in the account; it has to exist. Changing it makes a new location. */
  container: Input<string>;
  /**
   * Folder in the container below which every cluster gets a folder of its own.
   *
   * @default the container's root
   */
  prefix?: Input<string>;
  /**
   * Resource group of the storage account; Velero needs it for snapshots of disks.
   *
   * @default none
   */
  resourceGroup?: Input<string>;
  /**
   * Subscription of the storage account; Velero needs it for snapshots of disks.
   *
   * @default none
   */
  subscriptionId?: Input<string>;
  /**
   * As the Azure provider's `environment`. Changing it makes a new location.
   *
   * @default `public`
   */
  cloud?: Input<"public" | "usgovernment" | "china">;
  /**
   * URL of the account's blob service where it is not `https://<account>.blob.<cloud's suffix>`: its `primaryEndpoints.blob`.
   *
   * @default made of account and cloud
   */
  endpoint?: Input<string>;
  /**
   * URL of the authority that gives out tokens, where it is not that of `cloud`: `https://login.microsoftonline.us`. It is
   * of no use with a `storageAccountKey`.
   *
   * @default that of `cloud`
   */
  activeDirectoryAuthorityURI?: Input<string>;
  /**
   * Size in bytes of the blocks in which Velero's plugin uploads, at most 104857600 (100 MiB). The plugin holds one
   * block in memory, and a blob has at most 50000 of them.
   *
   * @default the plugin's own, which its versions differ in: 1 MiB, or 100 MiB
   */
  blockSizeInBytes?: Input<number>;
  /**
   * Further keys of the location's `config`, as [Velero's plugin for Azure](https://github.com/vmware-tanzu/velero-plugin-for-microsoft-azure/blob/main/backupstoragelocation.md) documents them. A key that a property says, or that is
   * decided here, is refused by name; others go to Velero as they are, and a change of them is an update in place. It is no
   * place for secrets: whoever may read the location reads them.
   *
   * @default no further keys
   */
  config?: Input<Record<string, Input<string>>>;
  /** What reaches the container, from the program and from the clusters. */
  credentials: AzureCredentialsArgs;
}

/** Who comes to a container of Azure's: exactly one of these. */
export type AzureCredentialsArgs =
  | {
      /** An app registration with the role Storage Blob Data Contributor on the container. */
      servicePrincipal: ServicePrincipalArgs;
    }
  | {
      /** One of the account's two access keys. It reaches every container of the account. */
      storageAccountKey: SecretInput;
    }
  | {
      /**
       * The managed identity that Velero's service account is federated with in AKS. No Secret is made. The program
       * cannot use it and comes to the container with its own Azure credentials (`az login`, environment).
       */
      workloadIdentity: {
        /**
         * Of the managed identity, for checks.
         *
         * @default the identity is not checked
         */
        clientId?: Input<string>;
      };
    }
  | InClusterCredentialsArgs;

/** An app registration in Entra ID, and its secret (`az ad sp create-for-rbac`). */
export interface ServicePrincipalArgs {
  /** Id of the Entra tenant. */
  tenantId: Input<string>;
  /** Application (client) id of the app registration. */
  clientId: Input<string>;
  /** A secret of the app registration: its value, and not its id. */
  clientSecret: SecretInput;
}
