import type { Input } from "@pulumi/pulumi";
import type { SecretInput } from "./secrets.ts";
import type { StaticCredentialsArgs, StsCredentialsArgs } from "./s3-credentials-args.ts";

/** Where backups are stored: one key tells the kind of store. */
export type StorageArgs =
  | {
      /** AWS S3, or any store that speaks S3 through `endpoint`. */
      aws: AwsStorageArgs;
    }
  | {
      /** Google Cloud Storage. */
      gcp: GcpStorageArgs;
    }
  | {
      /** A MinIO server. */
      minio: MinioStorageArgs;
    }
  | {
      /** Azure Blob Storage. */
      azure: AzureStorageArgs;
    };

/** The credentials of any kind of store. */
export type CredentialsArgs =
  | AwsCredentialsArgs
  | GcpCredentialsArgs
  | MinioCredentialsArgs
  | AzureCredentialsArgs;

/**
 * How the program itself comes to the store, where it cannot or should not come as Velero does. `"none"`: it never
 * does. Then keys are not tried before Velero gets them, and only a ConfigMap in Velero's namespace claims the prefix:
 * a notice says what is not protected.
 *
 * @example
 * ```ts
 * // Velero has its node's role; who runs this program has a profile.
 * new velero.BackupLocation("primary", {
 *   storage: { aws: { bucket: "backups", region: "eu-west-1", credentials: { ambient: {} } } },
 *   access: { profile: "backup-admin" },
 *   clusters: { east: { provider: east } },
 * });
 * ```
 */
export type AccessArgs =
  | "none"
  | {
      /**
       * Of the same kind of store; what exists in a cluster only (`workloadIdentity`, `existingSecret`) is of no use here.
       * `{ ambient: {} }`: what the vendor's client finds where Pulumi runs.
       *
       * @default those of the store where they work outside of the cluster, else `ambient`
       */
      credentials?: CredentialsArgs;
      /**
       * A profile of AWS's shared configuration (`~/.aws/config`), in place of `credentials`; it may assume a role.
       *
       * @default no profile
       */
      profile?: Input<string>;
      /**
       * URL at which the program reaches the store, where that is another than the clusters'.
       *
       * @default the store's `publicUrl`, else its `endpoint`
       */
      endpoint?: Input<string>;
    };

/** For every store: what a cluster has already. */
export type InClusterCredentialsArgs =
  | {
      /**
       * What Velero's node or pod has: no Secret is made, and none named. The program comes to the store with what it
       * has itself: see {@link AccessArgs}.
       */
      ambient: Record<string, never>;
    }
  | {
      /**
       * A Secret in Velero's namespace of every cluster that holds a whole credential file, as Velero's plugin for the
       * store documents it. You make, rotate and remove it; the program does not use it: see {@link AccessArgs}.
       */
      existingSecret: {
        /** Name of the Secret. */
        name: Input<string>;
        /** Which of the Secret's keys holds the file. */
        key: Input<string>;
      };
    };

/** A bucket of AWS S3, or of a store that speaks S3. Needs `@aws-sdk/client-s3`, to assume a role `@aws-sdk/client-sts`, too. */
export interface AwsStorageArgs {
  /** The bucket; it has to exist. Changing it makes a new location. */
  bucket: Input<string>;
  /**
   * Folder in the bucket below which every cluster gets a folder of its own.
   *
   * @default the bucket's root
   */
  prefix?: Input<string>;
  /**
   * Region of the bucket, `eu-west-1`. Required with `endpoint`, unless the store does not care.
   *
   * @default none; it is looked up where the store tells it
   */
  region?: Input<string>;
  /**
   * URL of an S3-compatible store, `https://s3.example.com`.
   *
   * @default AWS
   */
  endpoint?: Input<string>;
  /**
   * URL at which the store is reached from outside of the clusters, where that is another than `endpoint`. The program
   * itself comes to the store by it, unless `access` names an endpoint, and the URLs that Velero signs for downloads
   * lead there.
   *
   * @default `endpoint`, for all
   */
  publicUrl?: Input<string>;
  /**
   * Address the bucket by path, not by host name.
   *
   * @default true with `endpoint`, else false
   */
  forcePathStyle?: Input<boolean>;
  /**
   * PEM bundle of the authority that signed the endpoint's certificate.
   *
   * @default the authorities that the system trusts
   */
  caCertificate?: SecretInput;
  /**
   * KMS key that encrypts what is stored; implies `serverSideEncryption: "aws:kms"`.
   *
   * @default the bucket's own encryption
   */
  kmsKeyId?: Input<string>;
  /**
   * `AES256` or `aws:kms`.
   *
   * @default the bucket's own
   */
  serverSideEncryption?: Input<string>;
  /**
   * Checksum with which Velero's plugin, and the program, send what they upload: `CRC32`, `CRC32C`, `SHA1` or `SHA256`.
   * An empty text sends none. A bucket of AWS that retains its objects by default demands one.
   *
   * @default an empty text with `endpoint`, which many stores need; else `CRC32`
   */
  checksumAlgorithm?: Input<"" | "CRC32" | "CRC32C" | "SHA1" | "SHA256">;
  /**
   * Tags of every object that is stored, two to ten: Velero's plugin takes no single one. The keys need `s3:PutObjectTagging`.
   *
   * @default no tags
   */
  tagging?: Input<Record<string, Input<string>>>;
  /** What reaches the bucket, from the program and from the clusters. */
  credentials: AwsCredentialsArgs;
}

