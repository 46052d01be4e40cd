import { describe, expect, test } from "vitest";
import { connect } from "../../../../provider/kubernetes/client.ts";
import { clusterLabel } from "../../../../provider/kubernetes/connection.ts";
import { stampOf } from "../../../../provider/core/identity.ts";
import { adoptBackup } from "../../../../provider/kinds/backup/adopt.ts";
import type { ClusterBackupOutputs } from "../../../../provider/schemas/cluster-backup.ts";
import { wishOf } from "../../../../provider/schemas/selection.ts";
import type { Backup, BackupSpec } from "../../../../provider/velero/types.ts";
import { startFakeApiServer } from "../../kubernetes/fake-api-server.ts";
import { captured as item } from "../restore/captured.ts";
import { fakeStore } from "../../store/fake-store.ts";
import { storeBackup } from "./store-backup.ts";
import { ANOTHER, state } from "./state.ts";
import { testSession } from "../../session.ts";

const BACKUPS = "/apis/velero.io/v1/namespaces/velero/backups";

/** As Velero's server leaves it where nothing is said of it. */
const asLeft: BackupSpec = {
  storageLocation: "primary-east",
  ttl: "720h0m0s",
  includedNamespaces: ["*"],
  excludedNamespaces: ["kube-secrets"],
  excludedResources: ["volumesnapshots.snapshot.storage.k8s.io", "secrets"],
  defaultVolumesToFsBackup: false,
  snapshotMoveData: false,
  csiSnapshotTimeout: "10m0s",
  itemOperationTimeout: "4h0m0s",
  hooks: { resources: [] },
  volumeGroupSnapshotLabelKey: "velero.io/volume-group",
};

interface Scene {
  live?: Partial<Backup> | undefined;
  captured?: BackupSpec;
  /** What lies in its tarball. */
  items?: Parameters<typeof storeBackup>[2];
}

/** Takes over the Backup "theirs", as it is in the cluster, by what is declared. */
async function adopting(
  declared: Partial<ClusterBackupOutputs> = {},
  { live = {}, captured = {}, items = [item("configmaps", "shop/prices")] }: Scene = {},
) {
  const store = fakeStore();
  await storeBackup(store, "theirs", items);
  const server = await startFakeApiServer();
  server.putAt(BACKUPS, {
    metadata: { name: "theirs", namespace: "velero", labels: { team: "shop" } },
    spec: { ...asLeft, ...captured },
    status: { phase: "Completed" },
    ...live,
  } as Backup);
  const client = await connect(testSession(), { kubeconfig: server.kubeconfig }, clusterLabel("east"));
  const aim = { ...state, adopt: "theirs", ...declared };
  return {
    aim,
    adopted: adoptBackup(client, aim, store).then(({ adopted }) => adopted),
    writes: () => server.requests.filter((request) => !request.startsWith("GET")),
    labels: () => server.at(`${BACKUPS}/theirs`)?.metadata.labels,
    annotations: () => server.at(`${BACKUPS}/theirs`)?.metadata.annotations,
  };
}

// The first one loads the Kubernetes client, which takes a while on a busy machine.
describe("A Backup that is there becomes ours", { timeout: 30_000 }, () => {
  test("by one write, which settles it as what is wanted, and leaves the rest of it as it is", async () => {
    const { aim, adopted, writes, labels, annotations } = await adopting();
    expect((await adopted).metadata.labels).toEqual(labels());
    const { labels: stamped, annotations: owner } = stampOf(state);
    expect(labels()).toEqual({
      team: "shop",
      ...stamped,
      "pulumi-velero.io/request": wishOf(aim),
      "pulumi-velero.io/accepted": "true",
    });
    expect(annotations()).toEqual(owner);
    expect(writes()).toEqual([`PATCH ${BACKUPS}/theirs`]);
  });

  test("without a write where a killed run has done it", async () => {
    const { labels } = stampOf(state);
    const settled = {
      ...labels,
      "pulumi-velero.io/request": wishOf({ ...state, adopt: "theirs" } as ClusterBackupOutputs),
    };
    const { adopted, writes } = await adopting(
      {},
      { live: { metadata: { name: "theirs", labels: settled } } },
    );
    expect((await adopted).metadata.name).toBe("theirs");
    expect(writes()).toEqual([]);
  });

  test.each<[Partial<ClusterBackupOutputs>, BackupSpec]>([
    [
      { includedNamespaces: ["b", "a"], ttl: "24h" },
      { includedNamespaces: ["a", "b"], ttl: "24h" },
    ],
    [{ includedResources: ["*"], includedNamespaces: [] }, {}],
    // As Velero writes durations, and what its server has added or decides.
    [{ ttl: "720h", csiSnapshotTimeout: "600s", itemOperationTimeout: "4h" }, {}],
    [{ excludedResources: ["secrets"], excludedNamespaces: [] }, {}],
    [{}, { snapshotMoveData: true, datamover: "theirs", includeClusterResources: true }],
    // The name of a ConfigMap tells nothing.
    [{ resourcePolicy: { volumePolicies: [] } }, { resourcePolicy: { kind: "ConfigMap", name: "theirs" } }],
    [
      { labelSelector: { matchLabels: { a: "1", b: "2" } } },
      { labelSelector: { matchLabels: { b: "2", a: "1" } } },
    ],
    [{ volumes: "snapshot" }, { snapshotVolumes: true, defaultVolumesToFsBackup: false }],
  ])("where %j is declared and %j was captured", async (declared, captured) => {
    const { adopted, writes } = await adopting(declared, { captured });
    await adopted;
    expect(writes()).toHaveLength(1);
  });

  test("not where it holds no data of a claim that nobody left out", async () => {
    const lost = item("persistentvolumeclaims", "shop/data", {
      spec: { volumeName: "pv" },
      status: { phase: "Bound" },
    });
    const { adopted, writes } = await adopting({}, { items: [lost] });
    await expect(adopted).rejects.toMatchObject({
      code: "NotComplete",
      message: expect.stringMatching(
        /^adopt: Backup velero\/theirs in cluster "east" is no good backup: .*holds no data of 1 of 1 claim: shop\/data .*\[velero:VolumesMissed\].* Leave `adopt` out/,
      ),
    });
    expect(writes()).toEqual([]);
  });

  test("where it is partial, and such are good enough", async () => {
    const partial = { live: { status: { phase: "PartiallyFailed" } } };
    await (
      await adopting({ allowPartialFailure: true }, partial)
    ).adopted;
    await expect((await adopting({}, partial)).adopted).rejects.toThrow(
      /is PartiallyFailed\. Only a backup that ended/,
    );
  });
});

