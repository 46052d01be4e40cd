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
   * Partition of AWS: `aws-us-gov`, `aws-cn`, …, as in `aws.getPartitionOutput().partition`.
   *
   * @default `aws`
   */
  partition?: Input<string>;
  /**
   * If true, the location has `tagging`: every object is stored with tags.
   *
   * @default false
   */
  tagging?: Input<boolean>;
  /**
   * ARN of the KMS key that encrypts stored objects: the location's `kmsKeyId`, or the bucket's own.
   *
   * @default no permissions on a key
   */
  kmsKeyArn?: Input<string>;
  /**
   * If true, the policy allows Velero's own snapshots of EBS volumes (`volumes: "snapshot"` without CSI).
   *
   * @default false
   */
  volumeSnapshots?: Input<boolean>;
  /**
   * ARN of the KMS key of EBS volumes, if it is not AWS's own. Only with `volumeSnapshots`.
   *
   * @default no permissions on a key
   */
  volumeKmsKeyArn?: Input<string>;
}

/**
 * Returns the policy of the user or role with which Velero and this library access a bucket of AWS: the document for
 * `aws.iam.Policy`, `aws.iam.RolePolicy` or `aws.iam.UserPolicy`. It has the permissions that Velero's plugin for AWS
 * documents ([README](https://github.com/vmware-tanzu/velero-plugin-for-aws#set-permissions-for-velero), which Spectro
 * Cloud Palette asks for as well), and nothing beyond what is declared here. `kmsKeyArn` adds what S3 needs to read,
 * write and upload in parts under a key: `kms:GenerateDataKey` and `kms:Decrypt`.
 *
 * Throws for an invalid bucket, folder or ARN, and for an ARN of another partition.
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

/** The README of the plugin lists these for `ebsKmsKeyId`. */
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
