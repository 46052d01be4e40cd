import { expectedHealthOf, isScheduled } from "../../../../provider/schemas/backup.ts";
import {
  type ClusterReach,
  membersOf,
  type WorkspaceBackupInputs,
} from "../../../../provider/schemas/workspace-backup.ts";
import {
  makingOf,
  type Part,
  type WorkspaceBackupOutputs,
} from "../../../../provider/kinds/workspace-backup/parts.ts";
import { LINEAGE, urnOf } from "../arbitrary-inputs.ts";

export const OWNER = urnOf("WorkspaceBackup", "payments");

/** The way to one cluster, with what must never be among what state keeps of its part. */
export const reachOf = (key: string, changes: Partial<ClusterReach> = {}): ClusterReach => ({
  location: {
    owner: urnOf("ClusterLocation", `primary-${key}`),
    lineage: LINEAGE,
    locationName: `primary-${key}`,
    namespace: "velero",
    storePrefix: key,
  },
  connection: { kubeconfig: `kubeconfig of ${key}` },
  credentials: { static: { accessKeyId: `key of ${key}`, secretAccessKey: `secret of ${key}` } },
  ...changes,
});

/** A WorkspaceBackup as its check lets it through, over all of these clusters. */
export const declaredOver = (
  keys: readonly string[],
  changes: Partial<WorkspaceBackupInputs> = {},
): WorkspaceBackupInputs => ({
  owner: OWNER,
  lineage: LINEAGE,
  clusters: "all",
  reach: Object.fromEntries(keys.map((key) => [key, reachOf(key)])),
  objectNames: Object.fromEntries(keys.map((key) => [key, `payments-${key}-0a1b2c3d`])),
  health: changes.paused === true ? "Paused" : "Healthy",
  fingerprints: {},
  notices: [],
  ...changes,
});

/** What an up leaves in state of a cluster in which all went well. */
export const goodPart = (inputs: WorkspaceBackupInputs, key: string): Part => ({
  objectName: inputs.objectNames[key] ?? "",
  location: inputs.reach[key]?.location ?? reachOf(key).location,
  made: makingOf(inputs, key),
  clusterUid: `uid-of-${key}`,
  ...(isScheduled(inputs)
    ? { phase: "Enabled", scheduleName: inputs.objectNames[key], nextRun: "2026-11-24T02:00:00.000Z" }
    : { phase: "Completed", backupName: `${inputs.objectNames[key]}-20261123120000` }),
  health: expectedHealthOf(inputs),
});

/** State after an up that made everything. */
export const settled = (inputs: WorkspaceBackupInputs): WorkspaceBackupOutputs => ({
  ...inputs,
  incarnation: "0a1b",
  byCluster: Object.fromEntries(membersOf(inputs).map((key) => [key, goodPart(inputs, key)])),
  phase: isScheduled(inputs) ? "Enabled" : "Completed",
});
