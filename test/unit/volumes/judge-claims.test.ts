import { describe, expect, test } from "vitest";
import type { VolumePolicy, Volumes } from "../../../provider/velero/selection-entries.ts";
import type { Fate } from "../../../provider/volumes/expect-way.ts";
import { type Evidence, judgeClaims, methodInWords } from "../../../provider/volumes/judge-claims.ts";
import type { Pod, Volume, VolumeObjects } from "../../../provider/volumes/volume-objects.ts";
import { realCase, realCases } from "./real-case.ts";
import { claim, csi, hostPath, objects, pod, volume } from "./volume-objects.ts";

/** `saved by file copy (6000008)`, `missed: no pod …`. */
function inWords(fate: Fate): string {
  switch (fate.fate) {
    case "saved":
      return `saved by ${methodInWords[fate.method]}${fate.bytes === undefined ? "" : ` (${fate.bytes})`}`;
    case "leftOut":
      return `left out by ${fate.by}`;
    case "notYet":
      return "not yet";
    default:
      return `${fate.fate}: ${fate.why}`;
  }
}

interface Declared {
  volumes?: Volumes;
  policies?: VolumePolicy[];
}

const judged = (evidence: Evidence, { volumes, policies = [] }: Declared = {}): Record<string, string> =>
  Object.fromEntries(
    judgeClaims(evidence, { volumes, policies }).map(({ claim: name, fate }) => [name, inWords(fate)]),
  );

const NO_POD = "missed: no pod in the backup mounts it";
const NO_PLUGIN = "and there is no VolumeSnapshotLocation by which a plugin could take a snapshot of it";
const HOOK_FAILED = `${NO_POD}, since Velero leaves out a pod whose pre hook fails: web-6c8c65b67f-d8f8n`;
const NO_COPY = "missed: no copy was made of its files in pod web-6c8c65b67f-d8f8n";
const OPT_OUT = "backup.velero.io/backup-volumes-excludes";

const FILE_COPY: Declared = { volumes: "fileCopy" };
const SKIP_X: VolumePolicy = { conditions: { pvcLabels: { team: "x" } }, action: { type: "skip" } };

/** A claim by its place, what mounts it, and its PersistentVolume. */
function one(place: string, web?: Pod, on: Volume = volume("pv-data")): VolumeObjects {
  return objects([claim(place, { volume: on.metadata.name })], web ? [web] : [], [on]);
}
const pending = (place: string, ...pods: Pod[]) => objects([claim(place, { phase: "Pending" })], pods);
const spare = (...mounted: Pod[]) => one("vol-a/data", mounted[0], volume("spare-1"));
const WEB = pod("vol-a/web-775b8fcf86-7cjth", "data");
const NEXT_WEB = pod("vol-a/web-6c8c65b67f-d8f8n", "data");
const OPTED_IN = pod("vol-a/web-6c8c65b67f-d8f8n", "data", {
  annotations: { "backup.velero.io/backup-volumes": "data" },
});
const OPTED_OUT = pod("vol-g/web-55dd57795b-8624v", "data", { annotations: { [OPT_OUT]: "data" } });
/** Two claims of a CSI driver, of which a pod mounts one. */
const two = (namespace: string, web?: string) =>
  objects(
    [claim(`${namespace}/data`), claim(`${namespace}/idle`)],
    web === undefined ? [] : [pod(`${namespace}/${web}`, "data")],
    [volume("pv-data", csi), volume("pv-idle", csi)],
  );

