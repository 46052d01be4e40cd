import type { Input } from "@pulumi/pulumi";
import { unlike } from "./problems.ts";

/** What whoever stores backups in a bucket of S3's kind may do there. */
export interface S3RightsArgs {
  /** The bucket's name, `acme-backups`. */
  bucket: Input<string>;
  /**
   * Folder in the bucket beyond which nothing is granted: the location's `prefix`, or for keys of one cluster alone the
   * cluster's own, `<prefix>/<cluster>`.
   *
   * @default the whole bucket
   */
  prefix?: Input<string>;
  /**
   * Folders of other clusters in that bucket, out of which this one restores (the `reads` of its location):
   * `["backups/east"]`. They can be read, and below their `restores/` written, since Velero stores there what it has to
   * say of a restore. What lies below `prefix` needs no mention.
   *
   * @default []
   */
  reads?: Input<Input<string>[]>;
  /**
   * Lets this library read the bucket's versioning, object lock, encryption and lifecycle rules, so that it warns of
   * those with which backups are lost or cannot be deleted. Velero itself does without.
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

/** What the parts of a multipart upload need comes with them: it is by `s3:PutObject` that one is begun and completed. */
const WRITE = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];

const SETTINGS = [
  "s3:GetBucketVersioning",
  "s3:GetBucketObjectLockConfiguration",
  "s3:GetEncryptionConfiguration",
  "s3:GetLifecycleConfiguration",
];

/**
 * What Velero's plugin for AWS asks for (its README, "Set permissions for Velero"), below a prefix where there is one.
 * All that Velero, kopia and this library list has its prefix, with a slash at its end; so that whoever may list
 * `east/*` sees nothing of `east-2/`. Of an object that is not there S3 tells only those who may list its key: for that
 * question the key is the prefix, and below the folder the condition lets it pass.
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

/** A policy takes wildcards and `${variables}` in both a resource and a condition. */
const PLAIN = /^[^*?$]*$/;
const NAMED = /^\/*[^*?$/][^*?$]*$/;

const trimmed = (path: string): string => path.replace(/^\/+|\/+$/g, "");
