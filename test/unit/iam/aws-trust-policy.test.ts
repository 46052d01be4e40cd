import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { iam } from "../../../sdk/index.ts";
import { valueOf } from "./value-of.ts";

const { awsTrustPolicy } = iam;

const issuer = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
const oidcProviderArn = `arn:aws:iam::123456789012:oidc-provider/${issuer}`;

const documentOf = async (policy: pulumi.Output<string>): Promise<unknown> =>
  JSON.parse(await valueOf(policy));

const trusting = (...statements: object[]) => ({
  Version: "2012-10-17",
  Statement: statements.map((statement) => ({ Effect: "Allow", ...statement })),
});

test("an account is trusted if it tells the external ID", async () => {
  const policy = awsTrustPolicy({
    principals: [{ principal: "123456789012", externalId: "acme-production" }],
  });
  expect(await documentOf(policy)).toEqual(
    trusting({
      Principal: { AWS: "arn:aws:iam::123456789012:root" },
      Action: "sts:AssumeRole",
      Condition: { StringEquals: { "sts:ExternalId": "acme-production" } },
    }),
  );
});

test("across accounts another account, or one role or user of it, is trusted as it is", async () => {
  const role = "arn:aws:iam::210987654321:role/eks/nodes";
  const user = "arn:aws:iam::210987654321:user/deployer@acme.com";
  const policy = awsTrustPolicy({
    principals: [{ principal: "210987654321" }, { principal: role }, { principal: user }],
  });
  const trusted = (AWS: string) => ({ Principal: { AWS }, Action: "sts:AssumeRole" });
  expect(await documentOf(policy)).toEqual(
    trusting(trusted("arn:aws:iam::210987654321:root"), trusted(role), trusted(user)),
  );
});

test("a cluster's service account is trusted by its exact subject and audience", async () => {
  const policy = awsTrustPolicy({ serviceAccounts: [{ oidcProviderArn, serviceAccount: "velero-server" }] });
  expect(await documentOf(policy)).toEqual(
    trusting({
      Principal: { Federated: oidcProviderArn },
      Action: "sts:AssumeRoleWithWebIdentity",
      Condition: {
        StringEquals: {
          [`${issuer}:sub`]: "system:serviceaccount:velero:velero-server",
          [`${issuer}:aud`]: "sts.amazonaws.com",
        },
      },
    }),
  );
});

test("namespace and audience may be others, and several clusters share a role by a statement each", async () => {
  const other = oidcProviderArn.replace("eu-west-1", "eu-north-1").replace("arn:aws:", "arn:aws-cn:");
  const policy = awsTrustPolicy({
    serviceAccounts: [
      { oidcProviderArn, namespace: "backup", serviceAccount: "velero" },
      { oidcProviderArn: other, serviceAccount: "velero.server", audience: "sts.amazonaws.com.cn" },
    ],
  });
  const [first, second] = ((await documentOf(policy)) as { Statement: { Condition: unknown }[] }).Statement;
  expect(first?.Condition).toEqual({
    StringEquals: {
      [`${issuer}:sub`]: "system:serviceaccount:backup:velero",
      [`${issuer}:aud`]: "sts.amazonaws.com",
    },
  });
  const otherIssuer = issuer.replace("eu-west-1", "eu-north-1");
  expect(second).toMatchObject({
    Principal: { Federated: other },
    Condition: {
      StringEquals: {
        [`${otherIssuer}:sub`]: "system:serviceaccount:velero:velero.server",
        [`${otherIssuer}:aud`]: "sts.amazonaws.com.cn",
      },
    },
  });
});

test("the scenarios go together in one policy, in the partition that is said", async () => {
  const policy = awsTrustPolicy({
    partition: pulumi.output("aws-us-gov"),
    principals: [pulumi.output({ principal: "123456789012", externalId: "acme" })],
    serviceAccounts: Promise.resolve([
      { oidcProviderArn: pulumi.output(oidcProviderArn), serviceAccount: "velero" },
    ]),
  });
  expect(await documentOf(policy)).toMatchObject({
    Statement: [
      { Principal: { AWS: "arn:aws-us-gov:iam::123456789012:root" } },
      { Principal: { Federated: oidcProviderArn } },
    ],
  });
});

test("an external ID that is a secret makes the policy one", async () => {
  const principals = [{ principal: "123456789012", externalId: pulumi.secret("acme") }];
  expect(await pulumi.isSecret(awsTrustPolicy({ principals }))).toBe(true);
});

test.each([{}, { principals: [] }, { principals: [], serviceAccounts: [] }])(
  "a policy of nobody is refused: %j",
  (args) => {
    expect(() => awsTrustPolicy(args)).toThrow("iam.awsTrustPolicy: nobody could assume the role");
  },
);

test.each([
  "*",
  "12345678901",
  "arn:aws:iam::*:root",
  "arn:aws:iam::123456789012:role/*",
  "arn:aws:iam::123456789012:group/admins",
  "arn:aws:s3:::acme-backups",
  "ec2.amazonaws.com",
])("%j is no principal", (principal) => {
  expect(() => awsTrustPolicy({ principals: [{ principal: "123456789012" }, { principal }] })).toThrow(
    `iam.awsTrustPolicy: \`principals[1].principal\` is ${JSON.stringify(principal)}, and must be an account's 12 digits or the ARN`,
  );
});

test.each(["a", "two words", "*".repeat(3), ""])("%j is no external ID", (externalId) => {
  expect(() => awsTrustPolicy({ principals: [{ principal: "123456789012", externalId }] })).toThrow(
    `\`principals[0].externalId\` is ${JSON.stringify(externalId)}`,
  );
});

test.each([
  ["oidcProviderArn", `https://${issuer}`],
  ["oidcProviderArn", "arn:aws:iam::123456789012:role/velero"],
  ["namespace", "*"],
  ["namespace", "Velero"],
  ["serviceAccount", "velero-*"],
  ["serviceAccount", "velero:server"],
  ["serviceAccount", ""],
  ["audience", "*"],
])("the %s of a service account cannot be %j", (property, value) => {
  const serviceAccounts = [{ oidcProviderArn, serviceAccount: "velero", [property]: value }];
  expect(() => awsTrustPolicy({ serviceAccounts })).toThrow(
    `iam.awsTrustPolicy: \`serviceAccounts[0].${property}\` is ${JSON.stringify(value)}, and must be`,
  );
});
