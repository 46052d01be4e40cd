import { describe, expect, test } from "vitest";
import {
  type DataClaim,
  judgeRestoredVolume,
  restoredClaimName,
  type RestoreEvidence,
} from "../../../provider/restore-model/data-claims.ts";
import type { Claim } from "../../../provider/volumes/volume-objects.ts";
import type { RestoreVolumeInfo } from "../../../provider/velero/backup-files.ts";
import { realCase, realCases } from "../volumes/real-case.ts";
import { claim as claimObject } from "../volumes/volume-objects.ts";
import { captured, selected } from "../kinds/restore/captured.ts";

/** A claim of which the backup has data: `vol-a/data → copy/data`. */
function data(way: string, method: DataClaim["method"], parts: Partial<DataClaim> = {}): DataClaim {
  const [claim = "", into = claim] = way.split(" → ");
  const item = selected(
    captured("persistentvolumeclaims", claim, { spec: { volumeName: "pv" } }),
    into.split("/")[0],
  );
  const [namespace = "", name = ""] = claim.split("/");
  const intoNamespace = into.split("/")[0] ?? "";
  return { method, pod: "web", namespace, claim: name, intoNamespace, item, ...parts };
}

const created = (claims: readonly DataClaim[], action = "created"): RestoreEvidence["items"] =>
  claims.map(({ intoNamespace, claim }) => ({
    kind: "v1/PersistentVolumeClaim",
    namespace: intoNamespace,
    name: claim,
    action,
  }));

/** `back`, `waits`, `lost: …` by claim; `phase` is that of the claims in the target. */
function judged(
  claims: readonly DataClaim[],
  evidence: Partial<RestoreEvidence> = {},
  { restorePVs, phase = "Bound" }: { restorePVs?: boolean; phase?: string } = {},
): Record<string, string> {
  const live = new Map(
    claims.map(restoredClaimName).map((into): [string, Claim] => [into, claimObject(into, { phase })]),
  );
  const all = { lines: [], items: created(claims), isCompleted: true, live, ...evidence };
  return Object.fromEntries(
    claims.map((claim) => {
      const fate = judgeRestoredVolume(claim, all, { restorePVs });
      return [restoredClaimName(claim), "why" in fate ? `${fate.fate}: ${fate.why}` : fate.fate];
    }),
  );
}

const LOST = "lost: a file copy comes back with its pod alone, web, and none came with this restore";
const UNSEEN = "unseen: of a restore that failed in part Velero does not say whose data came";
const FILE = "fileCopy";
const both = (from: string, into: string, how: string) =>
  ["data", "idle"].map((claim) => `${how}: ${from}/${claim} → ${into}/${claim}: back`);

/** How the backup of each real case had saved what, where to, and what became of that. A claim that waits is Pending. */
const REAL: Record<string, string[]> = {
  "restore-claim-never-binds": ["fileCopy: vol-a/data → rh4/data: lost"],
  "restore-claims-only": ["fileCopy: vol-a/data → vol-pvconly/data: lost"],
  "restore-csi-snapshot-mapped": both("csi-a", "csi-a-copy", "snapshot"),
  "restore-drill-rules-filecopy": ["fileCopy: csi-a/data → drill-fc/data: lost"],
  "restore-drill-rules-move": both("csi-a", "drill-move", "moveData"),
  "restore-drill-rules-move-wait-for-consumer": ["moveData: late-a/data → ldrill-move/data: unseen: Pending"],
  "restore-drill-rules-snapshot": both("csi-a", "drill-snap", "snapshot"),
  "restore-drill-rules-snapshot-wait-for-consumer": [
    "snapshot: late-a/data → ldrill-snap/data: waits: Pending",
  ],
  "restore-hook-exec-fails-onError-Continue": ["fileCopy: vol-a/data → rh3/data: unseen"],
  "restore-hook-exec-fails-onError-Fail": ["fileCopy: vol-a/data → rh2/data: unseen"],
  "restore-hook-exec-ok": ["fileCopy: vol-a/data → rh1/data: back"],
  // It was seen before its end, which is not judged.
  "restore-hook-init-ok": [
    "fileCopy: csi-a/data → rh5/data: unseen",
    "snapshot: csi-a/idle → rh5/idle: back",
  ],
  "restore-mapped": ["fileCopy: vol-a/data → vol-a-copy/data: back"],
  "restore-mapped-retain-class-filecopy": ["fileCopy: keep-a/data → keep-d2/data: back"],
  "restore-mapped-retain-class-snapshot": both("csi-a", "keep-d1", "snapshot"),
  "restore-moved-mapped": both("csi-a", "csi-a-moved", "moveData"),
  "restore-moved-same": both("csi-a", "csi-a", "moveData"),
  "restore-no-node-agent": ["fileCopy: vol-a/data → vol-f-copy/data: lost"],
  "restore-pvr-failed": [
    "fileCopy: csi-a/data → rs-fail/data: lost",
    "snapshot: csi-a/idle → rs-fail/idle: back",
  ],
  "restore-same": ["fileCopy: vol-a/data → vol-a/data: back"],
  "restore-without-pods": ["fileCopy: vol-a/data → vol-nopods/data: lost"],
};
const WHY: Record<string, string> = { lost: LOST, unseen: UNSEEN };

