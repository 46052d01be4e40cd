import { expect, test } from "vitest";
import { savedClaims } from "../../../provider/volumes/saved-claims.ts";
import type { VolumeInfo } from "../../../provider/velero/backup-files.ts";
import { captured } from "../kinds/restore/captured.ts";
import { volumeInfo } from "../kinds/restore/real-volumes.ts";

/** A backup of these claims, with these lines. */
const read = (lines: readonly object[], ...claims: string[]) =>
  savedClaims(
    claims.map((place) => captured("persistentvolumeclaims", place)),
    { lines: lines as VolumeInfo[] },
  );

test("a snapshot of each claim, and where its data was moved", () => {
  const claims = (method: string) =>
    ["data", "idle"].map((claim) => ({ namespace: "csi-a", claim, method, bytes: undefined }));
  expect(read(volumeInfo.snapshot, "csi-a/data", "csi-a/idle")).toEqual({
    claims: claims("snapshot"),
    copiedPods: [],
  });
  expect(read(volumeInfo.moveData, "csi-a/data", "csi-a/idle")).toEqual({
    claims: claims("moveData"),
    copiedPods: [],
  });
});

test("a file copy, with the pod by which it comes back, and not the claim that nobody mounted", () => {
  const pod = "web-6cbf6bdf45-bg7k7";
  expect(read(volumeInfo.fileCopy, "keep-a/data", "keep-a/idle")).toMatchObject({
    claims: [{ namespace: "keep-a", claim: "data", method: "fileCopy", pod, volume: "data" }],
    copiedPods: [`keep-a/${pod}`],
  });
});

test("both ways in one backup", () => {
  expect(
    read(volumeInfo.twoWays, "csi-a/idle", "csi-a/data").claims.map(({ claim, method }) => [claim, method]),
  ).toEqual([
    ["idle", "snapshot"],
    ["data", "fileCopy"],
  ]);
});

test("a volume that is no claim's is none, though its pod brings something back", () => {
  const { claims, copiedPods } = read(volumeInfo.mountedFileCopy, "vol-a/data");
  expect(claims.map(({ claim }) => claim)).toEqual(["data"]);
  expect(new Set(copiedPods)).toEqual(new Set(["vol-a/web-775b8fcf86-7cjth"]));
  expect(read(volumeInfo.mountedFileCopy.slice(1, 2), "vol-a/data")).toEqual({
    claims: [],
    copiedPods: ["vol-a/web-775b8fcf86-7cjth"],
  });
});

test.each<[string, object]>([
  ["skipped", { backupMethod: "CSISnapshot", skipped: true }],
  ["failed", { backupMethod: "CSISnapshot", result: "failed" }],
  ["of no method", {}],
])("a volume is not saved that is %s", (_what, line) => {
  expect(read([{ pvcName: "a", pvcNamespace: "b", ...line }], "b/a")).toEqual({ claims: [], copiedPods: [] });
});

test("a file copy that found nothing to copy holds no data to bring back", () => {
  const line = { pvcName: "a", pvcNamespace: "b", backupMethod: "PodVolumeBackup", result: "succeeded" };
  expect(read([{ ...line, pvbInfo: { podName: "p", podNamespace: "b" } }], "b/a")).toMatchObject({
    claims: [{ claim: "a", isEmpty: true }],
    copiedPods: [],
  });
});

test("a snapshot of a cloud's disk is told from one of a CSI driver; nothing of no volumes", () => {
  const line = { pvcName: "a", pvcNamespace: "b", backupMethod: "NativeSnapshot", result: "succeeded" };
  expect(read([line], "b/a").claims).toMatchObject([{ namespace: "b", claim: "a", method: "cloudSnapshot" }]);
  expect(read([])).toEqual({ claims: [], copiedPods: [] });
});