describe("A Backup is not taken over, and nothing of it changed", { timeout: 30_000 }, () => {
  const labels = { matchLabels: { app: "shop" } };
  test.each<[keyof BackupSpec, declared: unknown, captured: unknown]>([
    ["includedNamespaces", ["shop", "billing"], ["shop"]],
    ["includedNamespaces", ["shop"], ["shop", "billing"]],
    ["includedNamespaces", ["shop"], asLeft.includedNamespaces],
    ["includedNamespaces", undefined, ["shop"]],
    ["includedResources", undefined, ["pods"]],
    ["labelSelector", undefined, labels],
    ["labelSelector", labels, undefined],
    ["orLabelSelectors", undefined, [labels]],
    ["includedNamespaceScopedResources", undefined, ["pods"]],
    ["excludedResources", ["events"], asLeft.excludedResources],
    ["ttl", "24h", asLeft.ttl],
  ])("whose %s is declared as %j where %j was captured", async (field, declared, captured) => {
    const { adopted, writes } = await adopting(
      { [field]: declared },
      captured === undefined ? {} : { captured: { [field]: captured } },
    );
    const told = (value: unknown) => (value === undefined ? "everything" : JSON.stringify(value));
    await expect(adopted).rejects.toThrow(
      `adopt: Backup velero/theirs in cluster "east" has captured something else than what is declared: ` +
        `${field}: ${told(declared)} is declared, ${told(captured)} was captured. Declare what it has captured.`,
    );
    expect(writes()).toEqual([]);
  });

  test.each<[Partial<ClusterBackupOutputs>, BackupSpec, string]>([
    [
      { volumes: "fileCopy" },
      { snapshotVolumes: false },
      "defaultVolumesToFsBackup: true is declared, false was captured",
    ],
    [
      { includeClusterResources: true },
      {},
      "includeClusterResources: true is declared, it was captured without",
    ],
    [
      { orderedResources: { pods: ["a/1", "a/2"] } },
      { orderedResources: { pods: "a/2,a/1" } },
      'orderedResources: {"pods":"a/1,a/2"} is declared, {"pods":"a/2,a/1"} was captured',
    ],
  ])("where %j is declared and Velero has written %j", async (declared, captured, words) => {
    await expect((await adopting(declared, { captured })).adopted).rejects.toThrow(`: ${words}. Declare`);
  });

  test("where several things differ, of which each is told", async () => {
    const { adopted } = await adopting({ ttl: "24h", includedNamespaces: ["shop"] });
    await expect(adopted).rejects.toThrow(/: (ttl: .*; includedNamespaces: |includedNamespaces: .*; ttl: )/);
  });

  const phase = (phase?: string): Scene => ({ live: { status: phase === undefined ? {} : { phase } } });
  const stamped = (changes: object): Scene => ({
    live: { metadata: { name: "theirs", ...stampOf({ ...state, ...changes }) } },
  });
  const elsewhere = /^adopt: "theirs" .* lies in BackupStorageLocation "secondary", not in "primary-east"/;
  test.each<[string, Partial<ClusterBackupOutputs>, Scene, RegExp]>([
    ["there is none", { adopt: "none" }, {}, /^adopt: there is no Backup velero\/none .*\. Mend its name/],
    [
      "it is another resource's",
      {},
      stamped({ owner: ANOTHER }),
      new RegExp(`theirs in cluster "east" belongs to ${ANOTHER}\\. Nothing of it was changed`),
    ],
    ["it lies elsewhere", {}, { captured: { storageLocation: "secondary" } }, elsewhere],
    ["it still runs", {}, phase("InProgress"), /is InProgress\. Only a backup that ended Completed/],
    ["it has not begun", {}, phase(), /is New\. Only a backup that ended Completed/],
    ["it failed", { allowPartialFailure: true }, phase("Failed"), /is Failed\. Only/],
    [
      "it was taken over as something else before",
      {},
      stamped({ incarnation: "ff" }),
      /is this resource's already, and not what is wanted now\. Leave `adopt` out/,
    ],
  ])("where %s", async (_why, declared, scene, words) => {
    const { adopted, writes } = await adopting(declared, scene);
    await expect(adopted).rejects.toThrow(words);
    expect(writes()).toEqual([]);
  });
});
