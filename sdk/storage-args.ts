import type { Input } from "@pulumi/pulumi";
import type { AzureCredentialsArgs, AzureStorageArgs } from "./azure-storage-args.ts";
import type { InClusterCredentialsArgs } from "./in-cluster-credentials-args.ts";
import type { SecretInput } from "./secrets.ts";
import type { StaticCredentialsArgs, StsCredentialsArgs } from "./s3-credentials-args.ts";

/** The store for backups. The one key names the kind of store. */
export type StorageArgs =
  | {
      /** AWS S3, or an S3-compatible store through `endpoint`. */
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
 * The program's own access to the store, if it cannot or should not use Velero's. With `"none"`, the program never
 * accesses the store. Then keys are not checked before Velero gets them, and only a ConfigMap in Velero's namespace
 * claims the prefix. A notice says what is not protected.
 *
 * @example
 * ```ts
 * // Velero has its node's role. The user who runs this program has a profile.
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
       * Credentials for the same kind of store. Credentials that exist only in a cluster (`workloadIdentity`,
       * `existingSecret`) cannot be used here. `{ ambient: {} }` means the credentials that the vendor's client finds
       * where Pulumi runs.
       *
       * @default those of the store if they work outside of the cluster, otherwise `ambient`
       */
      credentials?: CredentialsArgs;
      /**
       * A profile of AWS's shared configuration (`~/.aws/config`), instead of `credentials`. It may assume a role.
       *
       * @default no profile
       */
      profile?: Input<string>;
      /**
       * URL of the store for the program, if it differs from the clusters'.
       *
       * @default the store's `publicUrl`, otherwise its `endpoint`
       */
      endpoint?: Input<string>;
    };

/**
 * A bucket of AWS S3, or of an S3-compatible store. It needs the package `@aws-sdk/client-s3`, and to assume a role
 * also `@aws-sdk/client-sts`.
 */
export interface AwsStorageArgs {
  /** Name of the bucket. It has to exist. A change makes a new location. */
  bucket: Input<string>;
  /**
   * Folder in the bucket that contains one folder for each cluster.
   *
   * @default the bucket's root
   */
  prefix?: Input<string>;
  /**
   * Region of the bucket, `eu-west-1`. Required with `endpoint`, unless the store ignores it.
   *
   * @default none; it is looked up if the store returns it
   */
  region?: Input<string>;
  /**
   * URL of an S3-compatible store, `https://s3.example.com`.
   *
   * @default AWS
   */
  endpoint?: Input<string>;
  /**
   * URL of the store from outside of the clusters, if it differs from `endpoint`. The program itself uses it, unless
   * `access` sets an endpoint. The URLs that Velero signs for downloads use it as well.
   *
   * @default `endpoint`, for all
   */
  publicUrl?: Input<string>;
  /**
   * If true, the bucket is addressed by path, and not by host name.
   *
   * @default true with `endpoint`, otherwise false
   */
  forcePathStyle?: Input<boolean>;
  /**
   * PEM bundle of the authority that signed the endpoint's certificate.
   *
   * @default the authorities that the system trusts
   */
  caCertificate?: SecretInput;
  /**
   * KMS key that encrypts stored objects. It implies `serverSideEncryption: "aws:kms"`.
   *
   * @default the bucket's own encryption
   */
  kmsKeyId?: Input<string>;
  /**
   * Server-side encryption: `AES256` or `aws:kms`.
   *
   * @default the bucket's own
   */
  serverSideEncryption?: Input<string>;
  /**
   * Checksum of the uploads of Velero's plugin and of the program: `CRC32`, `CRC32C`, `SHA1` or `SHA256`. An empty text
   * sends none. An AWS bucket with a default retention requires one.
   *
   * @default an empty text with `endpoint`, which many stores need; otherwise `CRC32`
   */
  checksumAlgorithm?: Input<"" | "CRC32" | "CRC32C" | "SHA1" | "SHA256">;
  /**
   * Tags of every stored object, two to ten: Velero's plugin refuses a single tag. The keys need `s3:PutObjectTagging`.
   *
   * @default no tags
   */
  tagging?: Input<Record<string, Input<string>>>;
  /**
   * Further keys of the location's `config`, as [Velero's plugin for
   * AWS](https://github.com/vmware-tanzu/velero-plugin-for-aws/blob/main/backupstoragelocation.md) documents them. A
   * key that another property sets, or that this library sets, is refused by name. Other keys are passed to Velero
   * unchanged. A change of them is an update in place. Do not put secrets here: everyone who may read the location can
   * read them.
   *
   * @default no further keys
   *
   * @example
   * ```ts
   * // Another profile of a credential file that is in the cluster already.
   * credentials: { existingSecret: { name: "cloud-credentials", key: "cloud" } },
   * config: { profile: "backups" },
   * ```
   */
  config?: Input<Record<string, Input<string>>>;
  /** Credentials for the bucket, for the program and for the clusters. */
  credentials: AwsCredentialsArgs;
}

