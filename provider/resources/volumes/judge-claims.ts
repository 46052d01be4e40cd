import type { BackupSpec } from "../../velero/types.ts";
import type { VolumeInfo } from "../../velero/volume-info.ts";
import { expectWay, NO_POD, type VolumeWish, type Way } from "./expect-way.ts";
import type { Fate, Missed } from "./fate.ts";
import { copiesOf, hasSnapshotRecord, linesOf, savedClaim, type VolumeFiles } from "./saved-claim.ts";
import { snapshotObstacle } from "./snapshot-obstacle.ts";
import { type Claim, claimName, type Volume, type VolumeObjects } from "./volume-objects.ts";

/** All that tells what became of the volumes of a finished backup. */
export interface Evidence {
  /** The objects of its tarball. */
  objects: VolumeObjects;
  files: VolumeFiles;
  /** Velero's own errors, in no order. */
  errors?: readonly string[];
  /** As it ended, with what Velero has filled in. */
  spec: BackupSpec;
}

export interface JudgedClaim {
  /** `shop/data` */
  claim: string;
  fate: Fate;
}

/**
 * Tells of each claim that a backup holds what became of its data. What was saved is what Velero has a record of; why
 * another one was not is decided by objects, since Velero's words call a claim "opted out" that nobody opted out
 * (`pkg/podvolume/snapshot_tracker.go`, Optout). Claims that Velero failed to store at all are judged, too.
 */
export function judgeClaims(
  evidence: Evidence,
  declared: Pick<VolumeWish, "volumes" | "policies">,
): JudgedClaim[] {
  const { objects, spec, errors = [] } = evidence;
  // A switch that a Backup does not have is off.
  const switches = { ...spec, defaultVolumesToFsBackup: spec.defaultVolumesToFsBackup ?? false };
  const wish: VolumeWish = { ...declared, switches };
  const volumes = new Map(objects.volumes.map((volume) => [volume.metadata.name, volume]));
  const judged = objects.claims.map((claim) => {
    const volume = volumes.get(claim.spec?.volumeName ?? "");
    return { claim: claimName(claim), fate: fateOf(claim, volume, { evidence, wish }) };
  });
  const stored = new Set(judged.map(({ claim }) => claim));
  return [...judged, ...unstored(errors).filter(({ claim }) => !stored.has(claim))];
}

function fateOf(
  claim: Claim,
  volume: Volume | undefined,
  { evidence, wish }: { evidence: Evidence; wish: VolumeWish },
): Fate {
  const { pods } = evidence.objects;
  const saved = savedClaim(claim, pods, evidence.files);
  if (saved) return { fate: "saved", method: saved.method, bytes: saved.bytes };
  const way = expectWay(claim, { pods, volume }, wish);
  const unsaved = way.fate === "snapshotted" ? (way.instead ?? way) : way;
  if (!volume && isUnrecorded(claim, unsaved, evidence.files)) return UNRECORDED;
  switch (unsaved.fate) {
    case "copied":
      return copyFailed(claim, unsaved.pod.metadata.name, evidence);
    case "snapshotted":
      return snapshotFailed(claim, volume, evidence);
    default:
      return unsaved === NO_POD ? podFailed(claim, evidence) : unsaved;
  }
}

/** A claim without its PersistentVolume has no line, and the file that would tell cannot be read. */
const isUnrecorded = (claim: Claim, { fate }: Way, { podVolumeBackups, operations }: VolumeFiles): boolean =>
  (fate === "copied" && podVolumeBackups === undefined) ||
  (fate === "snapshotted" && operations === undefined && hasSnapshotRecord(claim));

const UNRECORDED = {
  fate: "unseen",
  why: "its PersistentVolume is not in the backup (includeClusterResources), without which Velero says nothing of it",
} as const;

