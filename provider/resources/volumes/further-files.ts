import type { ItemOperation } from "../../velero/item-operations.ts";
import type { PodVolumeBackup } from "../../velero/pod-volume-backups.ts";
import type { Captured } from "../read-contents.ts";
import { hasSnapshotRecord, savedClaim, type VolumeFiles } from "./saved-claim.ts";
import { volumeObjectsIn } from "./volume-objects.ts";

/** How the further records of a backup's volumes are read; each gives undefined where its file is not to be had. */
export interface FurtherReaders {
  podVolumeBackups: () => Promise<readonly PodVolumeBackup[] | undefined>;
  operations: () => Promise<readonly ItemOperation[] | undefined>;
}

/** Reads the records that are wanted only where a line of volumeinfo does not say that a claim was saved. */
export async function furtherFiles(
  files: VolumeFiles,
  contents: readonly Captured[],
  read: FurtherReaders,
): Promise<VolumeFiles> {
  const { claims, pods } = volumeObjectsIn(contents);
  const open = claims.filter((claim) => !savedClaim(claim, pods, files));
  const [podVolumeBackups, operations] = await Promise.all([
    open.length > 0 ? read.podVolumeBackups() : undefined,
    open.some(hasSnapshotRecord) ? read.operations() : undefined,
  ]);
  return { ...files, podVolumeBackups, operations };
}