describe("Of what Velero said on a real node", () => {
  test("every restore is judged here", () => {
    expect(Object.keys(REAL).toSorted()).toEqual(realCases("restores"));
  });

  test.each(Object.entries(REAL))("%s", (name, rows) => {
    const { lines, phase: ended } = realCase(name);
    const parts = rows.map((row) => row.split(": "));
    const claims = parts.map(([how = "", way = ""]) => data(way, how as DataClaim["method"]));
    const fates = parts.map(([, way = "", fate = ""]) => [way.split(" → ")[1], WHY[fate] ?? fate]);
    const [phase] = parts.flatMap(([, , , each]) => each ?? []);
    const evidence = { lines: lines as RestoreVolumeInfo[], isCompleted: ended === "Completed" };
    expect(judged(claims, evidence, phase === undefined ? {} : { phase })).toEqual(Object.fromEntries(fates));
  });
});

describe("The data of a claim", () => {
  const copied = data("shop/data", FILE);
  const snapshot = data("shop/data", "snapshot");
  const native = (pvName: string): RestoreVolumeInfo => ({ pvName, restoreMethod: "NativeSnapshot" });

  test("is not asked for with restorePVs: false", () => {
    expect(judged([copied], {}, { restorePVs: false })).toEqual({ "shop/data": "leftOut" });
    const line: RestoreVolumeInfo = {
      pvcName: "data",
      pvcNamespace: "shop",
      restoreMethod: "PodVolumeRestore",
    };
    // Velero restores file copies with their pods all the same.
    expect(judged([copied], { lines: [line] }, { restorePVs: false })).toEqual({ "shop/data": "back" });
  });

  test.each(["skipped", "failed", "updated"])(
    "of a claim that was there before (%s) is left as it was",
    (action) => {
      expect(judged([copied], { items: created([copied], action) })).toEqual({ "shop/data": "kept" });
    },
  );

  test("of an empty volume is back with the claim", () => {
    expect(judged([data("shop/data", FILE, { isEmpty: true })])).toEqual({ "shop/data": "back" });
  });

  test("of a snapshot that was not restored is lost", () => {
    expect(judged([snapshot])).toEqual({ "shop/data": "lost: its snapshot was not restored" });
  });

  test("of a plugin's snapshot is told by the volume, the old one or the one that there is now", () => {
    expect(judged([snapshot], { lines: [native("pv")] })).toEqual({ "shop/data": "back" });
    expect(judged([snapshot], { lines: [native("pv-data")] })).toEqual({ "shop/data": "back" });
    expect(judged([snapshot], { lines: [native("pv-other")] })["shop/data"]).toMatch(/^lost/);
  });

  test("is another's where only the name of the claim is the same", () => {
    const line: RestoreVolumeInfo = {
      pvcName: "data",
      pvcNamespace: "billing",
      restoreMethod: "CSISnapshot",
    };
    expect(judged([snapshot], { lines: [line] })["shop/data"]).toMatch(/^lost/);
  });

  test("cannot be told where the restore's list is not to be had, or does not name the claim", () => {
    expect(judged([copied], { items: undefined })["shop/data"]).toMatch(/^unseen: the list/);
    expect(judged([copied], { items: [] })["shop/data"]).toMatch(/^unseen: it is not among/);
  });

  test("of a snapshot is believed where the claims of the target may not be seen", () => {
    const line: RestoreVolumeInfo = { pvcName: "data", pvcNamespace: "shop", restoreMethod: "CSISnapshot" };
    expect(judged([snapshot], { lines: [line], live: undefined })).toEqual({ "shop/data": "back" });
  });
});