/** A pod was there to copy from, and there is no copy. */
function copyFailed(claim: Claim, pod: string, { objects, files }: Evidence): Missed {
  const [copy] = copiesOf(claim, objects.pods, files.podVolumeBackups ?? []);
  const [line] = linesOf(claim, objects.pods, files.lines);
  const words = copy?.status?.message ?? podTrouble(line)?.words ?? line?.pvbInfo?.Phase;
  return missed(`no copy was made of its files in pod ${pod}`, words);
}

/** Velero leaves out a pod that it fails with: then its own words alone tell of it. */
function podFailed(claim: Claim, { objects, files, errors = [] }: Evidence): Missed {
  const [trouble] = linesOf(claim, objects.pods, files.lines).flatMap((line) => podTrouble(line) ?? []);
  if (trouble) return missed(`no copy was made of its files in pod ${trouble.pod}`, trouble.words);
  const [hooked] = errors.flatMap((error) => HOOK_FAILED.exec(error)?.slice(1, 3).join(": ") ?? []);
  if (hooked === undefined) return NO_POD;
  return {
    ...missed(`${NO_POD.why}, since Velero leaves out a pod whose pre hook fails`, hooked),
    todo: `Mend the hook, or give it onError: "Continue". ${NO_POD.todo}`,
  };
}

const HOOK_FAILED = /name: \/(\S+) message: \/Error running pre hooks for pod error: \/(.*)/;

/** The pod, and why its volume was not copied, by Velero's own words (velero `pkg/podvolume/backupper.go`, skipAllPodVolumes). */
function podTrouble(line: VolumeInfo | undefined): { pod: string; words: string } | undefined {
  const found = /problem with backing up the PVC of pod [^/]*\/([^:]*): ([^;]*)/.exec(
    line?.skippedReason ?? "",
  );
  return found?.[1] === undefined ? undefined : { pod: found[1], words: found[2] ?? "" };
}

function snapshotFailed(
  claim: Claim,
  volume: Volume | undefined,
  { objects, files, spec }: Evidence,
): Missed {
  const words = linesOf(claim, objects.pods, files.lines).map(({ skippedReason = "" }) => skippedReason);
  // Velero does not look for a plugin for a volume of a CSI driver while its feature EnableCSI is on.
  const csi = !words.some((each) => each.includes("no applicable volumesnapshotter found"));
  const means = { csi, locations: spec.volumeSnapshotLocations ?? [] };
  const obstacle = volume && snapshotObstacle(claim, volume, means);
  return obstacle?.fate === "missed" ? obstacle : missed("no snapshot of it was taken");
}

/** Velero does not store a claim at all that a plugin fails with. Its error names it (velero `pkg/backup/item_backupper.go`, executeActions). */
function unstored(errors: readonly string[]): JudgedClaim[] {
  const found = new Map<string, JudgedClaim>();
  for (const error of errors) {
    const [, namespace, name, words = ""] =
      /groupResource=persistentvolumeclaims, namespace=([^,]+), name=([^)]+)\): (.*)/s.exec(error) ?? [];
    if (namespace === undefined || name === undefined) continue;
    const claim = `${namespace}/${name}`;
    found.set(claim, { claim, fate: missed("Velero failed to store it", words) });
  }
  return [...found.values()];
}

function missed(why: string, words?: string): Missed {
  const said = words === undefined || words === "" ? why : `${why}: ${words.trim()}`;
  return { fate: "missed", why: said, todo: todoFor(words ?? "") };
}

function todoFor(words: string): string {
  if (/node-agent|daemonset/i.test(words)) return INSTALL_NODE_AGENT;
  if (/VolumeSnapshotClass/.test(words)) {
    return "Make a VolumeSnapshotClass of the claim's driver, and where there are several, label one velero.io/csi-volumesnapshot-class.";
  }
  return "See Velero's own log of the backup, and mend the cause.";
}

const INSTALL_NODE_AGENT =
  "Install Velero's node agent, on every node (`velero install --use-node-agent`, or the chart's `deployNodeAgent: true`).";