/** What the backup of each real case held, and what that comes to, claim by claim. */
const REAL: Record<string, [VolumeObjects, string[], Declared?]> = {
  "a-mounted-filecopy": [one("vol-a/data", WEB, volume("pv-a")), ["saved by file copy (6000008)"]],
  "a-mounted-no-way-to-save": [
    one("vol-a/data", WEB, volume("pv-a")),
    [`missed: its PersistentVolume is of no CSI driver, ${NO_PLUGIN}`],
  ],
  "a-mounted-optin-annotation": [spare(OPTED_IN), ["saved by file copy (6000008)"]],
  "b-unmounted-filecopy": [one("vol-b/data"), [NO_POD]],
  "b-unmounted-filecopy-snapshotVolumes-false": [one("vol-b/data"), [NO_POD], FILE_COPY],
  "b-unmounted-no-way-to-save": [
    one("vol-b/data"),
    [`missed: its PersistentVolume is of no CSI driver, ${NO_PLUGIN}`],
  ],
  "b-unmounted-snapshot-csi-on": [
    one("vol-b/data", undefined, volume("pv-data", hostPath)),
    [`missed: its PersistentVolume is a hostPath, ${NO_PLUGIN}`],
    { volumes: "snapshot" },
  ],
  "c-pending-filecopy": [pending("vol-c/data"), ["not yet"]],
  "c-pending-with-pod-filecopy": [
    pending("vol-c2/data", pod("vol-c2/web-6cbf6bdf45-jn8fh", "data", { phase: "Pending" })),
    ["not yet"],
  ],
  "csi-filecopy-idle": [
    two("csi-a", "web-6cbf6bdf45-4g5t5"),
    ["saved by file copy (5000006)", NO_POD],
    FILE_COPY,
  ],
  "csi-move": [
    two("csi-a", "web-6cbf6bdf45-7v4nb"),
    ["saved by moved snapshot (5000006)", "saved by moved snapshot (0)"],
    { volumes: "moveData" },
  ],
  "csi-policy-skip": [
    objects(
      [claim("more/policy", { labels: { team: "x" } }), claim("more/done"), claim("more/unmounted")],
      [
        pod("more/declared", "policy", { uses: "nothing" }),
        pod("more/finished", "done", { phase: "Succeeded" }),
      ],
      [volume("pv-policy", csi), volume("pv-done", csi), volume("pv-unmounted", csi)],
    ),
    [
      "left out by a volume policy with action skip (resourcePolicy)",
      "saved by snapshot (2)",
      "saved by snapshot (0)",
    ],
    { volumes: "snapshot", policies: [SKIP_X] },
  ],
  "csi-snapshot": [
    two("csi-a", "web-6cbf6bdf45-7v4nb"),
    ["saved by snapshot (5000006)", "saved by snapshot (0)"],
  ],
  "csi-snapshot-two-ways": [
    two("csi-a", "web-6cbf6bdf45-4g5t5"),
    ["saved by file copy (5000006)", "saved by snapshot (0)"],
  ],
  "d-pod-not-running-filecopy": [
    one("vol-d2/data", pod("vol-d2/web-784cccfb7f-492bb", "data", { phase: "Pending" })),
    ["missed: pod web-784cccfb7f-492bb, which mounts it, is not running (Pending)"],
  ],
  "d-scaled-to-zero-filecopy": [one("vol-d/data"), [NO_POD]],
  "e-hostpath-pv-filecopy": [
    one("vol-e2/data", pod("vol-e2/web-6cbf6bdf45-pf95s", "data"), volume("pv-e2", hostPath)),
    ["missed: its PersistentVolume is a hostPath, of which Velero copies no files"],
  ],
  // The hostPath is the pod's own: there is no claim.
  "e-hostpath-volume-filecopy": [objects([], [pod("vol-e/web", "none")]), []],
  // Velero leaves out the pod that it fails with.
  "f-no-node-agent-filecopy": [
    spare(),
    [`${NO_COPY}: daemonset pod not found in running state in node node`],
  ],
  "f-no-node-agent-unmounted-filecopy": [two("csi-a"), [NO_POD, NO_POD], FILE_COPY],
  "g-opted-out-filecopy": [
    one("vol-g/data", OPTED_OUT),
    [`left out by the annotation ${OPT_OUT} of pod vol-g/web-55dd57795b-8624v`],
  ],
  // With defaultVolumesToFsBackup false Velero does not read that annotation.
  "g-opted-out-no-way-to-save": [
    one("vol-g/data", OPTED_OUT),
    [`missed: its PersistentVolume is of no CSI driver, ${NO_PLUGIN}`],
  ],
  "hook-fails-onError-Continue": [spare(NEXT_WEB), ["saved by file copy (6000023)"], FILE_COPY],
  "hook-no-container": [spare(), [`${HOOK_FAILED}: no such container: "nope"`], FILE_COPY],
  "hook-ok": [spare(NEXT_WEB), ["saved by file copy (6000023)"], FILE_COPY],
  "hook-pre-fails-onError-Fail": [
    spare(),
    [`${HOOK_FAILED}: command terminated with exit code 3`],
    FILE_COPY,
  ],
  "hook-timeout": [spare(), [`${HOOK_FAILED}: timed out after 3s`], FILE_COPY],
  "keep-filecopy": [two("keep-a", "web-6cbf6bdf45-bg7k7"), ["saved by file copy (9)", NO_POD], FILE_COPY],
  "pvb-failed-filecopy": [spare(NEXT_WEB), [`${NO_COPY}: Cancel PVB on pod volume timeout`], FILE_COPY],
};

describe("Of what Velero said on a real node", () => {
  test("every backup is judged here", () => {
    expect(Object.keys(REAL).toSorted()).toEqual(realCases("backups"));
  });

  test.each(Object.entries(REAL))("%s", (name, [held, expected, declared]) => {
    const { lines, podVolumeBackups, errors = [], spec } = realCase(name);
    const found = judged({ objects: held, files: { lines, podVolumeBackups }, errors, spec }, declared);
    const places = held.claims.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(found).toEqual(Object.fromEntries(places.map((place, index) => [place, expected[index]])));
  });
});

const bound = claim("shop/data");
const FILES_BY_DEFAULT = { defaultVolumesToFsBackup: true, snapshotVolumes: false };

