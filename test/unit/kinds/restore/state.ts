import { stampOf } from "../../../../provider/core/identity.ts";
import type {
  RestoreInputs,
  RestoreOutputs,
  RestorePartOutputs,
} from "../../../../provider/schemas/restore.ts";
import { restoreRequestLabel, restoreRequestHash } from "../../../../provider/kinds/restore/run-restore.ts";
import { type RestoreInCluster, partOf } from "../../../../provider/kinds/restore/part.ts";
import type { Restore } from "../../../../provider/velero/types.ts";
import { LINEAGE, urnOf } from "../arbitrary-inputs.ts";

export const OWNER = urnOf("Restore", "back");
export const SOURCE = urnOf("ClusterBackup", "nightly");
/** The owners that these are: their URNs in the lineage of their stack. */
export const OWNED = { owner: OWNER, lineage: LINEAGE };
export const MAKER = { owner: SOURCE, lineage: LINEAGE };
/** What of east's was taken. */
export const BACKUP = "nightly-east-0a1b2c3d-20261123020000";

/** A Restore of east's newest backup into west, as its check lets it through. */
export const inputs: RestoreInputs = {
  ...OWNED,
  source: { owner: SOURCE, scheduled: true },
  targets: {
    east: {
      cluster: "west",
      location: {
        owner: urnOf("ClusterLocation", "primary-west"),
        lineage: LINEAGE,
        locationName: "primary-west",
        namespace: "velero",
        storePrefix: "west",
      },
      sees: "primary-west-east",
      connection: { ambient: true },
      source: {},
    },
  },
  objectNames: { east: "back-west-0a1b2c3d" },
  health: "Healthy",
  fingerprints: {},
  notices: [],
};

/** State before anything was begun. */
export const state: RestoreOutputs = { ...inputs, incarnation: "0a1b", byCluster: {}, phase: "New" };

/** The one part of it, with what is declared and known besides. */
export const partWith = (
  changes: Partial<RestoreOutputs> = {},
  known?: Partial<RestorePartOutputs>,
): RestoreInCluster =>
  partOf(
    { ...state, ...(known && { byCluster: { east: { health: "Healthy", ...known } } }), ...changes },
    "east",
  );

/** A Restore object that an up of this resource has begun. */
export function restoreOf(
  part: RestoreInCluster = partWith(),
  status: Restore["status"] = { phase: "Completed" },
  name = "back-west-0a1b2c3d-20261123120000",
): Restore {
  const { labels, annotations } = stampOf(part);
  return {
    metadata: {
      name,
      namespace: "velero",
      uid: `uid-of-${name}`,
      labels: { ...labels, [restoreRequestLabel]: restoreRequestHash(part) },
      annotations,
    },
    spec: { backupName: BACKUP },
    status,
  };
}
