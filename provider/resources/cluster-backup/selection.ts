import { shortHash } from "../../lifecycle/canonical.ts";
import type { BackupSpec } from "../../velero/types.ts";
import type { ClusterBackupInputs, SelectionInputs } from "./inputs.ts";

/** What a backup captures and for how long, as far as the user said it. */
export function selectionOf(inputs: SelectionInputs): BackupSpec {
  const { includedNamespaces, includeClusterResources, ttl, volumes } = inputs;
  return {
    ...(includedNamespaces ? { includedNamespaces } : {}),
    ...(includeClusterResources === undefined ? {} : { includeClusterResources }),
    ...(ttl ? { ttl } : {}),
    ...volumeFields[volumes ?? "default"],
  };
}

const volumeFields: Record<"default" | "snapshot" | "none", BackupSpec> = {
  default: {},
  snapshot: { snapshotVolumes: true },
  none: { snapshotVolumes: false, defaultVolumesToFsBackup: false },
};

/** The spec of a Backup, and the template of a Schedule. */
export const backupSpecOf = (inputs: ClusterBackupInputs): BackupSpec => ({
  storageLocation: inputs.location.locationName,
  ...selectionOf(inputs),
});

/** Tells one wish for a backup from another, to find again what a killed run has begun. */
export const wishOf = (inputs: ClusterBackupInputs): string =>
  shortHash(16, backupSpecOf(inputs), inputs.triggers ?? []);
