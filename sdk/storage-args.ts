import type { Input } from "@pulumi/pulumi";
import type { AzureCredentialsArgs, AzureStorageArgs } from "./azure-storage-args.ts";
import type { InClusterCredentialsArgs } from "./in-cluster-credentials-args.ts";
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
  /**
   * Further keys of the location's `config`, as [Velero's plugin for AWS](https://github.com/vmware-tanzu/velero-plugin-for-aws/blob/main/backupstoragelocation.md) documents them. A key that a property says, or that is
   * decided here, is refused by name; others go to Velero as they are, and a change of them is an update in place. It is no
   * place for secrets: whoever may read the location reads them.
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
  /**
   * Further keys of the location's `config`, as [Velero's plugin for Google](https://github.com/vmware-tanzu/velero-plugin-for-gcp/blob/main/backupstoragelocation.md) documents them. A key that a property says, or that is
   * decided here, is refused by name; others go to Velero as they are, and a change of them is an update in place. It is no
   * place for secrets: whoever may read the location reads them.
   *
   * @default no further keys
   */
  config?: Input<Record<string, Input<string>>>;
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
  /**
   * Further keys of the location's `config`, as [Velero's plugin for AWS](https://github.com/vmware-tanzu/velero-plugin-for-aws/blob/main/backupstoragelocation.md) documents them. A key that a property says, or that is
   * decided here, is refused by name; others go to Velero as they are, and a change of them is an update in place. It is no
   * place for secrets: whoever may read the location reads them.
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