/** Credentials for an S3 bucket. Exactly one of these is given. */
export type AwsCredentialsArgs =
  | {
      /** An access key. */
      static: StaticCredentialsArgs;
    }
  | {
      /** A role that Velero assumes again and again, so that no key in the cluster has access to the bucket itself. */
      sts: StsCredentialsArgs;
    }
  | {
      /**
       * The role of Velero's own service account in EKS: IRSA, or Pod Identity. No Secret is created. The program
       * cannot use it, and accesses the bucket with its own AWS credentials (`AWS_PROFILE`, environment, instance).
       */
      workloadIdentity: {
        /**
         * ARN of the role, for checks.
         *
         * @default the role is not checked
         */
        roleArn?: Input<string>;
      };
    }
  | InClusterCredentialsArgs;

/** A bucket of Google Cloud Storage. It needs the packages `@google-cloud/storage` and `google-auth-library`. */
export interface GcpStorageArgs {
  /** Name of the bucket. It has to exist. A change makes a new location. */
  bucket: Input<string>;
  /**
   * Folder in the bucket that contains one folder for each cluster.
   *
   * @default the bucket's root
   */
  prefix?: Input<string>;
  /**
   * KMS key that encrypts stored objects, `projects/…/locations/…/keyRings/…/cryptoKeys/…`.
   *
   * @default the bucket's own
   */
  kmsKeyName?: Input<string>;
  /**
   * URL of the storage API, if it is not Google's public one: `https://storage-backups.p.googleapis.com`.
   *
   * @default Google's public one
   */
  endpoint?: Input<string>;
  /**
   * Further keys of the location's `config`, as [Velero's plugin for
   * Google](https://github.com/vmware-tanzu/velero-plugin-for-gcp/blob/main/backupstoragelocation.md) documents them. A
   * key that another property sets, or that this library sets, is refused by name. Other keys are passed to Velero
   * unchanged. A change of them is an update in place. Do not put secrets here: everyone who may read the location can
   * read them.
   *
   * @default no further keys
   */
  config?: Input<Record<string, Input<string>>>;
  /** Credentials for the bucket, for the program and for the clusters. */
  credentials: GcpCredentialsArgs;
}

/** Credentials for a Google bucket. Exactly one of these is given. */
export type GcpCredentialsArgs =
  | {
      /** Key of a service account: the content of the JSON file, or base64 of it, as in `gcp.serviceaccount.Key`. */
      serviceAccountKey: SecretInput;
    }
  | {
      /**
       * The Google service account that Velero's own is bound to in GKE. No Secret is created. The program cannot use
       * it, and accesses the bucket with its own Google credentials (Application Default Credentials).
       */
      workloadIdentity: {
        /**
         * E-mail address of the service account: `velero@project.iam.gserviceaccount.com`. Velero signs URLs in its
         * name.
         */
        serviceAccountEmail: Input<string>;
      };
    }
  | {
      /**
       * The identity of Velero's node or pod. On Google's nodes without a key file, Velero also needs the account's
       * name.
       */
      ambient: {
        /**
         * The service account in whose name Velero signs URLs: `velero@project.iam.gserviceaccount.com`.
         *
         * @default the account that the plugin finds
         */
        serviceAccountEmail?: Input<string>;
      };
    }
  | InClusterCredentialsArgs;

/** A bucket of a MinIO server. It needs the package `@aws-sdk/client-s3`. */
export interface MinioStorageArgs {
  /** Name of the bucket. It has to exist. A change makes a new location. */
  bucket: Input<string>;
  /**
   * Folder in the bucket that contains one folder for each cluster.
   *
   * @default the bucket's root
   */
  prefix?: Input<string>;
  /** URL of the server for the clusters: `https://minio.example.com:9000`. */
  endpoint: Input<string>;
  /**
   * URL of the server from outside of the clusters, if `endpoint` is reachable only inside, as
   * `http://minio.storage.svc:9000` is. The program itself uses it, unless `access` sets an endpoint. The URLs that
   * Velero signs for downloads use it as well.
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
  /**
   * Further keys of the location's `config`, as [Velero's plugin for
   * AWS](https://github.com/vmware-tanzu/velero-plugin-for-aws/blob/main/backupstoragelocation.md) documents them. A
   * key that another property sets, or that this library sets, is refused by name. Other keys are passed to Velero
   * unchanged. A change of them is an update in place. Do not put secrets here: everyone who may read the location can
   * read them.
   *
   * @default no further keys
   *
   * @example
   * ```ts
   * // Another profile of a credential file that is in the cluster already.
   * credentials: { existingSecret: { name: "cloud-credentials", key: "cloud" } },
   * config: { profile: "backups" },
   * ```
   */
  config?: Input<Record<string, Input<string>>>;
  /** Credentials for the bucket, for the program and for the clusters. */
  credentials: MinioCredentialsArgs;
}

/** Credentials for a MinIO server: an access key, or credentials that exist in the cluster already. */
export type MinioCredentialsArgs =
  | {
      /** An access key. */
      static: StaticCredentialsArgs;
    }
  | InClusterCredentialsArgs;
