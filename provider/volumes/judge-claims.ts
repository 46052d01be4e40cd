import { copiesOf, hasSnapshotRecord, linesOf, savedClaim, type VolumeFiles } from "./saved-claims.ts";
import { type Claim, claimName, type Volume, type VolumeObjects } from "./volume-objects.ts";
import {
  bytesOf,
  holdsData,
  methodOf,
  oneLine,
  type SavingMethod,
  type VolumeInfo,
} from "../velero/backup-files.ts";
import type { BackupSpec } from "../velero/types.ts";
import {
  expectWay,
  type Fate,
  type Missed,
  NO_POD,
  type SnapshotMeans,
  snapshotObstacle,
  type VolumeRequest,
  type Way,
} from "./expect-way.ts";

/** The records that show what a finished backup did with volumes. */
export interface Evidence {
  /** The objects of the tarball. */
  objects: VolumeObjects;
  files: VolumeFiles;
  /** Velero's own errors, in no order. */
  errors?: readonly string[];
  /** The spec of the finished backup, with Velero's defaults. */
  spec: BackupSpec;
}

export interface JudgedClaim {
  /** `shop/data` */
  claim: string;
  fate: Fate;
}

/**
 * Judges each claim of a backup. A claim counts as saved if Velero has a record of it. For other claims, the objects
 * give the reason, because Velero's words call a claim "opted out" that nobody opted out
 * (`pkg/podvolume/snapshot_tracker.go`, Optout). Claims that Velero failed to store are judged as well.
 */
export function judgeClaims(
  evidence: Evidence,
  declared: Pick<VolumeRequest, "volumes" | "policies">,
): JudgedClaim[] {
  const { objects, spec, errors = [] } = evidence;
  // A switch that a Backup does not set is off.
  const switches = { ...spec, defaultVolumesToFsBackup: spec.defaultVolumesToFsBackup ?? false };
  const request: VolumeRequest = { ...declared, switches };
  const volumes = new Map(objects.volumes.map((volume) => [volume.metadata.name, volume]));
  const judged = objects.claims.map((claim) => {
    const volume = volumes.get(claim.spec?.volumeName ?? "");
    return { claim: claimName(claim), fate: fateOf(claim, volume, { evidence, wish: request }) };
  });
  const stored = new Set(judged.map(({ claim }) => claim));
  return [...judged, ...unstored(errors).filter(({ claim }) => !stored.has(claim))];
}

function fateOf(
  claim: Claim,
  volume: Volume | undefined,
  { evidence, wish: request }: { evidence: Evidence; wish: VolumeRequest },
): Fate {
  const { pods } = evidence.objects;
  const saved = savedClaim(claim, pods, evidence.files);
  if (saved) return { fate: "saved", method: saved.method, bytes: saved.bytes };
  const way = expectWay(claim, { pods, volume }, request);
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

/** A claim without its PersistentVolume has no line in volumeinfo, and the file with its record cannot be read. */
const isUnrecorded = (claim: Claim, { fate }: Way, { podVolumeBackups, operations }: VolumeFiles): boolean =>
  (fate === "copied" && podVolumeBackups === undefined) ||
  (fate === "snapshotted" && operations === undefined && hasSnapshotRecord(claim));

const UNRECORDED = {
  fate: "unseen",
  why: "its PersistentVolume is not in the backup (includeClusterResources), without which Velero says nothing of it",
} as const;

/** Gives the reason why a pod was there to copy from, and no copy exists. */
function copyFailed(claim: Claim, pod: string, { objects, files }: Evidence): Missed {
  const [copy] = copiesOf(claim, objects.pods, files.podVolumeBackups ?? []);
  const [line] = linesOf(claim, objects.pods, files.lines);
  const words = copy?.status?.message ?? podTrouble(line)?.words ?? line?.pvbInfo?.Phase;
  return missed(`no copy was made of its files in pod ${pod}`, words);
}

/** Velero leaves out a pod that it failed to back up. Then only Velero's own words describe it. */
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

/**
 * Returns the pod, and Velero's own words about why its volume was not copied (velero `pkg/podvolume/backupper.go`,
 * skipAllPodVolumes).
 */
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
  // While its feature EnableCSI is on, Velero does not look for a plugin for the volume of a CSI driver.
  const csi = !words.some((each) => each.includes("no applicable volumesnapshotter found"));
  const means = { csi, locations: spec.volumeSnapshotLocations ?? [] };
  const obstacle = volume && snapshotObstacle(claim, volume, means);
  return obstacle?.fate === "missed" ? obstacle : missed("no snapshot of it was taken");
}

/**
 * Velero does not store a claim if a plugin fails on it. The error names the claim (velero
 * `pkg/backup/item_backupper.go`, executeActions).
 */
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

/**
 * Judges the claims of a backup whose tarball cannot be read, from Velero's lines alone. The result is less certain:
 * "opted out" is ignored if Velero does not read the annotations of pods, and cannot be checked if it does.
 */
