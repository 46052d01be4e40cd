/**
 * What Velero 1.18.3 wrote on a real node (Kubernetes 1.33, a CSI driver, node agents), cut to what is read of it. The
 * sandbox has no node.
 */
export const volumeInfo = {
  snapshot: [
    {
      pvcName: "data",
      pvcNamespace: "csi-a",
      pvName: "pvc-eb1a8aeb-7689-48a7-b4f2-58f5c13689b1",
      backupMethod: "CSISnapshot",
      snapshotDataMoved: false,
      skipped: false,
      result: "succeeded",
    },
    {
      pvcName: "idle",
      pvcNamespace: "csi-a",
      pvName: "pvc-c24ba939-ad4e-4e5d-9492-c002bde8dc7e",
      backupMethod: "CSISnapshot",
      snapshotDataMoved: false,
      skipped: false,
      result: "succeeded",
    },
  ],
  moveData: [
    {
      pvcName: "data",
      pvcNamespace: "csi-a",
      pvName: "pvc-eb1a8aeb-7689-48a7-b4f2-58f5c13689b1",
      backupMethod: "CSISnapshot",
      snapshotDataMoved: true,
      skipped: false,
      result: "succeeded",
    },
    {
      pvcName: "idle",
      pvcNamespace: "csi-a",
      pvName: "pvc-c24ba939-ad4e-4e5d-9492-c002bde8dc7e",
      backupMethod: "CSISnapshot",
      snapshotDataMoved: true,
      skipped: false,
      result: "succeeded",
    },
  ],
  fileCopy: [
    {
      pvcName: "idle",
      pvcNamespace: "keep-a",
      pvName: "pvc-c0bdde2d-1aa9-427b-8fcf-36cfac851bbb",
      snapshotDataMoved: false,
      skipped: true,
      skippedReason: "volumeSnapshot: not satisfy the criteria for VolumePolicy or the legacy snapshot way;",
    },
    {
      pvcName: "data",
      pvcNamespace: "keep-a",
      pvName: "pvc-9bdb9c1d-4884-4e00-8d27-ed4f4f7c6aae",
      backupMethod: "PodVolumeBackup",
      snapshotDataMoved: false,
      skipped: false,
      result: "succeeded",
      pvbInfo: {
        snapshotHandle: "c5cf00493f98871f09a6a48c142b620c",
        volumeName: "data",
        podName: "web-6cbf6bdf45-bg7k7",
        podNamespace: "keep-a",
        Phase: "Completed",
      },
    },
  ],
  twoWays: [
    {
      pvcName: "idle",
      pvcNamespace: "csi-a",
      pvName: "pvc-51dc4ad9-8f57-48d6-abe7-17a765ffb17f",
      backupMethod: "CSISnapshot",
      snapshotDataMoved: false,
      skipped: false,
      result: "succeeded",
    },
    {
      pvcName: "data",
      pvcNamespace: "csi-a",
      pvName: "pvc-983464d9-f878-474c-bbc2-55475c731101",
      backupMethod: "PodVolumeBackup",
      snapshotDataMoved: false,
      skipped: false,
      result: "succeeded",
      pvbInfo: {
        snapshotHandle: "4c8f4f57794d63dbc0343d9de62ee4cd",
        volumeName: "data",
        podName: "web-6cbf6bdf45-4g5t5",
        podNamespace: "csi-a",
        Phase: "Completed",
      },
    },
  ],
  mountedFileCopy: [
    {
      pvcName: "data",
      pvcNamespace: "vol-a",
      pvName: "pv-a",
      backupMethod: "PodVolumeBackup",
      snapshotDataMoved: false,
      skipped: false,
      result: "succeeded",
      pvbInfo: {
        snapshotHandle: "71629f4393243132558878035321f722",
        volumeName: "data",
        podName: "web-775b8fcf86-7cjth",
        podNamespace: "vol-a",
        Phase: "Completed",
      },
    },
    {
      backupMethod: "PodVolumeBackup",
      snapshotDataMoved: false,
      skipped: false,
      result: "succeeded",
      pvbInfo: {
        snapshotHandle: "8be0c5faf44258d4ac26b442faba6484",
        volumeName: "scratch",
        podName: "web-775b8fcf86-7cjth",
        podNamespace: "vol-a",
        Phase: "Completed",
      },
    },
  ],
} as const;

/** What its restores made to bring data back. */
export const made = {
  filesBack: [
    {
      metadata: {
        name: "rs-a-same-fmgjb",
      },
      spec: {
        pod: {
          name: "web-775b8fcf86-7cjth",
          namespace: "vol-a",
        },
        volume: "scratch",
      },
      status: {
        phase: "Completed",
      },
    },
    {
      metadata: {
        name: "rs-a-same-hksbq",
      },
      spec: {
        pod: {
          name: "web-775b8fcf86-7cjth",
          namespace: "vol-a",
        },
        volume: "data",
      },
      status: {
        phase: "Completed",
      },
    },
  ],
  filesNotBack: [
    {
      metadata: {
        name: "rh-init-ok-bts7g",
      },
      spec: {
        pod: {
          name: "web-775b8fcf86-7cjth",
          namespace: "rh4",
        },
        volume: "data",
      },
      status: {},
    },
    {
      metadata: {
        name: "rh-init-ok-nqkrs",
      },
      spec: {
        pod: {
          name: "web-775b8fcf86-7cjth",
          namespace: "rh4",
        },
        volume: "scratch",
      },
      status: {},
    },
  ],
  moved: [
    {
      metadata: {
        name: "rs-move-other-bw7qn",
      },
      spec: {
        targetVolume: {
          namespace: "csi-a-moved",
          pvc: "idle",
        },
      },
      status: {
        phase: "Completed",
      },
    },
    {
      metadata: {
        name: "rs-move-other-lpq7w",
      },
      spec: {
        targetVolume: {
          namespace: "csi-a-moved",
          pvc: "data",
        },
      },
      status: {
        phase: "Completed",
      },
    },
  ],
  notMoved: [
    {
      metadata: {
        name: "ldrill-move-vq446",
      },
      spec: {
        targetVolume: {
          namespace: "ldrill-move",
          pvc: "data",
        },
      },
      status: {
        phase: "Accepted",
      },
    },
  ],
} as const;
