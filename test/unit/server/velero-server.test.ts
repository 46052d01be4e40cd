import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as velero from "../../../sdk/index.ts";
import { valueOf } from "../iam/value-of.ts";

interface Made {
  type: string;
  name: string;
  provider: string | undefined;
  inputs: Record<string, unknown>;
}

const RELEASE = "kubernetes:helm.sh/v3:Release";

let made: Made[] = [];
/** Until it is resolved no Release is there. */
let velerosUp: Promise<void> | undefined;

beforeAll(() =>
  pulumi.runtime.setMocks(
    {
      newResource: async ({ type, name, provider, inputs }) => {
        if (type === RELEASE) await velerosUp;
        made.push({ type, name, provider, inputs });
        return { id: `${name}-id`, state: inputs };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "project",
    "stack",
    false,
  ),
);
beforeEach(() => {
  made = [];
  velerosUp = undefined;
});

const cluster = () => new k8s.Provider("east", { kubeconfig: "kubeconfig of east" });
const install = (args: Partial<velero.VeleroServerArgs> = {}, provider = cluster()) =>
  new velero.VeleroServer("velero", { stores: ["minio"], ...args }, { provider });

const kinds = () => made.map(({ type, name }) => `${type} ${name}`);
async function madeAs(type: string): Promise<Made> {
  await expect.poll(kinds).toContainEqual(expect.stringContaining(type));
  return made.find((each) => each.type.endsWith(type))!;
}
const release = async () => (await madeAs(RELEASE)).inputs;

describe("A server of which only the store is said", () => {
  test("is a release of the pinned chart, in a namespace that Helm makes and leaves", async () => {
    install();
    const { values, ...inputs } = await release();
    expect(inputs).toEqual({
      chart: "velero",
      version: "12.1.0",
      repositoryOpts: { repo: "https://vmware-tanzu.github.io/helm-charts" },
      name: "velero",
      namespace: "velero",
      createNamespace: true,
      compat: "true",
    });
    expect(values).toMatchObject({ image: { tag: "v1.18.3" }, deployNodeAgent: false });
    expect(kinds().toSorted()).toEqual([
      `${RELEASE} velero`,
      "pulumi:providers:kubernetes east",
      "velero:index:VeleroServer velero",
    ]);
  });

  test("has Helm wait until Velero is up: that is what others wait for", async () => {
    install();
    for (const option of ["skipAwait", "skipCrds", "disableCRDHooks", "disableWebhooks"])
      expect(await release()).not.toHaveProperty(option);
  });

  test("goes before another takes its place, whose objects have the same names", async () => {
    const asked: [string, boolean | undefined][] = [];
    const transformations: pulumi.ResourceTransformation[] = [
      ({ type, opts }) => void asked.push([type, (opts as pulumi.CustomResourceOptions).deleteBeforeReplace]),
    ];
    new velero.VeleroServer("velero", { stores: ["aws"] }, { provider: cluster(), transformations });
    await release();
    expect(asked).toContainEqual([RELEASE, true]);
  });

  test("goes into the cluster of its provider", async () => {
    const provider = cluster();
    install({}, provider);
    expect((await madeAs(RELEASE)).provider).toBe(`${await valueOf(provider.urn)}::east-id`);
  });

  test("takes the provider of the component in which it is", async () => {
    const provider = cluster();
    const platform = new pulumi.ComponentResource("acme:index:Platform", "platform", {}, { provider });
    const server = new velero.VeleroServer("velero", { stores: ["gcp"] }, { parent: platform });
    expect(server.cluster.provider).toBe(provider);
    expect((await madeAs(RELEASE)).provider).toBe(`${await valueOf(provider.urn)}::east-id`);
  });
});

describe("What is said", () => {
  test.each<[Partial<velero.VeleroServerArgs>, object]>([
    [{ namespace: "backup-system" }, { namespace: "backup-system", createNamespace: true }],
    [{ createNamespace: false }, { createNamespace: false }],
    [{ releaseName: "backups" }, { name: "backups" }],
    [{ timeout: 900 }, { timeout: 900 }],
    [{ chart: { version: "12.2.0" } }, { version: "12.2.0", chart: "velero" }],
    [
      { chart: { repository: "https://charts.example.com" } },
      { repositoryOpts: { repo: "https://charts.example.com" } },
    ],
    [{ chart: { path: "oci://r/velero" } }, { chart: "oci://r/velero", version: "12.1.0" }],
  ])("as %j, is what Helm is told", async (args, inputs) => {
    install(args);
    expect(await release()).toMatchObject(inputs);
  });

  test("a chart's own place leaves the repository out", async () => {
    install({ chart: { path: "./charts/velero" } });
    expect(await release()).not.toHaveProperty("repositoryOpts");
  });

  test("a secret among the values stays one: mocks get all values as one, and without it none", async () => {
    const password = pulumi.secret("of the proxy");
    install({ values: { configuration: { extraEnvVars: [{ name: "PROXY", value: password }] } } });
    const { values, ...others } = await release();
    const isSecret = { [pulumi.runtime.specialSigKey]: pulumi.runtime.specialSecretSig };
    expect(values).toMatchObject({
      ...isSecret,
      value: { configuration: { extraEnvVars: [{ name: "PROXY", value: "of the proxy" }] } },
    });
    expect(JSON.stringify(others)).not.toContain(pulumi.runtime.specialSecretSig);
  });

  test("as an output, reaches the chart when it is known", async () => {
    const roleArn = pulumi.output("arn:aws:iam::123456789012:role/velero");
    install({ stores: ["aws"], workloadIdentity: { aws: { roleArn } }, namespace: pulumi.output("backups") });
    expect(await release()).toMatchObject({
      namespace: "backups",
      values: {
        serviceAccount: {
          server: { annotations: { "eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/velero" } },
        },
      },
    });
  });
});

describe("Rights of its own", () => {
  test("are a role, bound to Velero's service account before there is a Velero", async () => {
    install({
      rights: { hooks: true },
      csiSnapshots: true,
      namespace: "backups",
      serviceAccount: { name: "velero-of-acme" },
    });
    const { values } = await release();
    expect(values).toMatchObject({ rbac: { create: true, clusterAdministrator: false } });
    const order = kinds().filter((kind) => /Role|Release/.test(kind));
    expect(order).toEqual([
      "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole velero-rights",
      "kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding velero-rights",
      `${RELEASE} velero`,
    ]);
    const { rules } = velero.rbac.server({ hooks: true, csiSnapshots: true });
    expect((await madeAs(":ClusterRole")).inputs).toMatchObject({
      metadata: { name: "velero-server-backups" },
      rules,
    });
    expect((await madeAs(":ClusterRoleBinding")).inputs).toMatchObject({
      metadata: { name: "velero-server-backups" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "velero-server-backups" },
      subjects: [{ kind: "ServiceAccount", name: "velero-of-acme", namespace: "backups" }],
    });
  });

  test.each(["clusterAdmin", undefined] as const)("are none where they are %s", async (rights) => {
    install(rights === undefined ? {} : { rights });
    await release();
    expect(kinds().filter((kind) => kind.includes("Role"))).toEqual([]);
  });
});

describe("Its cluster", () => {
  const storage = {
    minio: {
      bucket: "backups",
      endpoint: "https://minio:9000",
      credentials: { static: { accessKeyId: { env: "KEY" }, secretAccessKey: { env: "SECRET" } } },
    },
  };

  test("is a location's way to it, with Velero's namespace, and waits until Velero is up", async () => {
    let arrives = () => {};
    velerosUp = new Promise((resolve) => (arrives = resolve));
    const server = install({ namespace: "backups" });
    const location = new velero.BackupLocation("primary", { storage, clusters: { east: server.cluster } });
    await valueOf(location.urn);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(kinds().filter((kind) => kind.includes("ClusterLocation"))).toEqual([]);

    arrives();
    const { inputs } = await madeAs(":ClusterLocation");
    expect(inputs).toMatchObject({
      namespace: "backups",
      connection: { value: { kubeconfig: "kubeconfig of east" } },
    });
    expect(kinds().indexOf(`${RELEASE} velero`)).toBeLessThan(
      kinds().findIndex((kind) => kind.includes("ClusterLocation")),
    );
  });

  test("can be said more about", async () => {
    const server = install();
    const clusters = {
      dr: { ...server.cluster, reads: ["east" as const] },
      east: { offline: true as const },
    };
    new velero.BackupLocation("primary", { storage, clusters });
    await expect.poll(kinds).toContain("pulumi-nodejs:dynamic/velero:ClusterLocation primary-dr");
    const { inputs } = made.find(({ name }) => name === "primary-dr")!;
    expect(inputs).toMatchObject({ reads: [{ cluster: "east" }] });
  });
});
