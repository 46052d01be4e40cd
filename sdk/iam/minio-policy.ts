import type { Output } from "@pulumi/pulumi";
import { fromInputs } from "./from-inputs.ts";
import { refuse } from "./problems.ts";
import {
  policyDocument,
  s3Problems,
  type S3Rights,
  type S3RightsArgs,
  s3Statements,
} from "./s3-statements.ts";

/**
 * Returns the policy of the user with which Velero and this library access a bucket of MinIO: the document for
 * `minio.IamPolicy`. The permissions are those of AWS's S3 ({@link awsPolicy}), because the same plugin uses them.
 * MinIO requires none for uploads with tags.
 *
 * Throws for an invalid bucket or folder.
 *
 * @example
 * ```ts
 * const policy = new minio.IamPolicy("velero", { policy: velero.iam.minioPolicy({ bucket: "backups" }) });
 * const user = new minio.IamUser("velero");
 * new minio.IamUserPolicyAttachment("velero", { userName: user.id, policyName: policy.id });
 * ```
 */
export function minioPolicy(args: S3RightsArgs): Output<string> {
  return fromInputs(args, minioPolicyDocument);
}

export function minioPolicyDocument(rights: S3Rights): string {
  refuse("minioPolicy", ...s3Problems(rights));
  return policyDocument(s3Statements(rights, "aws"));
}
