import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { holdsData, savedVolumeNames, volumesIn } from "../../../provider/velero/backup-files.ts";

const file = (content: unknown) => gzipSync(JSON.stringify(content));

test.each([
  [{ backupMethod: "PodVolumeBackup", result: "succeeded" }, true],
  [{ backupMethod: "PodVolumeBackup", result: "failed", pvbInfo: { Phase: "Completed" } }, false],
  [{ backupMethod: "PodVolumeBackup", pvbInfo: { Phase: "Completed" } }, true],
  [{ backupMethod: "PodVolumeBackup", pvbInfo: { Phase: "InProgress" } }, false],
  [{ backupMethod: "CSISnapshot", csiSnapshotInfo: { ReadyToUse: true } }, true],
  [{ backupMethod: "CSISnapshot", csiSnapshotInfo: { ReadyToUse: null } }, false],
  [
    { backupMethod: "CSISnapshot", csiSnapshotInfo: {}, snapshotDataMovementInfo: { Phase: "Completed" } },
    true,
  ],
  [
    {
      backupMethod: "CSISnapshot",
      csiSnapshotInfo: { ReadyToUse: true },
      snapshotDataMovementInfo: { Phase: "Failed" },
    },
    false,
  ],
  [{ backupMethod: "NativeSnapshot", nativeSnapshotInfo: { Phase: "Completed" } }, true],
  [{ backupMethod: "CSISnapshot", skipped: true, result: "succeeded" }, false],
  [{ result: "succeeded" }, false],
] as const)("%j holds data: %s", (line, holds) => {
  expect(holdsData(line)).toBe(holds);
});

test("names the volumes that it holds data of, claimed or not", () => {
  const backupMethod = "PodVolumeBackup";
  const volumes = [
    { pvcName: "data", pvName: "pv-1", backupMethod, result: "succeeded" },
    { pvName: "pv-2", backupMethod, result: "succeeded" },
    { pvcName: "skipped", pvName: "pv-3", skipped: true },
    { pvcName: "failed", pvName: "pv-4", backupMethod, result: "failed" },
    { pvcName: "of no known volume", backupMethod, result: "succeeded" },
  ];
  expect(savedVolumeNames(volumesIn(file(volumes)))).toEqual(["pv-1", "pv-2"]);
});

test("a backup without volumes has null there", () => {
  expect(volumesIn(file(null))).toEqual([]);
  expect(savedVolumeNames(volumesIn(file(null)))).toEqual([]);
});
