import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { VeleroServer, type VeleroServerArgs } from "../../../sdk/index.ts";
import { serverProblems } from "../../../sdk/server/server-problems.ts";

const problemsOf = (args: object) => serverProblems({ stores: ["aws"], ...args } as VeleroServerArgs);

describe("Of a server's arguments", () => {
  test.each<[string, object, string]>([
    [
      "no store",
      { stores: [] },
      "`stores` is empty, and Velero could store nothing. Name at least one of aws,",
    ],
    ["stores that were forgotten", { stores: undefined }, "`stores` is empty"],
    [
      "an unknown store",
      { stores: ["s3"] },
      '`stores` names "s3", for which there is no plugin: aws, minio, gcp',
    ],
    ["a misspelt option", { nodeagent: true }, "`nodeagent` is no option. There are: stores, namespace,"],
    ["one of the chart's", { chart: { repo: "x" } }, "`chart.repo` is no option. There are: version,"],
    ["one of the rights'", { rights: { restore: [] } }, "`rights.restore` is no option. There are: reads,"],
    ["a cloud", { workloadIdentity: { ibm: {} } }, "`workloadIdentity.ibm` is no option. There are: aws,"],
    ["one of the node agent's", { nodeAgent: { cpu: 1 } }, "`nodeAgent.cpu` is no option."],
    ["a role that is none", { workloadIdentity: { aws: { roleArn: "velero" } } }, "must be a role's ARN."],
    [
      "a cloud without its store",
      { workloadIdentity: { gcp: { serviceAccountEmail: "a@b.iam.gserviceaccount.com" } } },
      "`workloadIdentity.gcp` is for a store that `stores` does not name.",
    ],
    [
      "an address that is none",
      { stores: ["gcp"], workloadIdentity: { gcp: { serviceAccountEmail: "velero" } } },
      '`workloadIdentity.gcp.serviceAccountEmail` is "velero", and must be a Google service account',
    ],
    [
      "an ID that is none",
      { stores: ["azure"], workloadIdentity: { azure: { clientId: "velero" } } },
      '`workloadIdentity.azure.clientId` is "velero", and must be a client',
    ],
    ["a version", { version: "latest" }, '`version` is "latest", and must be a version of Velero\'s'],
    ["a chart's version", { chart: { version: "v12" } }, '`chart.version` is "v12", and must be'],
    [
      "an image with its tag",
      { image: "r:5000/velero:v1" },
      "must be an image without its tag, which is `version`",
    ],
    [
      "two charts",
      { chart: { path: "./c", repository: "https://c" } },
      "`chart` has both `path` and `repository`",
    ],
    ["a plugin without a tag", { plugins: [{ name: "p", image: "r:5000/p" }] }, "`plugins[0].image` is"],
    ["a plugin without a name", { plugins: [{ image: "p:1" }] }, "`plugins[0]` needs `name` and `image`."],
    ["a quantity", { resources: { limits: { memory: "1 GB" } } }, '`resources.limits.memory` is "1 GB", and'],
    [
      "the node agent's quantity",
      { nodeAgent: { resources: { requests: { cpu: "half" } } } },
      '`nodeAgent.resources.requests.cpu` is "half", and must be a quantity',
    ],
    [
      "rights by a word",
      { rights: "readOnly" },
      '`rights` is "readOnly", and must be "clusterAdmin" or an object.',
    ],
    ["no time", { timeout: 0 }, "`timeout` is 0, and must be a number of seconds above 0."],
    ["a namespace's name", { namespace: "Velero" }, '`namespace` is "Velero", and must be'],
    ["a release's name", { releaseName: "a_b" }, '`releaseName` is "a_b", and must be'],
    ["an account's name", { serviceAccount: { name: "a b" } }, '`serviceAccount.name` is "a b", and must be'],
  ])("%s is refused", (_what, args, problem) => {
    expect(problemsOf(args)).toEqual([expect.stringContaining(problem)]);
  });

  test.each<[string, object]>([
    ["an image in a registry with a port", { image: "registry.example.com:5000/velero/velero" }],
    ["a plugin by its digest", { plugins: [{ name: "p", image: `p@sha256:${"0".repeat(64)}` }] }],
    ["quantities", { resources: { requests: { cpu: "0.5", memory: "1Gi" }, limits: { cpu: "2" } } }],
    [
      "GovCloud's role",
      { workloadIdentity: { aws: { roleArn: "arn:aws-us-gov:iam::123456789012:role/a/b" } } },
    ],
    [
      "AWS's role beside MinIO",
      { stores: ["minio"], workloadIdentity: { aws: { roleArn: "arn:aws:iam::123456789012:role/a" } } },
    ],
    ["outputs, which are known later", { namespace: pulumi.output("X"), version: pulumi.output("latest") }],
  ])("%s is fine", (_what, args) => {
    expect(problemsOf(args)).toEqual([]);
  });

  test("all that is wrong is thrown at once, with the resource's name, and that there is no cluster", () => {
    const args = { stores: ["s3"], version: "1.18" } as unknown as VeleroServerArgs;
    expect(() => new VeleroServer("velero", args)).toThrow(
      new RegExp(
        [
          '^VeleroServer "velero": `stores` names "s3", .*',
          'VeleroServer "velero": `version` is "1.18", .*',
          'VeleroServer "velero": there is no k8s\\.Provider among its options, .* Give `{ provider }`, .*$',
        ].join("\n"),
      ),
    );
  });
});
