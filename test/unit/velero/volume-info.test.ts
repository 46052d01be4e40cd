import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { missedVolumes, savedVolumeNames, savedVolumes } from "../../../provider/velero/volume-info.ts";

const file = (content: unknown) => gzipSync(JSON.stringify(content));

test("names volumes that were skipped although nobody asked for it, and those that failed", () => {
  const volumes = [
    { pvcName: "data", pvcNamespace: "shop", skipped: true, skippedReason: "no snapshot location \n" },
    { pvName: "pv-7", result: "failed" },
    { skipped: true },
    { pvcName: "ok", pvcNamespace: "shop", result: "succeeded" },
  ];
  expect(missedVolumes(file(volumes))).toEqual([
    { volume: "shop/data", reason: "no snapshot location" },
    { volume: "pv-7", reason: "failed" },
    { volume: "?", reason: "skipped" },
  ]);
  expect(savedVolumes(file(volumes))).toBe(1);
});

test.each([
  "volume opted out due to annotation in pod shop/a",
  "skipped due to resource policy",
  "matched by resource policies",
  "excluded by label velero.io/exclude-from-backup",
])("does not name what the user left out: %s", (skippedReason) => {
  expect(missedVolumes(file([{ pvcName: "a", pvcNamespace: "b", skipped: true, skippedReason }]))).toEqual(
    [],
  );
});

test("names the volumes that it holds data of, claimed or not", () => {
  const volumes = [
    { pvcName: "data", pvName: "pv-1", result: "succeeded" },
    { pvName: "pv-2", backupMethod: "PodVolumeBackup", snapshotDataMoved: false },
    { pvcName: "skipped", pvName: "pv-3", skipped: true },
    { pvcName: "failed", pvName: "pv-4", result: "failed" },
    { pvcName: "of no known volume", result: "succeeded" },
  ];
  expect(savedVolumeNames(file(volumes))).toEqual(["pv-1", "pv-2"]);
});

test("a backup without volumes has null there", () => {
  expect(missedVolumes(file(null))).toEqual([]);
  expect(savedVolumes(file(null))).toBe(0);
  expect(savedVolumeNames(file(null))).toEqual([]);
});
