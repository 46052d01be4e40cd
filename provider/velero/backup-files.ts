import { gunzipSync } from "node:zlib";
import type { KubernetesObject } from "../kubernetes/resources.ts";

/** Velero's messages about a backup or restore, by subject (velero `pkg/util/results`). */
interface Messages {
  velero: string[];
  cluster: string[];
  namespaces: Record<string, string[]>;
}

interface Results {
  errors: Messages;
  warnings: Messages;
}

/** Parses the results file of a backup or restore. */
export function parseResults(file: Buffer): Results {
  const { errors, warnings } = JSON.parse(gunzipSync(file).toString("utf8")) as {
    errors?: Partial<Messages>;
    warnings?: Partial<Messages>;
  };
  return { errors: { ...none, ...errors }, warnings: { ...none, ...warnings } };
}

const none: Messages = { velero: [], cluster: [], namespaces: {} };

/** Returns all messages, of every subject. */
export const allOf = ({ velero, cluster, namespaces }: Messages): string[] => [
  ...velero,
  ...cluster,
  ...Object.values(namespaces).flat(),
];

/**
 * The limits of a message: the number of groups, and the number of messages in total. Each group has at least two
 * messages.
 */
const GROUPS = 5;
const MESSAGES = 6;
const LONGEST = 300;

/**
 * Lists Velero's own errors by namespace: `shop: …; …, and 3 more; billing: …; Velero: …`. Errors without a namespace
 * have an upper-case heading, as in Velero's own `describe`, because nearly every cluster has a namespace called
 * velero. Errors of single items are there as well: Velero assigns an error to a namespace only if listing failed.
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

/** Returns a message as one line, cut to a readable length. */
export function oneLine(message: string): string {
  const line = message.trim().replace(/\s+/g, " ");
  // It cuts between characters: the engine refuses a text with half of a surrogate pair.
  const characters = Array.from(line);
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}…` : line;
}

/** The action of Velero on one object: `created`, `updated`, `skipped` or `failed`. */
export interface RestoredItem {
  /** `apps/v1/Deployment` */
  kind: string;
  namespace?: string;
  name: string;
  action: string;
}

/**
 * Parses the resource list of a restore: `{"v1/ConfigMap": ["shop/prices(created)"]}` (velero
 * `pkg/restore/request.go`).
 */
export function restoredItems(file: Buffer): RestoredItem[] {
  const lists = JSON.parse(gunzipSync(file).toString("utf8")) as Record<string, string[]>;
  return Object.entries(lists).flatMap(([kind, entries]) =>
    entries.map((entry) => {
      const [, namespace, name = entry, action = ""] = /^(?:([^/]*)\/)?(.*)\(([^()]*)\)$/.exec(entry) ?? [];
      return { kind, ...(namespace ? { namespace } : {}), name, action };
    }),
  );
}

/**
 * The work that a plugin continues after Velero has stored an item (velero 1.18
 * `pkg/itemoperation/backup_operation.go`).
 */
export interface ItemOperation {
  spec: {
    /** Velero's source has no JSON tags for these fields, so they begin with upper-case letters. */
    resourceIdentifier: { Group?: string; Resource?: string; Namespace?: string; Name?: string };
  };
  status?: { phase?: string; error?: string };
}

/** Parses the operations that Velero stores with a backup. */
export const itemOperationsIn = (file: Buffer): ItemOperation[] =>
  parseGzipped<ItemOperation[] | null>(file) ?? [];

/** One line of a backup's volumeinfo file (velero 1.18 `internal/volume/volumes_information.go`, BackupVolumeInfo). */
export interface VolumeInfo {
  /** Absent if the volume has no claim: an emptyDir, or an unclaimed PersistentVolume. */
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

type BackupMethod = "PodVolumeBackup" | "CSISnapshot" | "NativeSnapshot";

/** The method by which a backup saved the data of a claim. */
export type SavingMethod =
  /** A copy of files, which is restored through the pod that mounted the claim. */
  | "fileCopy"
  /** A CSI snapshot. */
  | "snapshot"
  /** A CSI snapshot whose data was moved to the store. */
  | "moveData"
  /** A snapshot by Velero's own plugin for a cloud. It is restored as a PersistentVolume. */
  | "cloudSnapshot";

/** Parses the lines of the file. Velero writes `null` if there are none. */
export const volumesIn = (file: Buffer): VolumeInfo[] => parseGzipped<VolumeInfo[] | null>(file) ?? [];

/** Returns true if the backup holds the data of this line. A Velero before 1.14 writes no `result`, but a phase. */
export function holdsData(info: VolumeInfo): boolean {
  if (info.skipped === true || info.backupMethod === undefined) return false;
  if (info.result !== undefined) return info.result === "succeeded";
  const { snapshotDataMovementInfo: moved, pvbInfo, nativeSnapshotInfo } = info;
  const phase = moved?.Phase ?? pvbInfo?.Phase ?? nativeSnapshotInfo?.Phase;
  return phase === undefined ? info.csiSnapshotInfo?.ReadyToUse === true : phase === "Completed";
}

/** Returns how the data of a line was saved. */
export function methodOf({ backupMethod, snapshotDataMoved }: VolumeInfo): SavingMethod {
  if (backupMethod === "PodVolumeBackup") return "fileCopy";
  if (backupMethod === "NativeSnapshot") return "cloudSnapshot";
  return snapshotDataMoved === true ? "moveData" : "snapshot";
}

/** Returns the size of the data of a line in bytes. Returns undefined if Velero does not record it. */
export const bytesOf = ({
  backupMethod,
  pvbInfo,
  snapshotDataMovementInfo,
  csiSnapshotInfo,
}: VolumeInfo): number | undefined =>
  // The copy of an empty volume has no size.
  backupMethod === "PodVolumeBackup"
    ? (pvbInfo?.size ?? 0)
    : (snapshotDataMovementInfo?.size ?? csiSnapshotInfo?.size);

/** Returns the names of the PersistentVolumes whose data the backup holds. */
export const savedVolumeNames = (lines: readonly VolumeInfo[]): string[] =>
  lines.filter(holdsData).flatMap(({ pvName }) => pvName ?? []);

/**
 * One line of a restore's volumeinfo file (velero 1.18 `internal/volume/volumes_information.go`, RestoreVolumeInfo). It
 * says that data was to be restored, but not the result: its phases are always empty.
 */
export interface RestoreVolumeInfo {
  /** The claim in the target. Absent if the volume had none yet. */
  pvcName?: string;
  pvcNamespace?: string;
  pvName?: string;
  restoreMethod?: "PodVolumeRestore" | "CSISnapshot" | "NativeSnapshot";
  snapshotDataMoved?: boolean;
}

/** Parses the lines of the file. */
export const restoredVolumesIn = (file: Buffer): RestoreVolumeInfo[] =>
  parseGzipped<RestoreVolumeInfo[] | null>(file) ?? [];

/**
 * Velero's list of the objects of a backup: `apps/v1/Deployment` → `shop/web` (velero `pkg/backup/request.go`,
 * BackupResourceList).
 */
type ResourceList = Record<string, string[]>;

export const parseResourceList = (file: Buffer): ResourceList =>
  JSON.parse(gunzipSync(file).toString("utf8")) as ResourceList;

/** Returns true if the backup holds any object of a kind, in any version. */
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

/** Parses the PodVolumeBackups that Velero stores with a backup. */
export const podVolumeBackupsIn = (file: Buffer): PodVolumeBackup[] =>
  parseGzipped<PodVolumeBackup[] | null>(file) ?? [];

/** Parses a file that Velero stores as gzipped JSON. */
const parseGzipped = <T>(file: Buffer): T => JSON.parse(gunzipSync(file).toString("utf8")) as T;

/**
 * Joins a path below a location's prefix. The paths are Velero's (docs/design/velero-facts.md#bucket-layout), except
 * for `metadata/`, which is ours.
 */
export const under = (prefix: string, path: string): string => [prefix, path].filter(Boolean).join("/");

/** All folders that Velero accepts directly below a location's prefix (docs/design/velero-facts.md#bucket-layout). */
export const LEGAL_FOLDERS: readonly string[] = [
  "backups",
  "restores",
  "restic",
  "kopia",
  "metadata",
  "plugins",
];

export const backupsFolder = (prefix: string): string => under(prefix, "backups/");

/** A backup exists if this file exists. */
export const backupMetadataKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/velero-backup.json`);

