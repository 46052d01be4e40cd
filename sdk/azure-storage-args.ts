import type { Input } from "@pulumi/pulumi";
import type { InClusterCredentialsArgs } from "./in-cluster-credentials-args.ts";
import type { SecretInput } from "./secrets.ts";

/**
 * A container of Azure Blob Storage. It needs the package `@azure/storage-blob`, and for all credentials but
 * `storageAccountKey` also `@azure/identity`.
 */
export interface AzureStorageArgs {
  /** Name of the storage account. A change makes a new location. */
  storageAccount: Input<string>;
  /** Blob container in the account. It has to exist. A change makes a new location. */
  container: Input<string>;
  /**
   * Folder in the container that contains one folder for each cluster.
   *
   * @default the container's root
   */
  prefix?: Input<string>;
  /**
   * Resource group of the storage account. Velero needs it for snapshots of disks.
   *
   * @default none
   */
  resourceGroup?: Input<string>;
  /**
   * Subscription of the storage account. Velero needs it for snapshots of disks.
   *
   * @default none
   */
  subscriptionId?: Input<string>;
  /**
   * Azure cloud, named as in the Azure provider's `environment`. A change makes a new location.
   *
   * @default `public`
   */
  cloud?: Input<"public" | "usgovernment" | "china">;
  /**
   * URL of the account's blob service (its `primaryEndpoints.blob`), if it is not `https://<account>.blob.<cloud's
   * suffix>`.
   *
   * @default made of account and cloud
   */
  endpoint?: Input<string>;
  /**
   * URL of the authority that issues tokens, if it is not the one of `cloud`: `https://login.microsoftonline.us`. It
   * has no effect with a `storageAccountKey`.
   *
   * @default that of `cloud`
   */
  activeDirectoryAuthorityURI?: Input<string>;
  /**
   * Size in bytes of the blocks that Velero's plugin uploads, at most 104857600 (100 MiB). The plugin keeps one block
   * in memory, and a blob has at most 50000 blocks.
   *
   * @default the plugin's own, which depends on its version: 1 MiB, or 100 MiB
   */
  blockSizeInBytes?: Input<number>;
  /**
   * Further keys of the location's `config`, as [Velero's plugin for
   * Azure](https://github.com/vmware-tanzu/velero-plugin-for-microsoft-azure/blob/main/backupstoragelocation.md)
   * documents them. A key that another property sets, or that this library sets, is refused by name. Other keys are
   * passed to Velero unchanged. A change of them is an update in place. Do not put secrets here: everyone who may read
   * the location can read them.
   *
   * @default no further keys
   */
  config?: Input<Record<string, Input<string>>>;
  /** Credentials for the container, for the program and for the clusters. */
  credentials: AzureCredentialsArgs;
}

/** Credentials for a container of Azure. Exactly one of these is given. */
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
       * The managed identity that Velero's service account is federated with in AKS. No Secret is created. The program
       * cannot use it, and accesses the container with its own Azure credentials (`az login`, environment).
       */
      workloadIdentity: {
        /**
         * Client id of the managed identity, for checks.
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
  /** Secret of the app registration: its value, not its id. */
  clientSecret: SecretInput;
}
