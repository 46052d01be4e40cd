import type { Input, Output } from "@pulumi/pulumi";
import { iam } from "../../../sdk/index.ts";

// Never run: `npm run typecheck` compiles it, and test/unit/types.test.ts sees which lines fail, and how.
declare const name: Output<string>;
declare const names: Output<string[]>;
declare const flag: Output<boolean>;

/** What of `@pulumi/minio` 0.17, `@pulumi/gcp` 9 and `@pulumi/azure-native` 3 takes it; `@pulumi/aws` takes a text, too. */
interface IamPolicyArgs {
  policy: Input<string>;
}
interface IAMCustomRoleArgs {
  description?: Input<string | undefined>;
  permissions: Input<Input<string>[]>;
  project?: Input<string | undefined>;
  roleId?: Input<string | undefined>;
  title: Input<string>;
}
interface PermissionArgs {
  actions?: Input<Input<string>[] | undefined>;
  dataActions?: Input<Input<string>[] | undefined>;
}
interface RoleDefinitionArgs {
  assignableScopes?: Input<Input<string>[] | undefined>;
  description?: Input<string | undefined>;
  permissions?: Input<Input<PermissionArgs>[] | undefined>;
  roleName?: Input<string | undefined>;
  roleType?: Input<string | undefined>;
  scope: Input<string>;
}

export const taken = {
  aws: { policy: iam.awsPolicy({ bucket: name }) } satisfies IamPolicyArgs,
  minio: { policy: iam.minioPolicy({ bucket: name }) } satisfies IamPolicyArgs,
  trust: iam.awsTrustPolicy({ principals: [{ principal: name }] }) satisfies Input<string>,
  gcp: iam.gcpRole({}) satisfies IAMCustomRoleArgs,
  gcpInAProject: { ...iam.gcpRole({ volumeSnapshots: flag }), project: name } satisfies IAMCustomRoleArgs,
  azure: iam.azureRole({ assignableScopes: [name] }) satisfies RoleDefinitionArgs,
  azureBuiltIn: iam.azureBuiltInRoles(name).blobs satisfies Input<string>,
};

export const accepted = {
  aws: iam.awsPolicy({
    bucket: name,
    prefix: name,
    reads: names,
    partition: name,
    kmsKeyArn: name,
    volumeSnapshots: flag,
    volumeKmsKeyArn: name,
    tagging: flag,
    bucketSettings: flag,
  }),
  trust: iam.awsTrustPolicy({
    serviceAccounts: [{ oidcProviderArn: name, namespace: name, serviceAccount: name, audience: name }],
    partition: name,
  }),
  azure: iam.azureRole({ assignableScopes: names, roleName: name, blobs: flag, accountKeys: flag }),
};

export const refused = {
  // @ts-expect-error: a policy is of no bucket
  noBucket: iam.awsPolicy({}),
  // @ts-expect-error: an option is misspelt
  misspelt: iam.awsPolicy({ bucket: name, kmsKeyId: name }),
  // @ts-expect-error: MinIO is to make snapshots of volumes
  minioSnapshots: iam.minioPolicy({ bucket: name, volumeSnapshots: true }),
  // @ts-expect-error: MinIO is asked for a right to tags that it does not know with an upload
  minioTags: iam.minioPolicy({ bucket: name, tagging: true }),
  // @ts-expect-error: a service account has no name
  noName: iam.awsTrustPolicy({ serviceAccounts: [{ oidcProviderArn: name }] }),
  // @ts-expect-error: a principal stands alone
  notAList: iam.awsTrustPolicy({ principals: { principal: name } }),
  // @ts-expect-error: a role can be assigned nowhere
  noScope: iam.azureRole({ roleName: name }),
};
