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
 * The policy of the user by which Velero and this library come to a bucket of MinIO's: the document, for
 * `minio.IamPolicy`. The rights are those of AWS's S3 ({@link awsPolicy}), since it is the same plugin that uses them;
 * MinIO asks for none to upload with tags.
 *
 * Throws for what cannot be a bucket or a folder.
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
