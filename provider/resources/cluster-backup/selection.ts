import { shortHash } from "../../lifecycle/canonical.ts";
import type { BackupSpec } from "../../velero/types.ts";

/** What is captured, under Velero's names. */
export interface SelectionInputs {
  includedNamespaces?: string[] | undefined;
  includeClusterResources?: boolean | undefined;
  ttl?: string | undefined;
  volumes?: "snapshot" | "none" | undefined;
}

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

/** A backup that is wanted: what of it, where, and why again. */
interface Wish extends SelectionInputs {
  location: { locationName: string };
  triggers?: unknown[] | undefined;
}

/** The spec of a Backup, and the template of a Schedule. */
export const backupSpecOf = (inputs: Wish): BackupSpec => ({
  storageLocation: inputs.location.locationName,
  ...selectionOf(inputs),
});

/** Tells one wish for a backup from another, to find again what a killed run has begun. */
export const wishOf = (inputs: Wish): string => shortHash(16, backupSpecOf(inputs), inputs.triggers ?? []);
