import type { KubernetesObject } from "../../kubernetes/resources.ts";
import type { Fate, Missed } from "./fate.ts";
import type { Claim, Volume } from "./volume-objects.ts";

export interface VolumeSnapshotClass extends KubernetesObject {
  driver?: string;
}

export interface StorageClass extends KubernetesObject {
  provisioner?: string;
}

/** The means of a cluster and its Velero to take snapshots; undefined is what cannot be seen. */
export interface SnapshotMeans {
  /** VolumeSnapshotLocations, by name. */
  locations?: readonly string[] | undefined;
  /** True where Velero's server runs with its feature EnableCSI. */
  csi?: boolean | undefined;
  snapshotClasses?: readonly VolumeSnapshotClass[] | undefined;
  storageClasses?: readonly StorageClass[] | undefined;
}

/**
 * Tells what keeps Velero from taking a snapshot of a claim: the claim is missed, or nobody can tell. Undefined where
 * nothing does, as far as is known. Velero snapshots volumes of CSI drivers by Kubernetes (`pkg/backup/actions/csi/pvc_action.go`),
 * and others by a plugin that a VolumeSnapshotLocation names (`pkg/backup/item_backupper.go`, takePVSnapshot).
 */
export function snapshotObstacle(
  claim: Claim,
  volume: Volume | undefined,
  means: SnapshotMeans,
): Extract<Fate, { fate: "missed" | "unseen" }> | undefined {
  if (!volume) return unseen("its PersistentVolume cannot be seen");
  const driver = volume.spec?.csi?.driver;
  if (driver === undefined) return pluginObstacle(volume, means);
  if (means.csi === false) return means.locations?.length === 0 ? noCsi(driver) : BY_PLUGIN;
  return classObstacle(claim, means) ?? (means.csi === undefined ? UNKNOWN_CSI : undefined);
}

function pluginObstacle({ spec }: Volume, { locations }: SnapshotMeans): ReturnType<typeof snapshotObstacle> {
  if (locations === undefined) return unseen("the VolumeSnapshotLocations cannot be seen");
  if (locations.length > 0) return BY_PLUGIN;
  const kind = spec?.hostPath ? "is a hostPath" : "is of no CSI driver";
  return missed(
    `its PersistentVolume ${kind}, and there is no VolumeSnapshotLocation by which a plugin could take a snapshot of it`,
    `Make a VolumeSnapshotLocation of its storage's provider. ${COPY_FILES}`,
  );
}

const COPY_FILES = 'Or say volumes: "fileCopy", which copies files of any mounted volume but hostPath.';

/** Velero finds the VolumeSnapshotClass so (velero 1.18 `pkg/util/csi/volume_snapshot.go`, GetVolumeSnapshotClass). */
function classObstacle(
  { metadata, spec }: Claim,
  { snapshotClasses, storageClasses }: SnapshotMeans,
): ReturnType<typeof snapshotObstacle> {
  const { storageClassName } = spec ?? {};
  if (!storageClassName) {
    return missed(
      "it names no StorageClass, by which Velero finds the VolumeSnapshotClass",
      `Give the claim a StorageClass of its driver. ${COPY_FILES}`,
    );
  }
  if (!storageClasses) return unseen("the StorageClasses cannot be seen");
  if (!snapshotClasses) return unseen("the VolumeSnapshotClasses cannot be seen");
  const { provisioner } = storageClasses.find((each) => each.metadata.name === storageClassName) ?? {};
  if (provisioner === undefined) {
    return missed(
      `its StorageClass "${storageClassName}" is gone, by which Velero finds the VolumeSnapshotClass`,
      "Make that StorageClass again.",
    );
  }
  const fitting = snapshotClasses.filter(({ driver }) => driver === provisioner);
  const named = metadata.annotations?.[CLASS];
  if (named !== undefined && fitting.some((each) => each.metadata.name.toLowerCase() === named.toLowerCase()))
    return undefined;
  if (fitting.length === 0) {
    return missed(
      `there is no VolumeSnapshotClass of driver ${provisioner}`,
      `Make a VolumeSnapshotClass for it. ${COPY_FILES}`,
    );
  }
  return fitting.length === 1 || fitting.some(isChosen)
    ? undefined
    : missed(
        `of the ${fitting.length} VolumeSnapshotClasses of driver ${provisioner} none is marked for Velero`,
        `Label one of them ${CLASS}: "true".`,
      );
}

const CLASS = "velero.io/csi-volumesnapshot-class";
const DEFAULT = "snapshot.storage.kubernetes.io/is-default-class";

const isChosen = ({ metadata: { labels = {}, annotations = {} } }: VolumeSnapshotClass): boolean =>
  labels[CLASS] !== undefined || annotations[DEFAULT] !== undefined;

const noCsi = (driver: string): Missed =>
  missed(
    `its PersistentVolume is of the CSI driver ${driver}, and Velero runs without its feature EnableCSI`,
    `Start Velero's server with --features=EnableCSI. ${COPY_FILES}`,
  );

const missed = (why: string, todo: string): Missed => ({ fate: "missed", why, todo });
const unseen = (why: string) => ({ fate: "unseen", why }) as const;

const BY_PLUGIN = unseen(
  "only the plugin of a VolumeSnapshotLocation knows whether it can take a snapshot of it",
);
const UNKNOWN_CSI = unseen("whether Velero's server runs with its feature EnableCSI cannot be seen");
