import type { Input, Output } from "@pulumi/pulumi";
import { fromInputs } from "./from-inputs.ts";
import { refuse, unlike } from "./problems.ts";
import {
  allow,
  policyDocument,
  s3Problems,
  type S3Rights,
  type S3RightsArgs,
  s3Statements,
} from "./s3-statements.ts";

export interface AwsPolicyArgs extends S3RightsArgs {
  /**
   * `aws-us-gov`, `aws-cn`, …, as `aws.getPartitionOutput().partition` has it.
   *
   * @default `aws`
   */
  partition?: Input<string>;
  /**
   * The location has `tagging`: every object is stored with tags.
   *
   * @default false
   */
  tagging?: Input<boolean>;
  /**
   * ARN of the KMS key that encrypts what is stored: the location's `kmsKeyId`, or the bucket's own.
   *
   * @default no rights on a key
   */
  kmsKeyArn?: Input<string>;
  /**
   * Velero's own snapshots of EBS volumes (`volumes: "snapshot"` without CSI).
   *
   * @default false
   */
  volumeSnapshots?: Input<boolean>;
  /**
   * ARN of the KMS key of EBS volumes, where that is not AWS's own; with `volumeSnapshots`.
   *
   * @default no rights on a key
   */
  volumeKmsKeyArn?: Input<string>;
}

/**
 * The policy of the user or role by which Velero and this library come to a bucket of AWS's: the document, for
 * `aws.iam.Policy`, `aws.iam.RolePolicy` or `aws.iam.UserPolicy`. It holds what Velero's plugin for AWS asks for
 * ([README](https://github.com/vmware-tanzu/velero-plugin-for-aws#set-permissions-for-velero), which is also what
 * Spectro Cloud Palette asks for), and nothing beyond what is declared here. With `kmsKeyArn` there is what S3 needs to
 * read, write and upload in parts under a key: `kms:GenerateDataKey` and `kms:Decrypt`.
 *
 * Throws for what cannot be a bucket, a folder or an ARN, and for an ARN of another partition.
 *
 * @example
 * ```ts
 * new aws.iam.RolePolicy("velero", {
 *   role: role.name,
 *   policy: velero.iam.awsPolicy({ bucket: bucket.bucket, prefix: "backups", kmsKeyArn: key.arn }),
 * });
 * ```
 */
export function awsPolicy(args: AwsPolicyArgs): Output<string> {
  return fromInputs(args, awsPolicyDocument);
}

interface AwsRights extends S3Rights {
  partition?: string | undefined;
  kmsKeyArn?: string | undefined;
  volumeSnapshots?: boolean | undefined;
  volumeKmsKeyArn?: string | undefined;
}

export function awsPolicyDocument(rights: AwsRights): string {
  const { partition = "aws", kmsKeyArn, volumeSnapshots = false, volumeKmsKeyArn } = rights;
  const key = new RegExp(`^arn:${partition}:kms:[a-z0-9-]+:\\d{12}:key/[\\w-]+$`);
  const mustBe = `the ARN of a key in this partition, arn:${partition}:kms:…:key/…; an alias or a bare id will not do in a policy`;
  refuse(
    "awsPolicy",
    ...s3Problems(rights),
    unlike("partition", partition, PARTITION, PARTITIONS),
    unlike("kmsKeyArn", kmsKeyArn, key, mustBe),
    unlike("volumeKmsKeyArn", volumeKmsKeyArn, key, mustBe),
    volumeKmsKeyArn !== undefined &&
      !volumeSnapshots &&
      "`volumeKmsKeyArn` goes with `volumeSnapshots: true`: a key of volumes is of no use without their snapshots.",
  );
  return policyDocument([
    ...s3Statements(rights, partition),
    ...(kmsKeyArn === undefined ? [] : [allow(["kms:GenerateDataKey", "kms:Decrypt"], [kmsKeyArn])]),
    ...(volumeSnapshots ? [allow(VOLUMES, ["*"])] : []),
    ...(volumeKmsKeyArn === undefined ? [] : [allow(VOLUME_KEYS, [volumeKmsKeyArn])]),
  ]);
}

export const PARTITION = /^aws(-[a-z]+)*$/;
export const PARTITIONS = 'a partition of AWS, such as "aws", "aws-us-gov" or "aws-cn"';

const VOLUMES = [
  "ec2:DescribeVolumes",
  "ec2:DescribeSnapshots",
  "ec2:CreateTags",
  "ec2:CreateVolume",
  "ec2:CreateSnapshot",
  "ec2:DeleteSnapshot",
];

/** The plugin's README, of `ebsKmsKeyId`. */
const VOLUME_KEYS = [
  "kms:ReEncrypt*",
  "kms:GenerateDataKey*",
  "kms:Encrypt",
  "kms:DescribeKey",
  "kms:Decrypt",
  "kms:CreateGrant",
  "kms:ListGrants",
  "kms:RevokeGrant",
  "kms:RetireGrant",
  "kms:ListRetirableGrants",
];
