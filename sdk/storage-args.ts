import type { Input } from "@pulumi/pulumi";
import type { SecretInput } from "./secrets.ts";

/** Where backups are stored: one key tells the kind of store. */
export type StorageArgs =
  | {
      /** AWS S3, or any store that speaks S3 through `endpoint`. */
      aws: AwsStorageArgs;
    }
  | {
      /** A MinIO server. */
      minio: MinioStorageArgs;
    };

export interface AwsStorageArgs {
  /** The bucket; it has to exist. Changing it makes a new location. */
  bucket: Input<string>;
  /** Folder in the bucket below which every cluster gets a folder of its own. Default: the bucket's root. */
  prefix?: Input<string>;
  /** Region of the bucket, `eu-west-1`. Required with `endpoint`, unless the store does not care. */
  region?: Input<string>;
  /** URL of an S3-compatible store, `https://s3.example.com`. Default: AWS. */
  endpoint?: Input<string>;
  /** Address the bucket by path, not by host name. Default: true with `endpoint`, else false. */
  forcePathStyle?: Input<boolean>;
  /** PEM bundle of the authority that signed the endpoint's certificate. */
  caCertificate?: SecretInput;
  /** KMS key that encrypts what is stored; implies `serverSideEncryption: "aws:kms"`. */
  kmsKeyId?: Input<string>;
  /** `AES256` or `aws:kms`. Default: the bucket's own. */
  serverSideEncryption?: Input<string>;
  /** Tags of every object that is stored; the keys need `s3:PutObjectTagging`. */
  tagging?: Input<Record<string, Input<string>>>;
  /** Keys that reach the bucket, from the program and from the clusters. */
  credentials: { static: StaticCredentialsArgs };
}

export interface MinioStorageArgs {
  /** The bucket; it has to exist. Changing it makes a new location. */
  bucket: Input<string>;
  /** Folder in the bucket below which every cluster gets a folder of its own. Default: the bucket's root. */
  prefix?: Input<string>;
  /** URL of the server, `https://minio.example.com:9000`, as the program and the clusters reach it. */
  endpoint: Input<string>;
  /** Region that the server is configured with. Default: `us-east-1`. */
  region?: Input<string>;
  /** PEM bundle of the authority that signed the server's certificate. */
  caCertificate?: SecretInput;
  /** Keys that reach the bucket, from the program and from the clusters. */
  credentials: { static: StaticCredentialsArgs };
}

/** An access key that stays valid until it is revoked. */
export interface StaticCredentialsArgs {
  accessKeyId: SecretInput;
  secretAccessKey: SecretInput;
  /** For temporary keys. They die with it, in the clusters, too. */
  sessionToken?: SecretInput;
}
