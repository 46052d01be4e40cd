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
