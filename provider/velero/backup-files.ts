import { gunzipSync } from "node:zlib";
import type { KubernetesObject } from "../kubernetes/resources.ts";

/** What Velero had to say of a backup or restore, by what it is about (velero `pkg/util/results`). */
export interface Messages {
  velero: string[];
  cluster: string[];
  namespaces: Record<string, string[]>;
}

export interface Results {
  errors: Messages;
  warnings: Messages;
}

/** The results file of a backup or restore. */
export function parseResults(file: Buffer): Results {
  const { errors, warnings } = JSON.parse(gunzipSync(file).toString("utf8")) as {
    errors?: Partial<Messages>;
    warnings?: Partial<Messages>;
  };
  return { errors: { ...none, ...errors }, warnings: { ...none, ...warnings } };
}

const none: Messages = { velero: [], cluster: [], namespaces: {} };

/** All messages, wherever they stand. */
export const allOf = ({ velero, cluster, namespaces }: Messages): string[] => [
  ...velero,
  ...cluster,
  ...Object.values(namespaces).flat(),
];

/** So many groups are named, each with two of its messages at least; so many messages in all where they are fewer. */
const GROUPS = 5;
const MESSAGES = 6;
const LONGEST = 300;

/**
 * Velero's own errors by namespace: `shop: …; …, and 3 more; billing: …; Velero: …`. In capitals, as its own
 * `describe` has them, are those of no namespace: one that is called velero is in nearly every cluster. What fails
 * with an item stands there, too: Velero files by namespace only what it could not list.
 */
export function errorWords(file: Buffer): string {
  const { velero, cluster, namespaces } = parseResults(file).errors;
  const ofNone = Object.entries({ Cluster: cluster, Velero: velero }).filter(([, { length }]) => length > 0);
  const all = Object.entries(namespaces);
  const named = [...all.slice(0, GROUPS - ofNone.length), ...ofNone];
  const each = Math.max(2, Math.floor(MESSAGES / named.length));
  const more = all.length + ofNone.length - named.length;
  return [
    ...named.map(([place, messages]) => `${place}: ${firstOf(messages, each)}`),
    ...(more > 0 ? [`and ${more} more namespace${more === 1 ? "" : "s"}`] : []),
  ].join("; ");
}

function firstOf(messages: string[], most: number): string {
  const shown = messages.slice(0, most).map(oneLine).join("; ");
  const more = messages.length - most;
  return more > 0 ? `${shown}, and ${more} more` : shown;
}

