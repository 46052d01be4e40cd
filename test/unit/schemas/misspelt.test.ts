import { expect, test } from "vitest";
import { namesOfCluster } from "../../../provider/schemas/cluster-location.ts";
import type { ClusterArgs } from "../../../sdk/index.ts";
import type { Inputs, Kind } from "../kinds/arbitrary-inputs.ts";
import { checked } from "../kinds/declared.ts";

const minio = (more: Inputs) => ({
  storage: {
    minio: { bucket: "backups", endpoint: "http://127.0.0.1:9000", credentials: { static: keys }, ...more },
  },
});
const keys = { accessKeyId: "a", secretAccessKey: "b" };

test.each<[Kind, Inputs, string, string]>([
  ["BackupLocation", { storge: {} }, "storge", "storage"],
  ["BackupLocation", { cluster: {} }, "cluster", "clusters"],
  ["BackupLocation", { repositoryPasword: "x" }, "repositoryPasword", "repositoryPassword"],
  ["BackupLocation", { validationFrequenzy: "1h" }, "validationFrequenzy", "validationFrequency"],
  ["BackupLocation", minio({ bukcet: "x" }), "storage.minio.bukcet", "bucket"],
  [
    "BackupLocation",
    minio({ credentials: { static: { ...keys, accesKeyId: "x" } } }),
    "storage.minio.credentials.static.accesKeyId",
    "accessKeyId",
  ],
  [
    "BackupLocation",
    minio({ credentials: { static: { ...keys, sessionToken: { evn: "TOKEN" } } } }),
    "storage.minio.credentials.static.sessionToken.evn",
    "env",
  ],
  [
    "ClusterLocation",
    { connection: { ambient: true, acessMode: "x" } },
    "clusters.east.acessMode",
    "accessMode",
  ],
  ["ClusterLocation", { connection: { ambient: true, prefx: "x" } }, "clusters.east.prefx", "prefix"],
  ["ClusterBackup", { includeNamespaces: ["shop"] }, "includeNamespaces", "includedNamespaces"],
  ["ClusterBackup", { scheduel: "@daily" }, "scheduel", "schedule"],
  ["ClusterBackup", { timeouts: { craete: "1h" } }, "timeouts.craete", "create"],
  ["ClusterBackup", { labelSelector: { matchLabel: {} } }, "labelSelector.matchLabel", "matchLabels"],
  [
    "ClusterBackup",
    { hooks: { resources: [{ name: "x", pre: [{ exec: { command: ["x"], onErorr: "Fail" } }] }] } },
    "hooks.resources.0.pre.0.exec.onErorr",
    "onError",
  ],
  ["WorkspaceBackup", { cluster: "east" }, "cluster", "clusters"],
  ["Restore", { namespaceMaping: {} }, "namespaceMaping", "namespaceMapping"],
  ["Restore", { clusterMaping: {} }, "clusterMaping", "clusterMapping"],
  [
    "Restore",
    { resourceModifiers: [{ conditions: { groupResource: "pods", namespace: ["a"] } }] },
    "resourceModifiers.0.conditions.namespace",
    "namespaces",
  ],
])("a %s with %j is told the name that is near", async (kind, declared, path, name) => {
  const { failures } = await checked(kind, declared);
  expect(failures).toContainEqual(
    expect.stringContaining(
      `${path}: there is no such property here (is \`${name}\` meant?): mend its spelling`,
    ),
  );
});

test("and never one that no program says", async () => {
  for (const internal of ["ownr", "conection", "stroage"]) {
    const { failures } = await checked("ClusterBackup", { [internal]: "x" });
    expect(failures).toEqual([expect.stringContaining(`${internal}: there is no such property here: mend`)]);
  }
});

test("all that a program may say of a cluster counts", () => {
  const said: Record<keyof ClusterArgs, true> = {
    ...{ provider: true, kubeconfig: true, ambient: true, offline: true, context: true, dependsOn: true },
    ...{ namespace: true, accessMode: true, prefix: true, takeOver: true, adopt: true, reads: true },
    ...{ default: true, credentials: true, storage: true },
  };
  expect([...namesOfCluster].toSorted()).toEqual(Object.keys(said).toSorted());
});
