import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { savedClaims } from "../../../provider/velero/saved-claims.ts";
import { volumeInfo } from "../restore/real-volumes.ts";

const read = (content: unknown) => savedClaims(gzipSync(JSON.stringify(content)));

test("a snapshot of each claim, and where its data was moved", () => {
  const claims = (method: string) => ["data", "idle"].map((claim) => ({ namespace: "csi-a", claim, method }));
  expect(read(volumeInfo.snapshot)).toEqual({ claims: claims("snapshot"), copiedPods: [] });
  expect(read(volumeInfo.moveData)).toEqual({ claims: claims("moveData"), copiedPods: [] });
});

test("a file copy, with the pod by which it comes back, and not the claim that nobody mounted", () => {
  const pod = "web-6cbf6bdf45-bg7k7";
  expect(read(volumeInfo.fileCopy)).toEqual({
    claims: [{ namespace: "keep-a", claim: "data", method: "fileCopy", pod, volume: "data" }],
    copiedPods: [`keep-a/${pod}`],
  });
});

test("both ways in one backup", () => {
  expect(read(volumeInfo.twoWays).claims.map(({ claim, method }) => [claim, method])).toEqual([
    ["idle", "snapshot"],
    ["data", "fileCopy"],
  ]);
});

test("a volume that is no claim's is none, though its pod brings something back", () => {
  const { claims, copiedPods } = read(volumeInfo.mountedFileCopy);
  expect(claims.map(({ claim }) => claim)).toEqual(["data"]);
  expect(new Set(copiedPods)).toEqual(new Set(["vol-a/web-775b8fcf86-7cjth"]));
  expect(read([volumeInfo.mountedFileCopy[1]])).toEqual({
    claims: [],
    copiedPods: ["vol-a/web-775b8fcf86-7cjth"],
  });
});

test.each<[string, object]>([
  ["skipped", { backupMethod: "CSISnapshot", skipped: true }],
  ["failed", { backupMethod: "CSISnapshot", result: "failed" }],
  ["of no method", {}],
  ["of a method that nobody knows", { backupMethod: "Magic" }],
  ["a file copy that found nothing to copy", { backupMethod: "PodVolumeBackup", pvbInfo: { podName: "p" } }],
])("a volume is not saved that is %s", (_what, line) => {
  expect(read([{ pvcName: "a", pvcNamespace: "b", ...line }])).toEqual({ claims: [], copiedPods: [] });
});

test("a snapshot of a cloud's disk is told from one of a CSI driver; nothing of no volumes", () => {
  expect(read([{ pvcName: "a", pvcNamespace: "b", backupMethod: "NativeSnapshot" }]).claims).toEqual([
    { namespace: "b", claim: "a", method: "cloudSnapshot" },
  ]);
  expect(read(null)).toEqual({ claims: [], copiedPods: [] });
});