/** A message without breaks, and cut to a length that can be read among others. */
export function oneLine(message: string): string {
  const line = message.trim().replace(/\s+/g, " ");
  // By characters: half of one is no text that the engine takes.
  const characters = Array.from(line);
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}…` : line;
}

/** What Velero did with one object: `created`, `updated`, `skipped` or `failed`. */
export interface RestoredItem {
  /** `apps/v1/Deployment` */
  kind: string;
  namespace?: string;
  name: string;
  action: string;
}

/** The objects of a restore's resource list: `{"v1/ConfigMap": ["shop/prices(created)"]}` (velero `pkg/restore/request.go`). */
export function restoredItems(file: Buffer): RestoredItem[] {
  const lists = JSON.parse(gunzipSync(file).toString("utf8")) as Record<string, string[]>;
  return Object.entries(lists).flatMap(([kind, entries]) =>
    entries.map((entry) => {
      const [, namespace, name = entry, action = ""] = /^(?:([^/]*)\/)?(.*)\(([^()]*)\)$/.exec(entry) ?? [];
      return { kind, ...(namespace ? { namespace } : {}), name, action };
    }),
  );
}

/** The work that a plugin goes on with after Velero has stored an item (velero 1.18 `pkg/itemoperation/backup_operation.go`). */
export interface ItemOperation {
  spec: {
    /** Velero's source has no tags for these fields, hence the capitals. */
    resourceIdentifier: { Group?: string; Resource?: string; Namespace?: string; Name?: string };
  };
  status?: { phase?: string; error?: string };
}

/** The operations that Velero has stored with a backup. */
export const itemOperationsIn = (file: Buffer): ItemOperation[] =>
  parseGzipped<ItemOperation[] | null>(file) ?? [];

/** One line of a backup's volumeinfo file (velero 1.18 `internal/volume/volumes_information.go`, BackupVolumeInfo). */
export interface VolumeInfo {
  /** Absent where the volume is no claim's: an emptyDir, or a PersistentVolume that nobody claims. */
  pvcName?: string;
  pvcNamespace?: string;
  pvName?: string;
  backupMethod?: BackupMethod;
  snapshotDataMoved?: boolean;
  skipped?: boolean;
  skippedReason?: string;
  result?: string;
  csiSnapshotInfo?: { size?: number; ReadyToUse?: boolean | null };
  snapshotDataMovementInfo?: { size?: number; Phase?: string; snapshotHandle?: string };
  nativeSnapshotInfo?: { Phase?: string };
  pvbInfo?: {
    size?: number;
    snapshotHandle?: string;
    volumeName?: string;
    podName?: string;
    podNamespace?: string;
    Phase?: string;
  };
}

export type BackupMethod = "PodVolumeBackup" | "CSISnapshot" | "NativeSnapshot";

/** The way by which a backup has saved the data of a claim. */
export type SavingMethod =
  /** Copied as files; comes back by the pod that mounted it. */
  | "fileCopy"
  /** A CSI snapshot. */
  | "snapshot"
  /** A CSI snapshot whose data was moved into the store. */
  | "moveData"
  /** A snapshot of a cloud by Velero's own plugin; comes back as a PersistentVolume. */
  | "cloudSnapshot";

/** The lines of the file. Velero writes `null` where there are none. */
export const volumesIn = (file: Buffer): VolumeInfo[] => parseGzipped<VolumeInfo[] | null>(file) ?? [];

/** Tells whether the backup holds data by this line. A Velero that writes no `result` (before 1.14) writes a phase. */
export function holdsData(info: VolumeInfo): boolean {
  if (info.skipped === true || info.backupMethod === undefined) return false;
  if (info.result !== undefined) return info.result === "succeeded";
  const { snapshotDataMovementInfo: moved, pvbInfo, nativeSnapshotInfo } = info;
  const phase = moved?.Phase ?? pvbInfo?.Phase ?? nativeSnapshotInfo?.Phase;
  return phase === undefined ? info.csiSnapshotInfo?.ReadyToUse === true : phase === "Completed";
}

/** Tells how the data of such a line was saved. */
export function methodOf({ backupMethod, snapshotDataMoved }: VolumeInfo): SavingMethod {
  if (backupMethod === "PodVolumeBackup") return "fileCopy";
  if (backupMethod === "NativeSnapshot") return "cloudSnapshot";
  return snapshotDataMoved === true ? "moveData" : "snapshot";
}

/** The size of the data of a line, in bytes; undefined where Velero does not say. */
export const bytesOf = ({
  backupMethod,
  pvbInfo,
  snapshotDataMovementInfo,
  csiSnapshotInfo,
}: VolumeInfo): number | undefined =>
  // An empty volume's copy has no size.
  backupMethod === "PodVolumeBackup"
    ? (pvbInfo?.size ?? 0)
    : (snapshotDataMovementInfo?.size ?? csiSnapshotInfo?.size);

/** Names of the PersistentVolumes that the backup holds data of. */
export const savedVolumeNames = (lines: readonly VolumeInfo[]): string[] =>
  lines.filter(holdsData).flatMap(({ pvName }) => pvName ?? []);

/**
 * One line of a restore's volumeinfo file (velero 1.18 `internal/volume/volumes_information.go`, RestoreVolumeInfo). It
 * says that data was to be restored, and not how that ended: its phases are always empty.
 */
export interface RestoreVolumeInfo {
  /** The claim in the target; absent where the volume had none yet. */
  pvcName?: string;
  pvcNamespace?: string;
  pvName?: string;
  restoreMethod?: "PodVolumeRestore" | "CSISnapshot" | "NativeSnapshot";
  snapshotDataMoved?: boolean;
}

/** The lines of the file. */
export const restoredVolumesIn = (file: Buffer): RestoreVolumeInfo[] =>
  parseGzipped<RestoreVolumeInfo[] | null>(file) ?? [];

/** Velero's list of what a backup holds: `apps/v1/Deployment` → `shop/web` (velero `pkg/backup/request.go`, BackupResourceList). */
export type ResourceList = Record<string, string[]>;

export const parseResourceList = (file: Buffer): ResourceList =>
  JSON.parse(gunzipSync(file).toString("utf8")) as ResourceList;

/** Tells if the backup holds any object of a kind, in any version. */
export function holdsKind(list: ResourceList, { group, kind }: { group: string; kind: string }): boolean {
  return Object.entries(list).some(([key, names]) => {
    const parts = key.split("/");
    const itsGroup = parts.length === 3 ? parts[0] : "";
    return itsGroup === group && parts.at(-1) === kind && names.length > 0;
  });
}

/** A file copy of one volume of one pod (velero `pkg/apis/velero/v1/pod_volume_backup_types.go`). */
export interface PodVolumeBackup extends KubernetesObject {
  spec: { pod: { name: string; namespace: string }; volume: string };
  status?: { phase?: string; message?: string; snapshotID?: string; progress?: { totalBytes?: number } };
}

/** The PodVolumeBackups that Velero has stored with a backup. */
export const podVolumeBackupsIn = (file: Buffer): PodVolumeBackup[] =>
  parseGzipped<PodVolumeBackup[] | null>(file) ?? [];

/** The content of a file that Velero has stored as gzipped JSON. */
const parseGzipped = <T>(file: Buffer): T => JSON.parse(gunzipSync(file).toString("utf8")) as T;
