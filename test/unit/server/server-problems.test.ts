import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { VeleroServer, type VeleroServerArgs } from "../../../sdk/index.ts";
import { serverProblems } from "../../../sdk/server/server-problems.ts";

const problemsOf = (args: object) => serverProblems({ stores: ["aws"], ...args } as VeleroServerArgs);

describe("Of a server's arguments", () => {
  test.each<[object, string]>([
    [{ stores: [] }, "`stores` is empty, and Velero could store nothing. Name at least one of aws,"],
    [{ stores: undefined }, "`stores` is empty"],
    [{ stores: ["s3"] }, '`stores` names "s3", for which there is no plugin: aws, minio, gcp'],
    [{ nodeagent: true }, "`nodeagent` is no option. There are: stores, namespace,"],
    [{ chart: { repo: "x" } }, "`chart.repo` is no option. There are: version,"],
    [{ rights: { restore: [] } }, "`rights.restore` is no option. There are: reads,"],
    [{ workloadIdentity: { ibm: {} } }, "`workloadIdentity.ibm` is no option. There are: aws,"],
    [{ nodeAgent: { cpu: 1 } }, "`nodeAgent.cpu` is no option."],
    [{ workloadIdentity: { aws: { roleArn: "velero" } } }, "must be a role's ARN."],
    [
      { workloadIdentity: { gcp: { serviceAccountEmail: "a@b.iam.gserviceaccount.com" } } },
      "`workloadIdentity.gcp` is for a store that `stores` does not name.",
    ],
    [
      { stores: ["gcp"], workloadIdentity: { gcp: { serviceAccountEmail: "velero" } } },
      '`workloadIdentity.gcp.serviceAccountEmail` is "velero", and must be a Google service account',
    ],
    [
      { stores: ["azure"], workloadIdentity: { azure: { clientId: "velero" } } },
      '`workloadIdentity.azure.clientId` is "velero", and must be a client',
    ],
    [{ version: "latest" }, '`version` is "latest", and must be a version of Velero\'s'],
    [{ chart: { version: "v12" } }, '`chart.version` is "v12", and must be'],
    [{ image: "r:5000/velero:v1" }, "must be an image without its tag, which is `version`"],
    [{ chart: { path: "./c", repository: "https://c" } }, "`chart` has both `path` and `repository`"],
    [{ plugins: [{ name: "p", image: "r:5000/p" }] }, "`plugins[0].image` is"],
    [{ plugins: [{ image: "p:1" }] }, "`plugins[0]` needs `name` and `image`."],
    [{ resources: { limits: { memory: "1 GB" } } }, '`resources.limits.memory` is "1 GB", and'],
    [
      { nodeAgent: { resources: { requests: { cpu: "half" } } } },
      '`nodeAgent.resources.requests.cpu` is "half", and must be a quantity',
    ],
    [{ rights: "readOnly" }, '`rights` is "readOnly", and must be "clusterAdmin" or an object.'],
    [{ timeout: 0 }, "`timeout` is 0, and must be a number of seconds above 0."],
    [{ namespace: "Velero" }, '`namespace` is "Velero", and must be'],
    [{ releaseName: "a_b" }, '`releaseName` is "a_b", and must be'],
    [{ serviceAccount: { name: "a b" } }, '`serviceAccount.name` is "a b", and must be'],
  ])("%j is refused", (args, problem) => {
    expect(problemsOf(args)).toEqual([expect.stringContaining(problem)]);
  });

  test.each<[object]>([
    [{ image: "registry.example.com:5000/velero/velero" }],
    [{ plugins: [{ name: "p", image: `p@sha256:${"0".repeat(64)}` }] }],
    [{ resources: { requests: { cpu: "0.5", memory: "1Gi" }, limits: { cpu: "2" } } }],
    [{ workloadIdentity: { aws: { roleArn: "arn:aws-us-gov:iam::123456789012:role/a/b" } } }],
    [{ stores: ["minio"], workloadIdentity: { aws: { roleArn: "arn:aws:iam::123456789012:role/a" } } }],
    [{ namespace: pulumi.output("X"), version: pulumi.output("latest") }],
  ])("%j is fine", (args) => {
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
