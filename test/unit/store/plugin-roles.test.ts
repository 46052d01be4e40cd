import type { Resolved } from "../../../provider/core/secrets.ts";
import { expect, test } from "vitest";
import { pluginConfig } from "../../../provider/store/plugin-config.ts";
import type { AwsStorage, StsCredentials } from "../../../provider/store/storage-config.ts";

const roleArn = "arn:aws:iam::123456789012:role/velero";
const keys = { static: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret\n" } };
const withRole = (sts: Partial<Resolved<StsCredentials>>, more: Partial<Resolved<AwsStorage>> = {}) =>
  pluginConfig({
    aws: { bucket: "backups", region: "eu-west-1", credentials: { sts: { roleArn, ...sts } }, ...more },
  });

const role = [`role_arn = ${roleArn}`];
const session = ["role_session_name = velero"];
const region = ["region = eu-west-1"];
const base = ["[base]", "aws_access_key_id = AKIAEXAMPLE", "aws_secret_access_key = secret"];
const token = "/var/run/secrets/eks.amazonaws.com/serviceaccount/token";

test.each<[Partial<Resolved<StsCredentials>>, Partial<Resolved<AwsStorage>>, string[]]>([
  [{}, {}, ["[default]", ...role, "credential_source = Ec2InstanceMetadata", ...session, ...region]],
  [
    { source: keys, externalId: "stack-1", durationSeconds: 7200 },
    {},
    [
      "[default]",
      ...role,
      "source_profile = base",
      "external_id = stack-1",
      ...session,
      "duration_seconds = 7200",
      ...region,
      ...base,
    ],
  ],
  [
    { source: { webIdentity: {} } },
    {},
    ["[default]", ...role, `web_identity_token_file = ${token}`, ...session, ...region],
  ],
  [
    { source: { webIdentity: { roleArn: "arn:aws:iam::1:role/sa", tokenFile: "/t" } }, externalId: "x" },
    {},
    [
      "[default]",
      ...role,
      "source_profile = base",
      "external_id = x",
      ...session,
      ...region,
      "[base]",
      "role_arn = arn:aws:iam::1:role/sa",
      "web_identity_token_file = /t",
      ...session,
    ],
  ],
  [
    { source: keys },
    { endpoint: "https://s3.example.com", region: "de" },
    [
      "[default]",
      ...role,
      "source_profile = base",
      ...session,
      "region = de",
      "services = store",
      ...base,
      "[services store]",
      "sts =",
      "  endpoint_url = https://s3.example.com",
    ],
  ],
  [
    {},
    { endpoint: "https://bucket.vpce-1.s3.eu-west-1.vpce.amazonaws.com" },
    ["[default]", ...role, "credential_source = Ec2InstanceMetadata", ...session, ...region],
  ],
])("lets Velero assume the role by %j", (sts, more, lines) => {
  expect(withRole(sts, more).credentialFile).toBe(`${lines.join("\n")}\n`);
});

test.each([
  ["arn:aws:iam::1:role/velero", "us-east-1"],
  ["arn:aws-cn:iam::1:role/velero", "cn-north-1"],
  ["arn:aws-us-gov:iam::1:role/velero", "us-gov-west-1"],
])("asks for %s where no region is declared in %s", (arn, expected) => {
  const { config, credentialFile } = withRole({ roleArn: arn }, { region: undefined });
  expect(config).toEqual({});
  expect(credentialFile).toContain(`\nregion = ${expected}\n`);
});

test("gives Velero no file where it has a role of its own", () => {
  const credentials = { workloadIdentity: { roleArn } };
  expect(pluginConfig({ aws: { bucket: "backups", region: "eu-west-1", credentials } })).toEqual({
    provider: "aws",
    bucket: "backups",
    config: { region: "eu-west-1" },
  });
});

test("refuses an external ID that would add lines to the file", () => {
  expect(() => withRole({ externalId: "x\nrole_arn = y" })).toThrow(
    "storage.aws.credentials.sts.externalId: holds a line break",
  );
});
