import type { Input, Output } from "@pulumi/pulumi";
import { PARTITION, PARTITIONS } from "./aws-policy.ts";
import { fromInputs } from "./from-inputs.ts";
import { refuse, unlike } from "./problems.ts";
import { policyDocument } from "./s3-statements.ts";

/** The identities that may assume the role: {@link awsTrustPolicy}. At least one, of either kind. */
export interface AwsTrustPolicyArgs {
  /**
   * Users, roles and accounts of AWS.
   *
   * @default []
   */
  principals?: Input<Input<AwsPrincipalArgs>[]>;
  /**
   * Velero's service accounts, in clusters whose OIDC issuer is registered in the role's account (EKS: IRSA).
   *
   * @default []
   */
  serviceAccounts?: Input<Input<AwsServiceAccountArgs>[]>;
  /**
   * Partition of the accounts that are given by their number.
   *
   * @default `aws`
   */
  partition?: Input<string>;
}

/** A user, a role or an account of AWS that may assume the role. */
export interface AwsPrincipalArgs {
  /**
   * ARN of a user or role, or the 12 digits of an account. An account trusts every identity that it lets assume the
   * role.
   */
  principal: Input<string>;
  /**
   * Required value when the role is assumed: the `externalId` of the location's `sts` credentials. It is needed if the
   * other side is not yours, or also serves others.
   *
   * @default none is required
   */
  externalId?: Input<string>;
}

/** A service account of an EKS cluster that may assume the role. */
export interface AwsServiceAccountArgs {
  /**
   * ARN of the OIDC provider, `arn:aws:iam::123456789012:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/…`:
   * `aws.iam.OpenIdConnectProvider`'s `arn`.
   */
  oidcProviderArn: Input<string>;
  /**
   * Velero's namespace.
   *
   * @default `velero`
   */
  namespace?: Input<string>;
  /** Name of Velero's service account: `velero-server` if Helm's chart created it, `velero` if `velero install` did. */
  serviceAccount: Input<string>;
  /**
   * Audience of the tokens.
   *
   * @default `sts.amazonaws.com`
   */
  audience?: Input<string>;
}

/**
 * Returns the trust policy of a role: the document for `aws.iam.Role`'s `assumeRolePolicy`. The statements are those
 * that Spectro Cloud Palette documents for dynamic credentials
 * ([guide](https://docs.spectrocloud.com/clusters/cluster-management/backup-restore/add-backup-location-dynamic/)): a
 * principal with an external ID, a principal of another account, and an EKS cluster's service account. The last one has
 * its exact subject, `system:serviceaccount:<namespace>:<name>`, where Palette has to leave the namespace open.
 *
 * Throws for an invalid principal, OIDC provider or service account, and if none is given.
 *
 * @example
 * ```ts
 * const role = new aws.iam.Role("velero", {
 *   assumeRolePolicy: velero.iam.awsTrustPolicy({
 *     serviceAccounts: [{ oidcProviderArn: cluster.oidcProviderArn, serviceAccount: "velero-server" }],
 *   }),
 * });
 * ```
 */
export function awsTrustPolicy(args: AwsTrustPolicyArgs): Output<string> {
  return fromInputs(args, awsTrustPolicyDocument);
}

interface Principal {
  principal: string;
  externalId?: string | undefined;
}

interface ServiceAccount {
  oidcProviderArn: string;
  namespace?: string | undefined;
  serviceAccount: string;
  audience?: string | undefined;
}

interface Trust {
  principals?: readonly Principal[] | undefined;
  serviceAccounts?: readonly ServiceAccount[] | undefined;
  partition?: string | undefined;
}

export function awsTrustPolicyDocument({
  principals = [],
  serviceAccounts = [],
  partition = "aws",
}: Trust): string {
  refuse(
    "awsTrustPolicy",
    unlike("partition", partition, PARTITION, PARTITIONS),
    principals.length + serviceAccounts.length === 0 &&
      "nobody could assume the role: name at least one of `principals` or `serviceAccounts`.",
    ...principals.flatMap((each, index) => principalProblems(each, `principals[${index}]`)),
    ...serviceAccounts.flatMap((each, index) => accountProblems(each, `serviceAccounts[${index}]`)),
  );
  return policyDocument([
    ...principals.map((each) => principalStatement(each, partition)),
    ...serviceAccounts.map(accountStatement),
  ]);
}

const principalStatement = ({ principal, externalId }: Principal, partition: string) => ({
  Effect: "Allow",
  Principal: { AWS: ACCOUNT.test(principal) ? `arn:${partition}:iam::${principal}:root` : principal },
  Action: "sts:AssumeRole",
  ...(externalId !== undefined && { Condition: { StringEquals: { "sts:ExternalId": externalId } } }),
});

function accountStatement({
  oidcProviderArn,
  namespace = "velero",
  serviceAccount,
  audience = "sts.amazonaws.com",
}: ServiceAccount) {
  const issuer = oidcProviderArn.slice(oidcProviderArn.indexOf(MARK) + MARK.length);
  return {
    Effect: "Allow",
    Principal: { Federated: oidcProviderArn },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: {
      StringEquals: {
        [`${issuer}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
        [`${issuer}:aud`]: audience,
      },
    },
  };
}

const MARK = ":oidc-provider/";
const ACCOUNT = /^\d{12}$/;

const principalProblems = ({ principal, externalId }: Principal, at: string) => [
  unlike(
    `${at}.principal`,
    principal,
    /^(\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:(root|(user|role|assumed-role)\/[\w+=,.@/-]+))$/,
    'an account\'s 12 digits or the ARN of a user or role; "*" would trust everybody in AWS',
  ),
  unlike(
    `${at}.externalId`,
    externalId,
    /^[\w+=,.@:/-]{2,1224}$/,
    "2 to 1224 letters, digits and characters of _+=,.@:/-",
  ),
];

const accountProblems = (
  { oidcProviderArn, namespace, serviceAccount, audience }: ServiceAccount,
  at: string,
) => [
  unlike(
    `${at}.oidcProviderArn`,
    oidcProviderArn,
    /^arn:aws[a-z-]*:iam::\d{12}:oidc-provider\/[^\s*?$]+$/,
    "an OIDC provider's ARN, arn:aws:iam::123456789012:oidc-provider/…, and not the issuer's URL",
  ),
  unlike(
    `${at}.namespace`,
    namespace,
    LABEL,
    "the namespace's exact name: who else could be meant could assume the role",
  ),
  unlike(
    `${at}.serviceAccount`,
    serviceAccount,
    SUBDOMAIN,
    "the service account's exact name: who else could be meant could assume the role",
  ),
  unlike(`${at}.audience`, audience, /^[^\s*?$]+$/, "the exact audience of the tokens"),
];

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