export function judgeLines(
  lines: readonly VolumeInfo[],
  { volumes, policies }: Pick<VolumeRequest, "volumes" | "policies">,
  { defaultVolumesToFsBackup }: BackupSpec,
): JudgedClaim[] {
  return lines.flatMap((line) =>
    line.pvcName === undefined ? [] : [{ claim: `${line.pvcNamespace}/${line.pvcName}`, fate: fateOf(line) }],
  );

  function fateOf(line: VolumeInfo): Fate {
    if (holdsData(line)) return { fate: "saved", method: methodOf(line), bytes: bytesOf(line) };
    const { skippedReason = "", pvbInfo } = line;
    if (/item has label/.test(skippedReason)) return { fate: "leftOut", by: "a label of its volume" };
    if (policies.some(({ action }) => action.type === "skip") && /resource polic/.test(skippedReason))
      return { fate: "leftOut", by: "a volume policy with action skip (resourcePolicy)" };
    const optedOut = /podvolume: opted out[^;]*;?/;
    if (optedOut.test(skippedReason) && defaultVolumesToFsBackup === true)
      return { fate: "unseen", why: "whether a pod's annotation leaves it out" };
    if (volumes === "none") return { fate: "leftOut", by: 'volumes: "none"' };
    const words = skippedReason.replace(optedOut, "").replace(/;$/, "").trim();
    return {
      fate: "missed",
      why: words || (pvbInfo?.Phase ?? line.result ?? "Velero has skipped it"),
      todo: "See Velero's own log of the backup, and mend the cause.",
    };
  }
}

/** The means of a cluster and its Velero to save volumes. Undefined fields are not known. */
export interface Means extends SnapshotMeans {
  nodeAgent?: boolean | undefined;
}

/** Predicts what a backup would do with the data of each claim if it were taken now. */
export function predictClaims(objects: VolumeObjects, request: VolumeRequest, means: Means): JudgedClaim[] {
  const volumes = new Map(objects.volumes.map((volume) => [volume.metadata.name, volume]));
  const moves = request.switches.snapshotMoveData === true;
  return objects.claims.map((claim) => {
    const volume = volumes.get(claim.spec?.volumeName ?? "");
    const way = expectWay(claim, { pods: objects.pods, volume }, request);
    return { claim: claimName(claim), fate: fateOf() };

    function fateOf(): Fate {
      switch (way.fate) {
        case "copied":
          return means.nodeAgent === false ? NO_NODE_AGENT : { fate: "saved", method: "fileCopy" };
        case "snapshotted": {
          const obstacle = snapshotObstacle(claim, volume, means);
          if (obstacle) return way.instead ?? obstacle;
          if (!moves) return { fate: "saved", method: "snapshot" };
          return means.nodeAgent === false ? NO_NODE_AGENT : { fate: "saved", method: "moveData" };
        }
        default:
          return way;
      }
    }
  });
}

const NO_NODE_AGENT: Missed = {
  fate: "missed",
  why: "no node agent runs that would copy it",
  todo: "Install Velero's node agent (`velero install --use-node-agent`, or the chart's `deployNodeAgent: true`).",
};

const CLAIMS_SHOWN = 5;

/** Returns the claims with this fate. */
export const claimsWith = <F extends Fate["fate"]>(
  claims: readonly JudgedClaim[],
  fate: F,
): { claim: string; fate: Extract<Fate, { fate: F }> }[] =>
  claims.filter(
    (each): each is { claim: string; fate: Extract<Fate, { fate: F }> } => each.fate.fate === fate,
  );

/**
 * Describes claims for a message, and groups those with the same reason: `shop/data, shop/logs (no pod in the backup
 * mounts it); billing/data (…), and 3 more`.
 */
export function claimsInWords(claims: readonly { claim: string; fate: { why: string } }[]): string {
  const groups = new Map<string, string[]>();
  for (const { claim, fate } of claims.slice(0, CLAIMS_SHOWN)) {
    const why = oneLine(fate.why);
    groups.set(why, [...(groups.get(why) ?? []), claim]);
  }
  const shown = [...groups].map(([why, names]) => `${names.join(", ")} (${why})`).join("; ");
  return claims.length > CLAIMS_SHOWN ? `${shown}, and ${claims.length - CLAIMS_SHOWN} more` : shown;
}

/** Returns the remedies for the claims that are missed, each once, and the way to exclude claims on purpose. */
export const remedyFor = (claims: readonly { fate: Missed }[]): string =>
  [...new Set(claims.map(({ fate }) => fate.todo)), LEAVE_OUT].join(" ");

const LEAVE_OUT =
  'What need not be saved is left out by the label velero.io/exclude-from-backup: "true" on its claim, by a resourcePolicy that skips it, or by volumes: "none".';

export const methodInWords: Readonly<Record<SavingMethod, string>> = {
  fileCopy: "file copy",
  snapshot: "snapshot",
  moveData: "moved snapshot",
  cloudSnapshot: "snapshot by a plugin",
};
