import type { Input } from "@pulumi/pulumi";
import { unlike } from "./problems.ts";

/** The permissions for backups in an S3 bucket. */
export interface S3RightsArgs {
  /** Name of the bucket: `acme-backups`. */
  bucket: Input<string>;
  /**
   * Folder in the bucket that the permissions are limited to: the location's `prefix`, or for the keys of one cluster
   * the cluster's own folder, `<prefix>/<cluster>`.
   *
   * @default the whole bucket
   */
  prefix?: Input<string>;
  /**
   * Folders of other clusters in that bucket, from which this cluster restores (the `reads` of its location):
   * `["backups/east"]`. They can be read, and the folder `restores/` in them can be written, because Velero stores the
   * results of a restore there. Folders below `prefix` need not be listed.
   *
   * @default []
   */
  reads?: Input<Input<string>[]>;
  /**
   * If true, this library can read the bucket's versioning, object lock, encryption and lifecycle rules. It then warns
   * of settings with which backups are lost or cannot be deleted. Velero itself does not need this.
   *
   * @default false
   */
  bucketSettings?: Input<boolean>;
}

export interface S3Rights {
  bucket: string;
  prefix?: string | undefined;
  reads?: readonly string[] | undefined;
  tagging?: boolean | undefined;
  bucketSettings?: boolean | undefined;
}

/** One statement of a policy document. */
export interface Statement {
  Effect: "Allow";
  Action: string[];
  Resource: string[];
  Condition?: Record<string, Record<string, string[]>>;
}

const READ = "s3:GetObject";

/** A multipart upload needs no more than these: `s3:PutObject` covers its beginning and its completion. */
const WRITE = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];

const SETTINGS = [
  "s3:GetBucketVersioning",
  "s3:GetBucketObjectLockConfiguration",
  "s3:GetEncryptionConfiguration",
  "s3:GetLifecycleConfiguration",
];

/**
 * Returns the permissions that Velero's plugin for AWS documents (its README, "Set permissions for Velero"), limited to
 * a prefix if there is one. All listings of Velero, kopia and this library have the prefix with a slash at its end. So
 * a user who may list `east/*` sees nothing of `east-2/`. S3 reports a missing object only to users who may list its
 * key. For that check the key is the prefix, and the condition allows keys below the folder.
 */
export function s3Statements(
  { bucket, prefix: given = "", reads = [], tagging = false, bucketSettings = false }: S3Rights,
  partition: string,
): Statement[] {
  const prefix = trimmed(given);
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  const below = (folder: string) => (folder === "" ? `${bucketArn}/*` : `${bucketArn}/${folder}/*`);
  const write = tagging ? [...WRITE, "s3:PutObjectTagging"] : WRITE;
  const sources = reads.map(trimmed);
  return [
    allow([READ, ...write], [below(prefix)]),
    ...(sources.length === 0
      ? []
      : [
          allow([READ], sources.map(below)),
          allow(
            write,
            sources.map((source) => below(`${source}/restores`)),
          ),
        ]),
    {
      ...allow(["s3:ListBucket"], [bucketArn]),
      ...(prefix !== "" && {
        Condition: { StringLike: { "s3:prefix": [prefix, ...sources].map((folder) => `${folder}/*`) } },
      }),
    },
    ...(bucketSettings ? [allow(SETTINGS, [bucketArn])] : []),
  ];
}

export const allow = (Action: string[], Resource: string[]): Statement => ({
  Effect: "Allow",
  Action,
  Resource,
});

export const policyDocument = (statements: readonly object[]): string =>
  JSON.stringify({ Version: "2012-10-17", Statement: statements });

export function s3Problems({ bucket, prefix, reads = [] }: S3Rights): (string | undefined)[] {
  return [
    unlike("bucket", bucket, /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, BUCKET),
    unlike("prefix", prefix, PLAIN, FOLDER),
    ...reads.map((source, index) => unlike(`reads[${index}]`, source, NAMED, FOLDER)),
    reads.length > 0 && trimmed(prefix ?? "") === ""
      ? "`reads` goes with a `prefix`: without one the whole bucket can be read and written anyway."
      : undefined,
  ];
}

const BUCKET = "a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens, no ARN and no folder";

const FOLDER =
  'a folder\'s name as it is, such as "backups/east": in a policy `*`, `?` and `$` would stand for more than one';

/** A policy allows wildcards and `${variables}` in both a resource and a condition. */
const PLAIN = /^[^*?$]*$/;
const NAMED = /^\/*[^*?$/][^*?$]*$/;

const trimmed = (path: string): string => path.replace(/^\/+|\/+$/g, "");
