import type { KubernetesObject } from "../kubernetes/resources.ts";
import type { VolumePolicy, Volumes } from "../velero/selection-entries.ts";
import type { SavingMethod } from "../velero/backup-files.ts";
import type { BackupSpec } from "../velero/types.ts";
import {
  type Claim,
  claimName,
  matchVolumePolicy,
  type Pod,
  type Volume,
  volumeOf,
} from "./volume-objects.ts";

/** The part of a backup's declaration that decides about volumes. */
export interface VolumeRequest {
  /** The switches after Velero applied its defaults. Fields are undefined if the defaults are not known. */
  switches: Pick<BackupSpec, "defaultVolumesToFsBackup" | "snapshotVolumes" | "snapshotMoveData">;
  /** The declared value. */
  volumes?: Volumes | undefined;
  policies: readonly VolumePolicy[];
}

/** The method by which Velero would save a claim's data, or the reason why it would not. */
export type Way =
  | Exclude<Fate, { fate: "saved" }>
  | { fate: "copied"; pod: Pod; volume: string }
  /** `instead`: the reason why Velero makes no file copy, which it would prefer. */
  | { fate: "snapshotted"; instead?: Missed | LeftOut };

const EXCLUDED = "velero.io/exclude-from-backup";
const OPT_OUT = "backup.velero.io/backup-volumes-excludes";
const OPT_IN = "backup.velero.io/backup-volumes";

/**
 * Decides how Velero would save a claim, from objects alone: the claim, the pods of its namespace and its
 * PersistentVolume. The rules and their order are Velero's (velero 1.18
 * `internal/volumehelper/volume_policy_helper.go`, ShouldPerformFSBackup and ShouldPerformSnapshot).
 */
export function expectWay(
  claim: Claim,
  { pods, volume }: { pods: readonly Pod[]; volume: Volume | undefined },
  request: VolumeRequest,
): Way {
  const { phase } = claim.status ?? {};
  if (claim.metadata.labels?.[EXCLUDED] === "true") return leftOut(`its label ${EXCLUDED}`);
  if (phase === "Lost") return LOST;
  if (phase !== "Bound") return { fate: "notYet" };
  const users = usersOf(claim, pods);
  switch (matchVolumePolicy(request.policies, claim, volume)) {
    case "skip":
      return leftOut("a volume policy with action skip (resourcePolicy)");
    case "custom":
      return leftOut("a volume policy with action custom, which hands it to another plugin (resourcePolicy)");
    case "unknown":
      return {
        fate: "unseen",
        why: "the volume policy that fits it depends on its PersistentVolume, which cannot be seen",
      };
    case "fs-backup":
      return copyFrom(users, claim, volume);
    case "snapshot":
      return { fate: "snapshotted" };
    default:
      return expectBySwitches(claim, { users, volume }, request);
  }
}

/** A pod that uses the claim, and the pod's own name for the volume. */
interface User {
  pod: Pod;
  name: string;
}

const usersOf = (claim: Claim, pods: readonly Pod[]): User[] =>
  pods.flatMap((pod) => {
    const name = volumeOf(pod, claim);
    return name === undefined ? [] : [{ pod, name }];
  });

function expectBySwitches(
  claim: Claim,
  { users, volume }: { users: readonly User[]; volume: Volume | undefined },
  { switches: { defaultVolumesToFsBackup, snapshotVolumes }, volumes }: VolumeRequest,
): Way {
  if (defaultVolumesToFsBackup === undefined) {
    return {
      fate: "unseen",
      why: "`volumes` is not said, and the defaults of Velero's server cannot be seen",
    };
  }
  const snapshots = snapshotVolumes !== false;
  if (!defaultVolumesToFsBackup) {
    const optedIn = users.filter(({ pod, name }) => isNamed(pod, OPT_IN, name));
    if (optedIn.length > 0) return copyFrom(optedIn, claim, volume);
    if (snapshots) return { fate: "snapshotted" };
    return volumes === "none" ? leftOut('volumes: "none"') : NOT_ASKED;
  }
  const instead = optedOut(users) ?? (users.length === 0 ? NO_POD : undefined);
  if (!instead) return copyFrom(takers(users), claim, volume);
  // Velero tries a snapshot only if no pod at all lets the volume be copied.
  return snapshots && takers(users).length === 0 ? { fate: "snapshotted", instead } : instead;
}

/** Returns the pods from which Velero would copy the volume if it copies by default. */
const takers = (users: readonly User[]): User[] =>
  users.filter(({ pod, name }) => !isNamed(pod, OPT_OUT, name));

/** Running pods decide, if there are any. A completed Job's pod does not count. */
function optedOut(users: readonly User[]): LeftOut | undefined {
  const running = users.filter(isRunning);
  const deciding = running.length > 0 ? running : users;
  const [first] = deciding;
  if (!first || takers(deciding).length > 0) return undefined;
  return leftOut(`the annotation ${OPT_OUT} of pod ${claimName(first.pod)}`);
}

/** Velero splits the value at commas, and does not trim the parts (velero `pkg/util/podvolume/pod_volume.go`). */
const isNamed = ({ metadata: { annotations = {} } }: Pod, annotation: string, volume: string): boolean =>
  (annotations[annotation] ?? "").split(",").includes(volume);

