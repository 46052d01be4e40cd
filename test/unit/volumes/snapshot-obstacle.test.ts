import { expect, test } from "vitest";
import {
  snapshotObstacle,
  type SnapshotMeans,
  type VolumeSnapshotClass,
} from "../../../provider/volumes/expect-way.ts";
import { claim, csi, hostPath, volume } from "./volume-objects.ts";

const storageClasses = [{ metadata: { name: "dir" }, provisioner: "dir.csi.test" }];
const snapshotClass = (
  name: string,
  parts: Partial<VolumeSnapshotClass["metadata"]> = {},
  driver = "dir.csi.test",
) => ({
  metadata: { name, ...parts },
  driver,
});
const able: SnapshotMeans = {
  locations: [],
  csi: true,
  snapshotClasses: [snapshotClass("dir")],
  storageClasses,
};
const on = volume("pv-data", csi);

const obstacle = (means: Partial<SnapshotMeans>, of = claim("shop/data"), at: typeof on | undefined = on) => {
  const found = snapshotObstacle(of, at, { ...able, ...means });
  return found && `${found.fate}: ${found.why}`;
};

test("a volume of a CSI driver with its class has none", () => {
  expect(obstacle({})).toBeUndefined();
  expect(obstacle({ locations: undefined })).toBeUndefined();
});

test.each<[string, Partial<SnapshotMeans>, string]>([
  [
    "EnableCSI is off",
    { csi: false },
    "missed: its PersistentVolume is of the CSI driver dir.csi.test, and Velero runs without its feature EnableCSI",
  ],
  [
    "EnableCSI is off, and there is a plugin's location",
    { csi: false, locations: ["aws"] },
    "unseen: only the plugin of a VolumeSnapshotLocation knows whether it can take a snapshot of it",
  ],
  [
    "nobody can tell whether EnableCSI is on",
    { csi: undefined },
    "unseen: whether Velero's server runs with its feature EnableCSI cannot be seen",
  ],
  [
    "there is no VolumeSnapshotClass",
    { snapshotClasses: [] },
    "missed: there is no VolumeSnapshotClass of driver dir.csi.test",
  ],
  [
    "there are classes of other drivers",
    { snapshotClasses: [snapshotClass("ebs", {}, "ebs.csi.aws.com")] },
    "missed: there is no VolumeSnapshotClass of driver dir.csi.test",
  ],
  [
    "of several classes none is marked",
    { snapshotClasses: [snapshotClass("a"), snapshotClass("b")] },
    "missed: of the 2 VolumeSnapshotClasses of driver dir.csi.test none is marked for Velero",
  ],
  ["classes are hidden", { snapshotClasses: undefined }, "unseen: the VolumeSnapshotClasses cannot be seen"],
  ["storage classes are hidden", { storageClasses: undefined }, "unseen: the StorageClasses cannot be seen"],
  [
    "its storage class is gone",
    { storageClasses: [] },
    'missed: its StorageClass "dir" is gone, by which Velero finds the VolumeSnapshotClass',
  ],
])("where %s", (_what, means, expected) => {
  expect(obstacle(means)).toBe(expected);
});

test("of several classes a marked one is taken: by label, as the default, or by the claim", () => {
  const several = (parts: Partial<VolumeSnapshotClass["metadata"]>) => [
    snapshotClass("a"),
    snapshotClass("b", parts),
  ];
  const marks = [
    { labels: { "velero.io/csi-volumesnapshot-class": "true" } },
    { annotations: { "snapshot.storage.kubernetes.io/is-default-class": "true" } },
  ];
  for (const mark of marks) expect(obstacle({ snapshotClasses: several(mark) })).toBeUndefined();
  const named = claim("shop/data", { annotations: { "velero.io/csi-volumesnapshot-class": "A" } });
  expect(obstacle({ snapshotClasses: several({}) }, named)).toBeUndefined();
});

test("a claim without a storage class leads Velero to no class", () => {
  expect(obstacle({}, claim("shop/data", { storageClass: "" }))).toBe(
    "missed: it names no StorageClass, by which Velero finds the VolumeSnapshotClass",
  );
});

test("a volume of no CSI driver needs the location of a plugin", () => {
  const data = claim("shop/data");
  expect(obstacle({}, data, volume("pv-data", hostPath))).toMatch(
    /^missed: its PersistentVolume is a hostPath, and/,
  );
  expect(obstacle({}, data, volume("pv-data"))).toMatch(
    /^missed: its PersistentVolume is of no CSI driver, and/,
  );
  expect(obstacle({ locations: ["aws"] }, data, volume("pv-data"))).toMatch(/^unseen: only the plugin/);
  expect(obstacle({ locations: undefined }, data, volume("pv-data"))).toBe(
    "unseen: the VolumeSnapshotLocations cannot be seen",
  );
});

test("a volume that cannot be seen tells nothing", () => {
  expect(snapshotObstacle(claim("shop/data"), undefined, able)).toEqual({
    fate: "unseen",
    why: "its PersistentVolume cannot be seen",
  });
});