describe("A claim of a backup", () => {
  const fate = (
    held: VolumeObjects,
    {
      lines = [],
      spec = FILES_BY_DEFAULT,
      ...files
    }: Partial<Evidence["files"]> & { spec?: Evidence["spec"] } = {},
    declared?: Declared,
  ) => judged({ objects: held, files: { lines, ...files }, spec }, declared);

  test("whose PersistentVolume is not in the backup has no line, and was saved all the same", () => {
    const copied = {
      metadata: { name: "b-1", annotations: { "velero.io/pvc-name": "data" } },
      spec: { pod: { name: "web", namespace: "shop" }, volume: "data" },
      status: { phase: "Completed", progress: { totalBytes: 7 } },
    };
    const held = objects([bound], [pod("shop/web", "data")]);
    expect(fate(held, { podVolumeBackups: [copied] })).toEqual({ "shop/data": "saved by file copy (7)" });
    // An older Velero names no claim: the pod tells.
    const unnamed = { ...copied, metadata: { name: "b-1" } };
    expect(fate(held, { podVolumeBackups: [unnamed] })).toEqual({ "shop/data": "saved by file copy (7)" });
    expect(fate(held, { podVolumeBackups: [] })["shop/data"]).toMatch(/^missed: no copy was made/);
    expect(fate(held, {})["shop/data"]).toMatch(/^unseen: its PersistentVolume is not in the backup/);
  });

  test.each([
    ["velero.io/volume-snapshot-name", "velero-data-x", "volumesnapshots", "velero-data-x", "snapshot"],
    ["velero.io/data-upload-name", "velero/b-x", "persistentvolumeclaims", "data", "moved snapshot"],
  ])("that carries %s was saved if that came to its end", (annotation, value, Resource, Name, how) => {
    const held = objects([claim("shop/data", { annotations: { [annotation]: value } })]);
    const spec = { defaultVolumesToFsBackup: false };
    const operation = (phase: string) => ({
      spec: { resourceIdentifier: { Resource, Name, Namespace: "shop" } },
      status: { phase },
    });
    expect(fate(held, { spec, operations: [operation("Completed")] })).toEqual({
      "shop/data": `saved by ${how}`,
    });
    expect(fate(held, { spec, operations: [operation("Failed")] })["shop/data"]).toMatch(/^missed/);
    expect(fate(held, { spec })["shop/data"]).toMatch(/^unseen/);
  });

  test("that is in no line of its own is told by its volume", () => {
    const line = { pvName: "pv-data", backupMethod: "NativeSnapshot" as const, result: "succeeded" };
    expect(fate(objects([bound]), { lines: [line] })).toEqual({
      "shop/data": "saved by snapshot by a plugin",
    });
  });

  test("that Kubernetes made for an ephemeral volume was saved with its pod", () => {
    const web = pod("shop/web", "none");
    web.spec!.volumes!.push({ name: "cache", ephemeral: {} });
    const line = {
      backupMethod: "PodVolumeBackup" as const,
      result: "succeeded",
      pvbInfo: { podName: "web", podNamespace: "shop", volumeName: "cache", size: 3 },
    };
    const held = objects([claim("shop/web-cache")], [web], [volume("pv-web-cache")]);
    expect(fate(held, { lines: [line] })).toEqual({ "shop/web-cache": "saved by file copy (3)" });
    const other = { ...line, pvbInfo: { ...line.pvbInfo, volumeName: "scratch" } };
    expect(fate(held, { lines: [other] })["shop/web-cache"]).toMatch(/^missed/);
  });

  test("is no other's of the same name, and what nobody claims is none", () => {
    const backupMethod = "NativeSnapshot" as const;
    const lines = [
      { pvcName: "data", pvcNamespace: "billing", pvName: "pv-1", backupMethod, result: "succeeded" },
      {
        pvName: "pv-free",
        skipped: true,
        skippedReason: "volumeSnapshot: no applicable volumesnapshotter found;",
      },
    ];
    expect(fate(objects([bound], [], [volume("pv-data")]), { lines })).toEqual({ "shop/data": NO_POD });
  });

  test("that a CSI driver has, and of which Velero looked for a plugin, tells that EnableCSI is off", () => {
    const line = {
      pvcName: "data",
      pvcNamespace: "shop",
      skipped: true,
      skippedReason: "volumeSnapshot: no applicable volumesnapshotter found;",
    };
    const spec = { defaultVolumesToFsBackup: false };
    expect(fate(objects([bound], [], [volume("pv-data", csi)]), { spec, lines: [line] })["shop/data"]).toBe(
      "missed: its PersistentVolume is of the CSI driver dir.csi.test, and Velero runs without its feature EnableCSI",
    );
    expect(fate(objects([bound], [], [volume("pv-data", csi)]), { spec })["shop/data"]).toBe(
      "missed: no snapshot of it was taken",
    );
  });
});
