export { awsPolicy, type AwsPolicyArgs } from "./aws-policy.ts";
export {
  awsTrustPolicy,
  type AwsPrincipalArgs,
  type AwsServiceAccountArgs,
  type AwsTrustPolicyArgs,
} from "./aws-trust-policy.ts";
export { azureBuiltInRoles, type AzureBuiltInRoles } from "./azure-built-in-roles.ts";
export { azureRole, type AzureRole, type AzureRoleArgs, type AzureRolePermission } from "./azure-role.ts";
export { gcpRole, type GcpRole, type GcpRoleArgs } from "./gcp-role.ts";
export { minioPolicy } from "./minio-policy.ts";
export type { S3RightsArgs } from "./s3-statements.ts";
