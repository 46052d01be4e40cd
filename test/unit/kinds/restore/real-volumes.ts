/**
 * What Velero 1.18.3 wrote on a real node (Kubernetes 1.33, a CSI driver, node agents), cut to what is read of it. The
 * sandbox has no node.
 */
interface Line {
  pvcName: string;
  pvcNamespace: string;
  pvName: string;
}

const line = (pvcNamespace: string, pvcName: string, pvName: string): Line => ({
  pvcName,
  pvcNamespace,
  pvName,
});

const snapshot = (of: Line, snapshotDataMoved: boolean) => ({
  ...of,
  backupMethod: "CSISnapshot",
  snapshotDataMoved,
  skipped: false,
  result: "succeeded",
});

/** One without a claim is of another kind of volume. */
const copy = (
  of: Partial<Line>,
  [podNamespace, podName, volumeName]: [string, string, string],
  snapshotHandle: string,
) => ({
  ...of,
  backupMethod: "PodVolumeBackup",
  snapshotDataMoved: false,
  skipped: false,
  result: "succeeded",
  pvbInfo: { snapshotHandle, volumeName, podName, podNamespace, Phase: "Completed" },
});

const DATA = line("csi-a", "data", "pvc-eb1a8aeb-7689-48a7-b4f2-58f5c13689b1");
const IDLE = line("csi-a", "idle", "pvc-c24ba939-ad4e-4e5d-9492-c002bde8dc7e");
const MOUNTED = "web-775b8fcf86-7cjth";

export const volumeInfo = {
  snapshot: [snapshot(DATA, false), snapshot(IDLE, false)],
  moveData: [snapshot(DATA, true), snapshot(IDLE, true)],
  fileCopy: [
    {
      ...line("keep-a", "idle", "pvc-c0bdde2d-1aa9-427b-8fcf-36cfac851bbb"),
      snapshotDataMoved: false,
      skipped: true,
      skippedReason: "volumeSnapshot: not satisfy the criteria for VolumePolicy or the legacy snapshot way;",
    },
    copy(
      line("keep-a", "data", "pvc-9bdb9c1d-4884-4e00-8d27-ed4f4f7c6aae"),
      ["keep-a", "web-6cbf6bdf45-bg7k7", "data"],
      "c5cf00493f98871f09a6a48c142b620c",
    ),
  ],
  twoWays: [
    snapshot(line("csi-a", "idle", "pvc-51dc4ad9-8f57-48d6-abe7-17a765ffb17f"), false),
    copy(
      line("csi-a", "data", "pvc-983464d9-f878-474c-bbc2-55475c731101"),
      ["csi-a", "web-6cbf6bdf45-4g5t5", "data"],
      "4c8f4f57794d63dbc0343d9de62ee4cd",
    ),
  ],
  mountedFileCopy: [
    copy(line("vol-a", "data", "pv-a"), ["vol-a", MOUNTED, "data"], "71629f4393243132558878035321f722"),
    copy({}, ["vol-a", MOUNTED, "scratch"], "8be0c5faf44258d4ac26b442faba6484"),
  ],
};

const podVolumeRestore = (name: string, namespace: string, volume: string, status: object) => ({
  metadata: { name },
  spec: { pod: { name: MOUNTED, namespace }, volume },
  status,
});
const dataDownload = (name: string, namespace: string, pvc: string, phase: string) => ({
  metadata: { name },
  spec: { targetVolume: { namespace, pvc } },
  status: { phase },
});

/** What its restores made to bring data back. */
export const made = {
  filesBack: [
    podVolumeRestore("rs-a-same-fmgjb", "vol-a", "scratch", { phase: "Completed" }),
    podVolumeRestore("rs-a-same-hksbq", "vol-a", "data", { phase: "Completed" }),
  ],
  filesNotBack: [
    podVolumeRestore("rh-init-ok-bts7g", "rh4", "data", {}),
    podVolumeRestore("rh-init-ok-nqkrs", "rh4", "scratch", {}),
  ],
  moved: [
    dataDownload("rs-move-other-bw7qn", "csi-a-moved", "idle", "Completed"),
    dataDownload("rs-move-other-lpq7w", "csi-a-moved", "data", "Completed"),
  ],
  notMoved: [dataDownload("ldrill-move-vq446", "ldrill-move", "data", "Accepted")],
};
