import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { missedVolumes, savedVolumes } from "../../../provider/velero/volume-info.ts";

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

test("a backup without volumes has null there", () => {
  expect(missedVolumes(file(null))).toEqual([]);
  expect(savedVolumes(file(null))).toBe(0);
});
