import { stampOf } from "../../../../provider/core/identity.ts";
import type { ClusterBackupOutputs } from "../../../../provider/schemas/cluster-backup.ts";
import type {
  Backup,
  BackupSpec,
  BackupStatus,
  DeleteBackupRequest,
} from "../../../../provider/velero/types.ts";
import { LINEAGE, urnOf } from "../arbitrary-inputs.ts";

export const OWNER = urnOf("ClusterBackup", "nightly");
/** The owner that it is: its URN in the lineage of its stack. */
export const OWNED = { owner: OWNER, lineage: LINEAGE };
/** Of the same program, and of another one. */
export const ANOTHER = urnOf("ClusterBackup", "weekly");
export const NOW = new Date("2026-11-23T12:00:00Z");

/** A ClusterBackup as state knows it before anything was taken. */
export const state: ClusterBackupOutputs = {
  ...OWNED,
  incarnation: "0a1b",
  clusterUid: "uid-of-east",
  cluster: "east",
  connection: { ambient: true },
  location: {
    owner: urnOf("ClusterLocation", "primary-east"),
    lineage: LINEAGE,
    locationName: "primary-east",
    namespace: "velero",
    storePrefix: "east",
  },
  objectName: "nightly-east-0a1b2c3d",
  health: "Healthy",
  fingerprints: {},
  notices: [],
};

/** A Backup of it. */
export const backupOf = (status: BackupStatus, name = "b", spec: BackupSpec = {}): Backup => ({
  metadata: { name, namespace: "velero", uid: `uid-of-${name}`, ...stampOf(state) },
  spec: { storageLocation: "primary-east", ...spec },
  status,
});

/** What Velero said when a Backup was to be deleted. */
export const requestFor = (backupName: string, ...errors: string[]): DeleteBackupRequest => ({
  metadata: { name: `${backupName}-1`, namespace: "velero" },
  spec: { backupName },
  status: { phase: "Processed", errors },
});
