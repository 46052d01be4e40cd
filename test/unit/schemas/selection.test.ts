import { describe, expect, test } from "vitest";
import { backupSpecOf, selectionOf, wishOf } from "../../../provider/schemas/selection.ts";
import type { SelectionInputs, Volumes } from "../../../provider/velero/selection-entries.ts";
import type { ClusterBackupOutputs } from "../../../provider/schemas/cluster-backup.ts";
import type { BackupSpec } from "../../../provider/velero/types.ts";
import { shuffled } from "../kinds/arbitrary-inputs.ts";
import { OWNED, state } from "../kinds/backup/state.ts";

const selector = { matchLabels: { tier: "web" } };

/** Every field that is Velero's: what a new one is called there has to be said here, too. */
const veleros: Required<Omit<SelectionInputs, "volumes" | "resourcePolicy" | "orderedResources">> = {
  includedNamespaces: ["shop", "team-*"],
  excludedNamespaces: ["shop-test"],
  includedResources: ["pods"],
  excludedResources: ["secrets"],
  includeClusterResources: false,
  includedClusterScopedResources: ["storageclasses.storage.k8s.io"],
  excludedClusterScopedResources: ["nodes"],
  includedNamespaceScopedResources: ["*"],
  excludedNamespaceScopedResources: ["events"],
  labelSelector: selector,
  orLabelSelectors: [selector, { matchExpressions: [{ key: "app", operator: "Exists" }] }],
  volumeSnapshotLocations: ["ebs"],
  datamover: "velero",
  volumeGroupSnapshotLabelKey: "app.kubernetes.io/part-of",
  hooks: { resources: [{ name: "freeze", pre: [{ exec: { command: ["fsfreeze", "-f", "/data"] } }] }] },
  csiSnapshotTimeout: "20m",
  itemOperationTimeout: "6h",
  uploaderConfig: { parallelFilesUpload: 4 },
  ttl: "48h",
};
const ours: Required<Pick<SelectionInputs, "volumes" | "resourcePolicy" | "orderedResources">> = {
  volumes: "none",
  resourcePolicy: { volumePolicies: [] },
  orderedResources: { pods: ["shop/db-0", "shop/db-1"], persistentvolumes: ["pv-1"] },
};
const everything: Required<SelectionInputs> = { ...veleros, ...ours };

const specOf = (declared: SelectionInputs, more: Partial<ClusterBackupOutputs> = {}): BackupSpec =>
  backupSpecOf({ ...state, ...declared, ...more });

describe("What is declared of a backup", () => {
  test("of which nothing is, is for Velero to decide, but for where it goes", () => {
    expect(specOf({})).toEqual({ storageLocation: "primary-east" });
  });

  test.each(Object.entries(veleros))("reaches Velero under its own name: %s", (field, value) => {
    expect(specOf({ [field]: value })).toEqual({ storageLocation: "primary-east", [field]: value });
  });

  test("is sent where it is a no or a nothing, and is not where it is left out", () => {
    expect(specOf({ includeClusterResources: false, includedResources: [] })).toEqual({
      storageLocation: "primary-east",
      includeClusterResources: false,
      includedResources: [],
    });
    const leftOut = Object.fromEntries(Object.keys(everything).map((field) => [field, undefined]));
    expect(Object.keys(specOf(leftOut))).toEqual(["storageLocation"]);
  });

  test.each<[Volumes, BackupSpec]>([
    ["snapshot", { snapshotVolumes: true, defaultVolumesToFsBackup: false, snapshotMoveData: false }],
    ["moveData", { snapshotVolumes: true, defaultVolumesToFsBackup: false, snapshotMoveData: true }],
    ["fileCopy", { snapshotVolumes: false, defaultVolumesToFsBackup: true }],
    ["none", { snapshotVolumes: false, defaultVolumesToFsBackup: false }],
  ])("of its volumes, %s, is what Velero's three switches come to", (volumes, switches) => {
    expect(specOf({ volumes })).toEqual({ storageLocation: "primary-east", ...switches });
  });

  test("of an order is a list for each kind, as Velero has it", () => {
    expect(specOf({ orderedResources: ours.orderedResources }).orderedResources).toEqual({
      pods: "shop/db-0,shop/db-1",
      persistentvolumes: "pv-1",
    });
  });

  test("of policies is the name of the ConfigMap that holds them", () => {
    expect(specOf({ resourcePolicy: ours.resourcePolicy })).toEqual({
      storageLocation: "primary-east",
      resourcePolicy: { kind: "ConfigMap", name: "nightly-east-0a1b2c3d" },
    });
    expect(specOf({ resourcePolicy: { configMap: "shared" } })).toEqual({
      storageLocation: "primary-east",
      resourcePolicy: { kind: "ConfigMap", name: "shared" },
    });
  });

  test("of namespaces is what an up has resolved, list by list, where it had to", () => {
    const declared = { includedNamespaces: ["/^team-/"], excludedNamespaces: ["tmp-*"] };
    const sentNamespaces = { includedNamespaces: ["team-1", "team-2"] };
    expect(specOf(declared, { sentNamespaces })).toEqual({
      storageLocation: "primary-east",
      includedNamespaces: ["team-1", "team-2"],
      excludedNamespaces: ["tmp-*"],
    });
  });
});

describe("A wish for a backup", () => {
  const known: ClusterBackupOutputs = { ...state, ...everything, triggers: [1] };
  const wish = wishOf(known);

  test.each(Object.keys(everything))(
    "is another one where it says something else of %s, or no more of it",
    (field) => {
      expect(wishOf({ ...known, [field]: undefined })).not.toBe(wish);
      expect(wishOf({ ...known, [field]: field === "volumes" ? "snapshot" : ["another"] })).not.toBe(wish);
    },
  );

  test("is another one with other triggers, and in another location", () => {
    expect(wishOf({ ...known, triggers: [2] })).not.toBe(wish);
    expect(wishOf({ ...known, location: { ...known.location, locationName: "secondary-east" } })).not.toBe(
      wish,
    );
  });

  test.each<[string, Partial<ClusterBackupOutputs>]>([
    [
      "what becomes of it",
      { deletionPolicy: "delete", allowPartialFailure: true, maxAge: "26h", timeouts: { create: "2h" } },
    ],
    ["a new owner", { owner: `${state.owner}-renamed`, formerOwners: [OWNED], incarnation: "ffff" }],
    ["what it is called", { objectName: "another" }],
    [
      "ways to cluster and store",
      { connection: { kubeconfig: "another" }, access: "none", credentials: { ambient: {} } },
    ],
    [
      "what it captures by pattern",
      { sentNamespaces: { includedNamespaces: ["team-1"] }, resolvedNamespaces: ["team-1"] },
    ],
    ["what became of it", { phase: "Completed", backupName: "b", health: "Missing", message: "gone" }],
  ])("is the same, whatever is said of %s", (_what, changes) => {
    expect(wishOf({ ...known, ...changes })).toBe(wish);
  });

  test("is the same in whatever order the wire gives its keys", () => {
    expect(wishOf(shuffled(known) as ClusterBackupOutputs)).toBe(wish);
  });

  test("without triggers is one with none", () => {
    expect(wishOf({ ...known, triggers: undefined })).toBe(wishOf({ ...known, triggers: [] }));
  });

  test("fits a label of Kubernetes", () => {
    expect(wish).toMatch(/^[0-9a-f]{16}$/);
  });
});

test("a selection is what is captured, and nothing else of a resource", () => {
  expect(selectionOf({ ...state, ...everything, triggers: [1] } as SelectionInputs)).toEqual(everything);
});