/** Who comes to an S3 bucket: exactly one of these. */
export type AwsCredentialsArgs =
  | {
      /** An access key. */
      static: StaticCredentialsArgs;
    }
  | {
      /** A role that is assumed, by Velero again and again, so that no key in the cluster reaches the bucket by itself. */
      sts: StsCredentialsArgs;
    }
  | {
      /**
       * The role of Velero's own service account in EKS: IRSA, or Pod Identity. No Secret is made. The program cannot
       * use it and comes to the bucket with its own AWS credentials (`AWS_PROFILE`, environment, instance).
       */
      workloadIdentity: {
        /**
         * The role, for checks.
         *
         * @default the role is not checked
         */
        roleArn?: Input<string>;
      };
    }
  | InClusterCredentialsArgs;

/** A bucket of Google Cloud Storage. Needs `@google-cloud/storage` and `google-auth-library`. */
export interface GcpStorageArgs {
  /** The bucket; it has to exist. Changing it makes a new location. */
  bucket: Input<string>;
  /**
   * Folder in the bucket below which every cluster gets a folder of its own.
   *
   * @default the bucket's root
   */
  prefix?: Input<string>;
  /**
   * KMS key that encrypts what is stored, `projects/…/locations/…/keyRings/…/cryptoKeys/…`.
   *
   * @default the bucket's own
   */
  kmsKeyName?: Input<string>;
  /**
   * URL of the storage API where it is not Google's public one, `https://storage-backups.p.googleapis.com`.
   *
   * @default Google's public one
   */
  endpoint?: Input<string>;
  /** What reaches the bucket, from the program and from the clusters. */
  credentials: GcpCredentialsArgs;
}

/** Who comes to a bucket of Google's: exactly one of these. */
export type GcpCredentialsArgs =
  | {
      /** A service account's key: the JSON file's content, or base64 of it as `gcp.serviceaccount.Key` has it. */
      serviceAccountKey: SecretInput;
    }
  | {
      /**
       * The Google service account that Velero's own is bound to in GKE. No Secret is made. The program cannot use it
       * and comes to the bucket with its own Google credentials (Application Default Credentials).
       */
      workloadIdentity: {
        /** `velero@project.iam.gserviceaccount.com`; Velero signs URLs in its name. */
        serviceAccountEmail: Input<string>;
      };
    }
  | {
      /** What Velero's node or pod has; on nodes of Google's without a key file Velero wants the account's name, too. */
      ambient: {
        /**
         * The service account in whose name Velero signs URLs: `velero@project.iam.gserviceaccount.com`.
         *
         * @default what the plugin finds out
         */
        serviceAccountEmail?: Input<string>;
      };
    }
  | InClusterCredentialsArgs;

/** A bucket of a MinIO server. Needs `minio`. */
export interface MinioStorageArgs {
  /** The bucket; it has to exist. Changing it makes a new location. */
  bucket: Input<string>;
  /**
   * Folder in the bucket below which every cluster gets a folder of its own.
   *
   * @default the bucket's root
   */
  prefix?: Input<string>;
  /** URL of the server, `https://minio.example.com:9000`, as the clusters reach it. */
  endpoint: Input<string>;
  /**
   * URL at which the server is reached from outside of the clusters, where `endpoint` is one of theirs, as
   * `http://minio.storage.svc:9000` is. The program itself comes to the server by it, unless `access` names an
   * endpoint, and the URLs that Velero signs for downloads lead there.
   *
   * @default `endpoint`, for all
   */
  publicUrl?: Input<string>;
  /**
   * Region that the server is configured with.
   *
   * @default `us-east-1`
   */
  region?: Input<string>;
  /**
   * PEM bundle of the authority that signed the server's certificate.
   *
   * @default the authorities that the system trusts
   */
  caCertificate?: SecretInput;
  /** Keys that reach the bucket, from the program and from the clusters. */
  credentials: MinioCredentialsArgs;
}

/** Who comes to a MinIO server: an access key, or what is in the cluster already. */
export type MinioCredentialsArgs =
  | {
      /** An access key. */
      static: StaticCredentialsArgs;
    }
  | InClusterCredentialsArgs;

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
