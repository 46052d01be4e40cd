import { describe, expect, test } from "vitest";
import { newerOptions, requireVersion } from "../../../provider/rules/velero-alive.ts";
import type { SelectionInputs } from "../../../provider/velero/selection-entries.ts";
import { isOlder } from "../../../provider/velero/server.ts";
import { memoryCluster } from "../kinds/backup/memory-cluster.ts";

test.each([
  ["v1.14.0", "1.15", true],
  ["v1.15.0", "1.15", false],
  ["v1.15", "1.15.0", false],
  ["v1.17.9", "1.18", true],
  ["v1.18.2", "1.18.3", true],
  ["v1.18.3", "1.18.3", false],
  ["v1.18.10", "1.18.3", false],
  ["v1.18", "1.18.3", true],
  ["1.9.7", "1.10", true],
  ["v2.0.0", "1.18.3", false],
  ["v1.18.3-rc.1", "1.18.3", false],
  ["v1.16.0-custom+fork", "1.17", true],
  ["main", "1.18.3", false],
  ["", "1.18.3", false],
  ["a1.2", "1.18.3", false],
  [undefined, "1.18.3", false],
])("a server of version %j is older than %s: %s", (version, since, older) => {
  expect(isOlder(version, since)).toBe(older);
});

const conditions = (...names: string[]) => ({
  resourcePolicy: {
    volumePolicies: names.map((name) => ({
      conditions: { [name]: ["x"], storageClass: ["gold"] },
      action: { type: "skip" as const },
    })),
  },
});

interface Declared extends SelectionInputs {
  schedule?: string;
}

/** What came after Velero 1.14: an option, and since when. */
const POLICY = "resourcePolicy";
const newer: [Declared, string, string][] = [
  [{ schedule: "CRON_TZ=Europe/Berlin 0 2 * * *" }, "a time zone in schedule", "1.15"],
  [{ schedule: "TZ=UTC @daily" }, "a time zone in schedule", "1.15"],
  [{ volumeGroupSnapshotLabelKey: "group" }, "volumeGroupSnapshotLabelKey", "1.17"],
  [{ resourcePolicy: { includeExcludePolicy: {} } }, `${POLICY}.includeExcludePolicy`, "1.17"],
  [conditions("pvcPhase"), `${POLICY}.volumePolicies.conditions.pvcPhase`, "1.18"],
  [conditions("pvcVolumeMode"), `${POLICY}.volumePolicies.conditions.pvcVolumeMode`, "1.18.3"],
  [conditions("capacity", "pvcAccessModes"), `${POLICY}.volumePolicies.conditions.pvcAccessModes`, "1.18.3"],
  [{ resourcePolicy: { namespacedFilterPolicies: [] } }, `${POLICY}.namespacedFilterPolicies`, "1.18.3"],
  [
    { resourcePolicy: { clusterScopedFilterPolicy: { resourceFilters: [] } } },
    `${POLICY}.clusterScopedFilterPolicy`,
    "1.18.3",
  ],
];

/** What every Velero that is supported can. */
const old: Declared = {
  schedule: "0 2 * * *",
  includedNamespaces: ["team-*"],
  excludedNamespaceScopedResources: ["events"],
  volumes: "moveData",
  uploaderConfig: { parallelFilesUpload: 2 },
  ...conditions("pvcLabels", "volumeTypes"),
};

describe("What a Velero may be too old for", () => {
  test.each(newer)("is known of %j", (declared, path, since) => {
    expect(newerOptions(declared)).toEqual([{ path, since }]);
  });

  test.each(["0 2 * * 7", "0 2 * * fri-mon", "0 22-2 * * *", 'CRON_TZ="UTC" 0 2 * * *'])(
    "the schedule %s is one of Velero 1.18.3",
    (schedule) => {
      expect(newerOptions({ schedule })).toContainEqual({
        path: `what schedule "${schedule}" says`,
        since: "1.18.3",
      });
    },
  );

  test("is nothing of what all can", () => {
    expect(newerOptions(old)).toEqual([]);
    expect(newerOptions({})).toEqual([]);
  });
});

/** A cluster whose Velero says that it is of this version, or is silent on it. */
function velero(serverVersion?: string) {
  const cluster = memoryCluster(() => ({ phase: "Processed", ...(serverVersion ? { serverVersion } : {}) }));
  return { ...cluster, require: (declared: Declared) => requireVersion(cluster.client, "velero", declared) };
}

describe("A cluster's Velero", () => {
  test.each(newer)(
    "that is older than %j needs refuses it, by the option's name and since when it is there",
    async (declared, path, since) => {
      await expect(velero("v1.14.1").require(declared)).rejects.toMatchObject({
        code: "UnsupportedVeleroVersion",
        message:
          `cluster "east" runs Velero v1.14.1, which lacks ${path} (since ${since}). ` +
          "Upgrade Velero there, or leave it out for this cluster.",
      });
      await expect(velero(`v${since}`).require(declared)).resolves.toBeUndefined();
    },
  );

  test("that lacks several is told all of them, and none that it has", async () => {
    const all = {
      schedule: "TZ=UTC @daily",
      volumeGroupSnapshotLabelKey: "group",
      ...conditions("pvcPhase"),
    };
    await expect(velero("v1.16.2").require(all)).rejects.toThrow(
      /lacks volumeGroupSnapshotLabelKey \(since 1\.17\) and resourcePolicy\.volumePolicies\.conditions\.pvcPhase \(since 1\.18\)\./,
    );
  });

  test("is not asked where nothing depends on it, and once in a process where something does", async () => {
    const { require, writes } = velero("v1.18.3");
    await require(old);
    expect(writes).toEqual([]);
    await require({ volumeGroupSnapshotLabelKey: "group" });
    await require({ volumeGroupSnapshotLabelKey: "another" });
    expect(writes.map((write) => write.split(" ").slice(0, 2).join(" "))).toEqual([
      "create ServerStatusRequest",
      "delete ServerStatusRequest",
    ]);
  });

  test("of which nobody knows the version is not taken for an old one", async () => {
    for (const version of [undefined, "main"])
      await expect(
        velero(version).require({ volumeGroupSnapshotLabelKey: "group" }),
      ).resolves.toBeUndefined();
  });
});
