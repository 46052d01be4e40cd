import { describe, expect, test } from "vitest";
import { policiesIn } from "../../../provider/schemas/selection.ts";
import type { VolumePolicy } from "../../../provider/velero/selection-entries.ts";
import { matchVolumePolicy } from "../../../provider/volumes/volume-objects.ts";
import { claim, csi, volume } from "./volume-objects.ts";

const SKIP = { type: "skip" } as const;
const labelled = claim("shop/data", { labels: { team: "x" } });
const plain = volume("pv-data", { nfs: { server: "nas", path: "/a" } });
const driven = volume("pv-data", { csi: { driver: "ebs", volumeAttributes: { tier: "gp3" } } });

type Conditions = NonNullable<VolumePolicy["conditions"]>;

test.each<[Conditions, boolean, typeof plain?]>([
  [{}, true],
  [{ capacity: "1Gi,2Gi" }, true],
  [{ capacity: ",1Gi" }, true],
  [{ capacity: ",1023Mi" }, false],
  [{ capacity: "1Gi," }, true],
  [{ capacity: "2Gi,3Gi" }, false],
  [{ capacity: "2Gi," }, false],
  [{ capacity: "0,2G" }, true],
  [{ storageClass: ["slow", "dir"] }, true],
  [{ storageClass: ["slow"] }, false],
  [{ storageClass: [] }, true],
  [{ nfs: {} }, true],
  [{ nfs: { server: "nas" } }, true],
  [{ nfs: { path: "/a" } }, true],
  [{ nfs: { server: "nas", path: "/b" } }, false],
  [{ nfs: {} }, false, driven],
  [{ csi: {} }, false],
  [{ csi: {} }, true, driven],
  [{ csi: { driver: "ebs" } }, true, driven],
  [{ csi: { driver: "other" } }, false, driven],
  [{ csi: { driver: "ebs", volumeAttributes: { tier: "gp3" } } }, true, driven],
  [{ csi: { driver: "ebs", volumeAttributes: { tier: "io2" } } }, false, driven],
  [{ volumeTypes: ["csi", "nfs"] }, true],
  [{ volumeTypes: ["csi"] }, false],
  [{ volumeTypes: ["storageOS"] }, true, volume("pv-data", { storageos: {} })],
  [{ pvcLabels: { team: "x" } }, true],
  [{ pvcLabels: { team: "x", tier: "db" } }, false],
  [{ pvcPhase: ["Bound"] }, true],
  [{ pvcPhase: ["Lost"] }, false],
  [{ pvcVolumeMode: "Filesystem" }, true],
  [{ pvcVolumeMode: "Block" }, false],
  [{ pvcAccessModes: ["ReadWriteOnce"] }, true],
  [{ pvcAccessModes: ["ReadWriteOnce", "ReadOnlyMany"] }, false],
  [{ pvcLabels: { team: "x" }, storageClass: ["slow"] }, false],
])("%j fits: %s", (conditions, fits, on = plain) => {
  expect(matchVolumePolicy([{ conditions, action: SKIP }], labelled, on)).toBe(fits ? "skip" : undefined);
});

describe("Of several policies", () => {
  const byLabel: VolumePolicy = { conditions: { pvcLabels: { team: "x" } }, action: SKIP };
  const byDriver: VolumePolicy = { conditions: { csi: {} }, action: { type: "snapshot" } };

  test("the first that fits is taken", () => {
    expect(matchVolumePolicy([byDriver, byLabel], labelled, volume("pv-data", csi))).toBe("snapshot");
    expect(matchVolumePolicy([byDriver, byLabel], labelled, plain)).toBe("skip");
    expect(matchVolumePolicy([byDriver], labelled, plain)).toBeUndefined();
  });

  test("one that asks for a volume that cannot be seen leaves it open, unless one before it fits", () => {
    expect(matchVolumePolicy([byDriver, byLabel], labelled, undefined)).toBe("unknown");
    expect(matchVolumePolicy([byLabel, byDriver], labelled, undefined)).toBe("skip");
    expect(matchVolumePolicy([byLabel], labelled, undefined)).toBe("skip");
    // A claim without a volume has none to be asked for.
    expect(
      matchVolumePolicy([byDriver], claim("shop/data", { phase: "Pending" }), undefined),
    ).toBeUndefined();
  });

  test("are those of a declared resource policy", () => {
    expect(policiesIn({ volumePolicies: [byLabel] })).toEqual([byLabel]);
    expect(policiesIn({ includeExcludePolicy: {} })).toEqual([]);
    expect(policiesIn(undefined)).toEqual([]);
  });
});
