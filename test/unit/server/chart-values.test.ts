import { describe, expect, test } from "vitest";
import { chartValues } from "../../../sdk/server/chart-values.ts";
import type { VeleroServerArgs } from "../../../sdk/index.ts";

const roleArn = "arn:aws:iam::123456789012:role/velero";
const serviceAccountEmail = "velero@acme.iam.gserviceaccount.com";
const clientId = "11111111-2222-3333-4444-555555555555";

const valuesOf = (args: Partial<VeleroServerArgs>) => chartValues({ stores: ["minio"], ...args });

const pluginsIn = (args: Partial<VeleroServerArgs>) =>
  (valuesOf(args)["initContainers"] as { name: string; image: string }[]).map(
    ({ name, image }) => `${name}: ${image}`,
  );

test("The chart's values for a Velero of which only the store is said", () => {
  expect(valuesOf({})).toEqual({
    image: { tag: "v1.18.3" },
    initContainers: [
      {
        name: "velero-plugin-for-aws",
        image: "velero/velero-plugin-for-aws:v1.14.3",
        imagePullPolicy: "IfNotPresent",
        volumeMounts: [{ mountPath: "/target", name: "plugins" }],
      },
    ],
    resources: { requests: { cpu: "500m", memory: "128Mi" }, limits: { cpu: "1000m", memory: "512Mi" } },
    podLabels: {},
    serviceAccount: { server: { create: true, name: "velero-server", annotations: {} } },
    backupsEnabled: false,
    snapshotsEnabled: false,
    credentials: { useSecret: false },
    configuration: { backupStorageLocation: [], volumeSnapshotLocation: [] },
    rbac: { create: true, clusterAdministrator: true },
    cleanUpCRDs: false,
    deployNodeAgent: false,
  });
});

describe("Plugins", () => {
  test.each<[VeleroServerArgs["stores"], string[]]>([
    [["aws"], ["velero-plugin-for-aws: velero/velero-plugin-for-aws:v1.14.3"]],
    [["minio"], ["velero-plugin-for-aws: velero/velero-plugin-for-aws:v1.14.3"]],
    [["gcp"], ["velero-plugin-for-gcp: velero/velero-plugin-for-gcp:v1.14.3"]],
    [["azure"], ["velero-plugin-for-microsoft-azure: velero/velero-plugin-for-microsoft-azure:v1.14.3"]],
    [["aws", "minio", "aws"], ["velero-plugin-for-aws: velero/velero-plugin-for-aws:v1.14.3"]],
  ])("for %j are %j: Velero refuses to start with one twice", (stores, plugins) => {
    expect(pluginsIn({ stores })).toEqual(plugins);
  });

  test("of one's own are added, and take the place of a store's by their name", () => {
    const plugins = [
      { name: "velero-plugin-for-aws", image: "registry.example.com/velero-plugin-for-aws:v1.14.2" },
      { name: "openebs", image: "openebs/velero-plugin:3.6.0" },
    ];
    expect(pluginsIn({ stores: ["aws", "gcp"], plugins })).toEqual([
      "velero-plugin-for-aws: registry.example.com/velero-plugin-for-aws:v1.14.2",
      "velero-plugin-for-gcp: velero/velero-plugin-for-gcp:v1.14.3",
      "openebs: openebs/velero-plugin:3.6.0",
    ]);
  });
});

describe("An identity", () => {
  test.each<[VeleroServerArgs["workloadIdentity"], Record<string, string>]>([
    [{ aws: { roleArn } }, { "eks.amazonaws.com/role-arn": roleArn }],
    [{ gcp: { serviceAccountEmail } }, { "iam.gke.io/gcp-service-account": serviceAccountEmail }],
    [{ azure: { clientId } }, { "azure.workload.identity/client-id": clientId }],
    [
      { azure: { clientId, tenantId: clientId } },
      { "azure.workload.identity/client-id": clientId, "azure.workload.identity/tenant-id": clientId },
    ],
  ])("of %j is an annotation of the service account", (workloadIdentity, annotations) => {
    expect(valuesOf({ workloadIdentity })).toMatchObject({ serviceAccount: { server: { annotations } } });
  });

  test("of Azure labels the pods that come to the store, too: the server's and the node agent's", () => {
    const label = { "azure.workload.identity/use": "true" };
    expect(valuesOf({ workloadIdentity: { azure: { clientId } }, nodeAgent: true })).toMatchObject({
      podLabels: label,
      nodeAgent: { podLabels: label },
    });
    expect(valuesOf({ workloadIdentity: { aws: { roleArn } }, nodeAgent: true })).toMatchObject({
      podLabels: {},
      nodeAgent: { podLabels: {} },
    });
  });

  test("goes along with annotations that are said, which go before it", () => {
    const serviceAccount = {
      name: "backups",
      annotations: { "eks.amazonaws.com/role-arn": "other", team: "a" },
    };
    expect(valuesOf({ workloadIdentity: { aws: { roleArn } }, serviceAccount })).toMatchObject({
      serviceAccount: { server: { name: "backups", annotations: serviceAccount.annotations } },
    });
  });
});

describe("What is said", () => {
  test.each<[Partial<VeleroServerArgs>, object]>([
    [{ version: "v1.17.2" }, { image: { tag: "v1.17.2" } }],
    [
      { image: "registry.example.com/velero" },
      { image: { repository: "registry.example.com/velero", tag: "v1.18.3" } },
    ],
    [{ csiSnapshots: true }, { configuration: { features: "EnableCSI" } }],
    [{ nodeAgent: true }, { deployNodeAgent: true }],
    [
      {
        nodeAgent: {
          resources: { limits: { memory: "1Gi" } },
          tolerations: [{ operator: "Exists" }],
          nodeSelector: { pool: "workers" },
          podVolumePath: "/var/snap/pods",
        },
      },
      {
        deployNodeAgent: true,
        nodeAgent: {
          resources: { limits: { memory: "1Gi" } },
          tolerations: [{ operator: "Exists" }],
          nodeSelector: { pool: "workers" },
          podVolumePath: "/var/snap/pods",
        },
      },
    ],
    [{ rights: {} }, { rbac: { create: true, clusterAdministrator: false } }],
    [{ rights: "clusterAdmin" }, { rbac: { create: true, clusterAdministrator: true } }],
  ])("as %j, is what the chart is told", (args, values) => {
    expect(valuesOf(args)).toMatchObject(values);
  });

  test("of resources takes the place of all defaults", () => {
    expect(valuesOf({ resources: {} })["resources"]).toEqual({});
    const resources = { limits: { memory: "2Gi" } };
    expect(valuesOf({ resources })["resources"]).toEqual(resources);
  });

  test("nowhere is a feature that was not asked for", () => {
    expect(valuesOf({ csiSnapshots: false })["configuration"]).not.toHaveProperty("features");
  });

  test("as values goes before everything else", () => {
    const values = {
      image: { pullPolicy: "Always" },
      configuration: { features: "EnableCSI,Other", logLevel: "debug" },
      serviceAccount: { server: { annotations: { team: "a" } } },
      tolerations: [{ operator: "Exists" }],
    };
    expect(valuesOf({ csiSnapshots: true, workloadIdentity: { aws: { roleArn } }, values })).toMatchObject({
      image: { tag: "v1.18.3", pullPolicy: "Always" },
      configuration: { backupStorageLocation: [], features: "EnableCSI,Other", logLevel: "debug" },
      serviceAccount: {
        server: { name: "velero-server", annotations: { "eks.amazonaws.com/role-arn": roleArn, team: "a" } },
      },
      tolerations: [{ operator: "Exists" }],
    });
  });
});