/** Returns the backup of a metadata key. Returns undefined if the key belongs to another file. */
export const backupOfMetadataKey = (prefix: string, key: string): string | undefined => {
  const [name = "", file, ...rest] = key.slice(backupsFolder(prefix).length).split("/");
  return file === "velero-backup.json" && rest.length === 0 ? name : undefined;
};

/** Returns the key of the backup's objects. */
export const tarballKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}.tar.gz`);

export const resultsKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}-results.gz`);

/** Returns the key of the list of all objects, by kind. */
export const resourceListKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}-resource-list.json.gz`);

export const volumeInfoKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}-volumeinfo.json.gz`);

export const itemOperationsKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}-itemoperations.json.gz`);

/** Velero signs no URL for these files. */
export const podVolumeBackupsKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}-podvolumebackups.json.gz`);

export const restoreResultsKey = (prefix: string, restore: string): string =>
  under(prefix, `restores/${restore}/restore-${restore}-results.gz`);

export const restoreItemsKey = (prefix: string, restore: string): string =>
  under(prefix, `restores/${restore}/restore-${restore}-resource-list.json.gz`);

export const restoreVolumeInfoKey = (prefix: string, restore: string): string =>
  under(prefix, `restores/${restore}/${restore}-volumeinfo.json.gz`);

export const markerKey = (prefix: string): string => under(prefix, "metadata/pulumi-velero.json");
