import type { AwsStorage, StsCredentials } from "./storage-config.ts";

/** AWS has one STS in each region; where none is declared, the first one of the partition that the role is in. */
export function roleRegion(roleArn: string, region: string | undefined): string {
  if (region !== undefined) return region;
  const partition = roleArn.split(":")[1] ?? "";
  return { "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1" }[partition] ?? "us-east-1";
}

/** Where roles are assumed, or undefined for AWS's own. Stores like MinIO serve STS at the endpoint of their S3. */
export function roleEndpoint(
  sts: StsCredentials<string>,
  { endpoint }: AwsStorage<string>,
): string | undefined {
  if (sts.endpoint !== undefined) return sts.endpoint;
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  // A VPC endpoint, FIPS or dual stack of S3: STS is not there.
  return /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname) ? undefined : endpoint;
}
