import { expect, test } from "vitest";
import type { VolumePolicy } from "../../../provider/velero/selection-entries.ts";
import { expectWay, type VolumeRequest } from "../../../provider/volumes/expect-way.ts";
import type { Claim, Pod, Volume } from "../../../provider/volumes/volume-objects.ts";
import { claim, hostPath, pod, volume } from "./volume-objects.ts";

const OUT = { "backup.velero.io/backup-volumes-excludes": "logs,data" };
const IN = { "backup.velero.io/backup-volumes": "data" };

const COPY = { defaultVolumesToFsBackup: true, snapshotVolumes: false };
const COPY_FIRST = { defaultVolumesToFsBackup: true };
const SNAPSHOT = { defaultVolumesToFsBackup: false, snapshotVolumes: true };
const NOTHING = { defaultVolumesToFsBackup: false, snapshotVolumes: false };

/** `copied from web`, `snapshotted`, `leftOut`, `missed: no pod in the backup mounts it`. */
function way(
  switches: VolumeRequest["switches"],
  pods: Pod[],
  {
    of = claim("shop/data"),
    on = volume("pv-data"),
    policies = [],
    volumes,
  }: Partial<VolumeRequest> & { of?: Claim; on?: Volume } = {},
): string {
  const found = expectWay(of, { pods, volume: on }, { switches, policies, volumes });
  switch (found.fate) {
    case "copied":
      return `copied from ${found.pod.metadata.name}`;
    case "snapshotted":
      return found.instead ? `snapshotted, else ${found.instead.fate}` : "snapshotted";
    case "missed":
      return `missed: ${found.why}`;
    case "leftOut":
      return `left out by ${found.by}`;
    default:
      return found.fate;
  }
}

const web = pod("shop/web", "data");
const optedOut = pod("shop/web", "data", { annotations: OUT });
const optedIn = pod("shop/web", "data", { annotations: IN });
const done = pod("shop/job", "data", { phase: "Succeeded" });
const NO_POD = "missed: no pod in the backup mounts it";
const BY_POD = "left out by the annotation backup.velero.io/backup-volumes-excludes of pod shop/web";

test.each<[string, VolumeRequest["switches"], Pod[], string]>([
  ["a running pod", COPY, [web], "copied from web"],
  ["no pod", COPY, [], NO_POD],
  ["a pod of another namespace", COPY, [pod("billing/web", "data")], NO_POD],
  ["a pod with another claim", COPY, [pod("shop/web", "logs")], NO_POD],
  ["no pod, and snapshots beside", COPY_FIRST, [], "snapshotted, else missed"],
  ["a pod that opts out", COPY, [optedOut], BY_POD],
  ["a pod that opts out, and snapshots beside", COPY_FIRST, [optedOut], "snapshotted, else leftOut"],
  ["a running one that opts out, beside one that is done", COPY, [optedOut, done], BY_POD],
  // Velero takes no snapshot of what any pod would have it copy.
  ["the same, and snapshots beside", COPY_FIRST, [optedOut, done], BY_POD],
  ["one that opts out, and one that does not", COPY, [optedOut, pod("shop/two", "data")], "copied from two"],
  ["a pod that is done", COPY, [done], "missed: pod job, which mounts it, is not running (Succeeded)"],
  [
    "a pod that waits",
    COPY_FIRST,
    [pod("shop/web", "data", { phase: "Pending" })],
    "missed: pod web, which mounts it, is not running (Pending)",
  ],
  ["one that is done, and one that runs", COPY, [done, web], "copied from web"],
  [
    "a pod that mounts it nowhere",
    COPY,
    [pod("shop/web", "data", { uses: "nothing" })],
    "missed: pod web declares it, and none of its containers mounts it",
  ],
  [
    "a pod that takes it as a device",
    COPY,
    [pod("shop/web", "data", { uses: "attaches" })],
    "missed: it is a block device, of which Velero copies no files",
  ],
  ["snapshots, and a running pod", SNAPSHOT, [web], "snapshotted"],
  ["snapshots, and a pod whose annotation is not read", SNAPSHOT, [optedOut], "snapshotted"],
  ["snapshots, and a pod that opts in", SNAPSHOT, [optedIn], "copied from web"],
  ["nothing, and a pod that opts in", NOTHING, [optedIn], "copied from web"],
  [
    "nothing",
    NOTHING,
    [optedOut],
    "missed: nothing is asked of Velero that would save it: it neither copies files nor takes snapshots here",
  ],
  ["what Velero's server does by default, unseen", {}, [web], "unseen"],
])("with %s", (_what, switches, pods, expected) => {
  expect(way(switches, pods)).toBe(expected);
});

test.each<[string, Claim, Volume, string]>([
  ["waits for its volume", claim("shop/data", { phase: "Pending" }), volume("other"), "notYet"],
  [
    "has lost it",
    claim("shop/data", { phase: "Lost" }),
    volume("other"),
    "missed: it has lost its PersistentVolume",
  ],
  [
    "is labelled",
    claim("shop/data", { labels: { "velero.io/exclude-from-backup": "true" } }),
    volume("pv-data"),
    "left out by its label velero.io/exclude-from-backup",
  ],
  [
    "is labelled with something else",
    claim("shop/data", { labels: { "velero.io/exclude-from-backup": "yes" } }),
    volume("pv-data"),
    "copied from web",
  ],
  [
    "is a block device",
    claim("shop/data", { block: true }),
    volume("pv-data"),
    "missed: it is a block device, of which Velero copies no files",
  ],
  [
    "lies on a hostPath",
    claim("shop/data"),
    volume("pv-data", hostPath),
    "missed: its PersistentVolume is a hostPath, of which Velero copies no files",
  ],
])("a claim that %s", (_what, of, on, expected) => {
  expect(way(COPY, [web], { of, on })).toBe(expected);
});

test("volumes: none leaves out what no policy saves", () => {
  expect(way(NOTHING, [web], { volumes: "none" })).toBe('left out by volumes: "none"');
  expect(way(NOTHING, [optedIn], { volumes: "none" })).toBe("copied from web");
});

test.each<[VolumePolicy["action"]["type"], string]>([
  ["skip", "left out by a volume policy with action skip (resourcePolicy)"],
  [
    "custom",
    "left out by a volume policy with action custom, which hands it to another plugin (resourcePolicy)",
  ],
  ["snapshot", "snapshotted"],
  // In force, a policy is above the pods' annotations.
  ["fs-backup", "copied from web"],
])("a volume policy with action %s decides, whatever else is said", (type, expected) => {
  const policies: VolumePolicy[] = [{ conditions: {}, action: { type } }];
  expect(way(NOTHING, [optedOut], { policies, volumes: "none" })).toBe(expected);
  const none: VolumePolicy[] = [{ conditions: { storageClass: ["other"] }, action: { type } }];
  expect(way(COPY, [optedOut], { policies: none })).toBe(BY_POD);
});