/**
 * Velero checks a volume in this order before it copies the files (velero 1.18 `pkg/podvolume/backupper.go`,
 * BackupPodVolumes).
 */
function copyFrom(users: readonly User[], claim: Claim, volume: Volume | undefined): Way {
  const [any] = users;
  const running = users.filter(isRunning);
  const [first] = running;
  if (!any) return NO_POD;
  if (!first) return notRunning(any.pod);
  if (volume?.spec?.hostPath) return HOST_PATH;
  if (claim.spec?.volumeMode === "Block" || running.every(isDevice)) return BLOCK;
  const mounted = running.find(isMounted);
  return mounted ? { fate: "copied", pod: mounted.pod, volume: mounted.name } : notMounted(first.pod);
}

const isRunning = ({ pod: { spec, status } }: User): boolean =>
  Boolean(spec?.nodeName) && status?.phase === "Running";

const isMounted = ({ pod, name }: User): boolean =>
  (pod.spec?.containers ?? []).some(({ volumeMounts = [] }) =>
    volumeMounts.some((each) => each.name === name),
  );

const isDevice = ({ pod, name }: User): boolean =>
  (pod.spec?.containers ?? []).some(({ volumeDevices = [] }) =>
    volumeDevices.some((each) => each.name === name),
  );

const leftOut = (by: string): LeftOut => ({ fate: "leftOut", by });
const missed = (why: string, todo: string): Missed => ({ fate: "missed", why, todo });

const RUN_A_POD =
  'File copies are read through a pod: have one that mounts it run while backups are taken, within what is selected; or take snapshots (volumes: "snapshot" or "moveData").';

const LOST = missed(
  "it has lost its PersistentVolume",
  "A claim that is Lost has no data any more: delete it, or restore its volume.",
);
/** This also applies if Velero failed to back up the pod, and left it out. */
export const NO_POD = missed("no pod in the backup mounts it", RUN_A_POD);
const HOST_PATH = missed(
  "its PersistentVolume is a hostPath, of which Velero copies no files",
  "Move its data to another kind of volume (of a CSI driver, or local).",
);
const BLOCK = missed(
  "it is a block device, of which Velero copies no files",
  'Save block devices by volumes: "snapshot" or "moveData".',
);
const NOT_ASKED = missed(
  "nothing is asked of Velero that would save it: it neither copies files nor takes snapshots here",
  'Say how with volumes: "fileCopy", "snapshot" or "moveData".',
);

const notRunning = (pod: Pod): Missed =>
  missed(`pod ${pod.metadata.name}, which mounts it, is not running (${podPhaseOf(pod)})`, RUN_A_POD);

const podPhaseOf = ({ spec, status }: Pod): string =>
  status?.phase === "Running" && !spec?.nodeName ? "on no node" : (status?.phase ?? "Pending");

const notMounted = (pod: Pod): Missed =>
  missed(`pod ${pod.metadata.name} declares it, and none of its containers mounts it`, RUN_A_POD);

/** The result of a backup for the data of a claim. */
export type Fate =
  | Saved
  | LeftOut
  /** The claim has no volume yet. */
  | { fate: "notYet" }
  | Missed
  /** The records do not say, or cannot be read. */
  | { fate: "unseen"; why: string };

export interface Saved {
  fate: "saved";
  method: SavingMethod;
  /** Undefined if Velero does not record the size. */
  bytes?: number | undefined;
}

interface LeftOut {
  fate: "leftOut";
  /** The declaration that excludes the claim: `its label velero.io/exclude-from-backup`. */
  by: string;
}

export interface Missed {
  fate: "missed";
  /** The reason as a clause: `no pod in the backup mounts it`. */
  why: string;
  /** The remedy, as sentences. */
  todo: string;
}

export interface VolumeSnapshotClass extends KubernetesObject {
  driver?: string;
}

export interface StorageClass extends KubernetesObject {
  provisioner?: string;
}

/** The means of a cluster and its Velero to take snapshots. Undefined fields are not known. */
export interface SnapshotMeans {
  /** The names of the VolumeSnapshotLocations. */
  locations?: readonly string[] | undefined;
  /** True if Velero's server runs with the feature EnableCSI. */
  csi?: boolean | undefined;
  snapshotClasses?: readonly VolumeSnapshotClass[] | undefined;
  storageClasses?: readonly StorageClass[] | undefined;
}

/**
 * Returns the reason why Velero cannot take a snapshot of a claim, or why that is not known. Returns undefined if there
 * is no known obstacle. Velero snapshots volumes of CSI drivers through Kubernetes
 * (`pkg/backup/actions/csi/pvc_action.go`), and others through a plugin that a VolumeSnapshotLocation names
 * (`pkg/backup/item_backupper.go`, takePVSnapshot).
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

/**
 * Velero chooses the VolumeSnapshotClass in this way (velero 1.18 `pkg/util/csi/volume_snapshot.go`,
 * GetVolumeSnapshotClass).
 */
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
const unseen = (why: string) => ({ fate: "unseen", why }) as const;

const BY_PLUGIN = unseen(
  "only the plugin of a VolumeSnapshotLocation knows whether it can take a snapshot of it",
);
const UNKNOWN_CSI = unseen("whether Velero's server runs with its feature EnableCSI cannot be seen");
