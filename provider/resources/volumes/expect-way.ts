import type { BackupSpec } from "../../velero/types.ts";
import type { Volumes } from "../backup/selection.ts";
import type { Fate, LeftOut, Missed } from "./fate.ts";
import { matchVolumePolicy, type VolumePolicy } from "./match-volume-policy.ts";
import { type Claim, claimName, type Pod, type Volume, volumeOf } from "./volume-objects.ts";

/** The part of a backup's declaration that decides about volumes. */
export interface VolumeWish {
  /** As Velero has defaulted them; undefined where its defaults are not known. */
  switches: Pick<BackupSpec, "defaultVolumesToFsBackup" | "snapshotVolumes" | "snapshotMoveData">;
  /** As it was declared. */
  volumes?: Volumes | undefined;
  policies: readonly VolumePolicy[];
}

/** The way by which Velero would save a claim's data, or what else becomes of it. */
export type Way =
  | Exclude<Fate, { fate: "saved" }>
  | { fate: "copied"; pod: Pod; volume: string }
  /** `instead` of a file copy, which would come first: what keeps Velero from making one. */
  | { fate: "snapshotted"; instead?: Missed | LeftOut };

const EXCLUDED = "velero.io/exclude-from-backup";
const OPT_OUT = "backup.velero.io/backup-volumes-excludes";
const OPT_IN = "backup.velero.io/backup-volumes";

/**
 * Tells from objects alone how Velero goes about a claim: from the claim, the pods of its namespace and its
 * PersistentVolume. The rules and their order are Velero's (velero 1.18 `internal/volumehelper/volume_policy_helper.go`,
 * ShouldPerformFSBackup and ShouldPerformSnapshot).
 */
export function expectWay(
  claim: Claim,
  { pods, volume }: { pods: readonly Pod[]; volume: Volume | undefined },
  wish: VolumeWish,
): Way {
  const { phase } = claim.status ?? {};
  if (phase === "Lost") return LOST;
  if (phase !== "Bound") return { fate: "notYet" };
  if (claim.metadata.labels?.[EXCLUDED] === "true") return leftOut(`its label ${EXCLUDED}`);
  const users = usersOf(claim, pods);
  switch (matchVolumePolicy(wish.policies, claim, volume)) {
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
      return expectBySwitches(claim, { users, volume }, wish);
  }
}

/** A pod that uses the claim, and its own name for the volume. */
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
  { switches: { defaultVolumesToFsBackup, snapshotVolumes }, volumes }: VolumeWish,
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
  // Velero tries a snapshot only where no pod at all would have the volume copied.
  return snapshots && takers(users).length === 0 ? { fate: "snapshotted", instead } : instead;
}

/** The pods from which Velero would copy it, where it copies by default. */
const takers = (users: readonly User[]): User[] =>
  users.filter(({ pod, name }) => !isNamed(pod, OPT_OUT, name));

/** Running pods decide, if there are any: a Job that is done says nothing. */
function optedOut(users: readonly User[]): LeftOut | undefined {
  const running = users.filter(isRunning);
  const deciding = running.length > 0 ? running : users;
  const [first] = deciding;
  if (!first || takers(deciding).length > 0) return undefined;
  return leftOut(`the annotation ${OPT_OUT} of pod ${claimName(first.pod)}`);
}

/** Velero splits at commas, and does not trim (velero `pkg/util/podvolume/pod_volume.go`). */
const isNamed = ({ metadata: { annotations = {} } }: Pod, annotation: string, volume: string): boolean =>
  (annotations[annotation] ?? "").split(",").includes(volume);

/** Velero checks a volume in this order before it copies its files (velero 1.18 `pkg/podvolume/backupper.go`, BackupPodVolumes). */
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
/** This also fits where Velero has failed with the pod, and has left it out. */
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
  missed(`pod ${pod.metadata.name}, which mounts it, is not running (${phaseOf(pod)})`, RUN_A_POD);

const phaseOf = ({ spec, status }: Pod): string =>
  status?.phase === "Running" && !spec?.nodeName ? "on no node" : (status?.phase ?? "Pending");

const notMounted = (pod: Pod): Missed =>
  missed(`pod ${pod.metadata.name} declares it, and none of its containers mounts it`, RUN_A_POD);
