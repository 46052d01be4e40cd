/** Velero's paths below a location's prefix (docs/design/velero-facts.md#bucket-layout); `metadata/` is ours. */
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

/** Its existence defines the backup. */
export const backupMetadataKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/velero-backup.json`);

/** The backup of which that is the metadata, or undefined where the key is another file's. */
export const backupOfMetadataKey = (prefix: string, key: string): string | undefined => {
  const [name = "", file, ...rest] = key.slice(backupsFolder(prefix).length).split("/");
  return file === "velero-backup.json" && rest.length === 0 ? name : undefined;
};

/** What was captured. */
export const tarballKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}.tar.gz`);

export const resultsKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}-results.gz`);

/** The names of all that was captured, by kind. */
export const resourceListKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}-resource-list.json.gz`);

export const volumeInfoKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}-volumeinfo.json.gz`);

export const itemOperationsKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}-itemoperations.json.gz`);

/** Velero signs no URL for these. */
export const podVolumeBackupsKey = (prefix: string, backup: string): string =>
  under(prefix, `backups/${backup}/${backup}-podvolumebackups.json.gz`);

export const restoreResultsKey = (prefix: string, restore: string): string =>
  under(prefix, `restores/${restore}/restore-${restore}-results.gz`);

export const restoreItemsKey = (prefix: string, restore: string): string =>
  under(prefix, `restores/${restore}/restore-${restore}-resource-list.json.gz`);

export const restoreVolumeInfoKey = (prefix: string, restore: string): string =>
  under(prefix, `restores/${restore}/${restore}-volumeinfo.json.gz`);

export const markerKey = (prefix: string): string => under(prefix, "metadata/pulumi-velero.json");
