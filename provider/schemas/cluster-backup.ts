import * as v from "valibot";
import type { ClusterBackupResults } from "../../model/backup-results.ts";
import type { KindOfInputs } from "../core/check.ts";
import { text } from "../core/fields.ts";
import { nameOf, objectName, type Owner } from "../core/identity.ts";
import { assumeUnchanged, hasUnknown, same, UNKNOWN } from "../core/values.ts";
import { connection } from "../kubernetes/connection.ts";
import { anyCredentials } from "../store/storage-config.ts";
import { accessRules } from "../store/store-access.ts";
import type { SentNamespaces } from "../velero/namespace-selection.ts";
import { backupPhaseOf } from "../velero/phases.ts";
import type { WrittenSpec } from "../velero/reads-alike.ts";
import type { Backup } from "../velero/types.ts";
import {
  type BackupDeclaration,
  cadenceOf,
  capturedBy,
  declarationEntries,
  declarationRules,
  expectedHealthOf,
  isScheduled,
  locationReference,
  namesOfBackup,
  replacementNotices,
} from "./backup.ts";
import { connectionRules } from "./cluster-location.ts";

const clusterBackupSchema = v.strictObject({
  ...declarationEntries,
  /** The key of the cluster in the location's `clusters`. */
  cluster: text,
  location: locationReference,
  connection: connection,
  /** The cluster's own credentials, which replace those of the storage. */
  credentials: v.optional(anyCredentials),
  adopt: v.optional(text),
  /** The URNs of tiers that a ProtectedCluster leaves out (`droppedTiersDeleted`). */
  droppedTiers: v.optional(v.array(text)),
});

export interface ClusterBackupInputs extends BackupDeclaration, v.InferOutput<typeof clusterBackupSchema> {
  /** Computed: the name of the Schedule, or the prefix of a Backup's name. */
  objectName: string;
}

/**
 * Returns the inputs whose change replaces the object. For a single backup, these include everything that it captured.
 */
export function backupReplacedBy(inputs: ClusterBackupInputs): Record<string, unknown> {
  const always = { cluster: inputs.cluster, schedule: isScheduled(inputs) ? "scheduled" : "on demand" };
  if (isScheduled(inputs)) return { ...always, objectName: inputs.objectName };
  const { locationName, namespace } = inputs.location;
  return { ...always, ...capturedBy(inputs), location: { locationName, namespace } };
}

const backupNameInProgram = ({ cluster }: ClusterBackupInputs, path: string): string =>
  path
    .replace(/^connection\b/, `clusters.${cluster}`)
    .replace(/^credentials\b/, `clusters.${cluster}.credentials`);

export const clusterBackupInputs: KindOfInputs<ClusterBackupInputs> = {
  schema: clusterBackupSchema,
  computedKeys: ["objectName", "cadence"],
  declaredAs: backupNameInProgram,
  namesInProgram: namesOfBackup,
  subject: ({ cluster }) => `cluster "${cluster}"`,
  secretParts: ({ storage, access, connection, credentials, cluster }) => ({
    storage,
    access: typeof access === "object" ? access : undefined,
    [`clusters.${cluster}`]: { ...connection, credentials },
  }),
  expectedHealth: (inputs) => (inputs.connection.offline ? "Offline" : expectedHealthOf(inputs)),
  rules: (news) => [
    ...connectionRules(news.connection, news.cluster),
    ...accessRules(news).map(({ path, reason }) => ({ path: backupNameInProgram(news, path), reason })),
    ...declarationRules(news),
  ],
  derive(news, olds) {
    const { cadence, notices } = cadenceOf(news);
    return { computed: { objectName: nameFor(news, olds), ...(cadence && { cadence }) }, notices };
  },
  replacementNotices: (news, olds) => (isMadeAnew(news, olds) ? replacementNotices(olds, 1) : []),
};

/** Returns true if an `up` creates the object, also as the replacement of an earlier one. */
export const isMadeAnew = (news: ClusterBackupInputs, olds: ClusterBackupInputs | undefined): boolean =>
  olds === undefined || !same(backupReplacedBy(assumeUnchanged(news, olds)), backupReplacedBy(olds));

/**
 * Keeps the old name as long as nothing that replaces a Schedule has changed. So an alias, which changes the owner,
 * keeps the name. `adopt` counts only at the beginning, or when it names another object.
 */
function nameFor(news: ClusterBackupInputs, olds: ClusterBackupInputs | undefined): string {
  const identity = (inputs: ClusterBackupInputs) => [inputs.cluster, isScheduled(inputs)];
  const keeps = olds && same(identity(assumeUnchanged(news, olds)), identity(olds));
  const adopts = isScheduled(news) ? news.adopt : undefined;
  if (keeps && (adopts === undefined || hasUnknown(adopts) || adopts === olds.adopt)) return olds.objectName;
  if (adopts !== undefined) return adopts;
  if (hasUnknown([news.owner, news.cluster])) return UNKNOWN;
  return objectName(nameOf(news.owner), news.cluster, news.owner, identity(news));
}

/** The outputs for a backup of one cluster: a ClusterBackup, or one cluster's part of a WorkspaceBackup. */
export interface ClusterBackupOutputs
  extends ClusterBackupInputs, Partial<Omit<ClusterBackupResults, "health" | "cadence">> {
  incarnation: string;
  /** The earlier owners of this resource. Stored backups keep the labels of the time at which they were made. */
  formerOwners?: Owner[] | undefined;
  /** Absent if the cluster was never reached. */
  clusterUid?: string | undefined;
  /** The newest good backup that was seen. If it is gone before it expires, the health says so. */
  newestGood?: { name: string; started: string; expiration?: string | undefined } | undefined;
  /**
   * The time at which we last changed the Schedule. Runs that it missed before then do not count: it may have been
   * paused, or had another cadence.
   */
  changedAt?: string | undefined;
  /** The names that were sent to Velero instead of declared patterns. */
  sentNamespaces?: SentNamespaces | undefined;
  /** `orderedResources` with the kinds named as Velero looks them up. */
  sentOrder?: Record<string, string[]> | undefined;
  /** Fields of an adopted Schedule's template that no property declares. */
  kept?: WrittenSpec | undefined;
  /** True if a backup was requested (`runNow`, `triggers`) and does not exist yet. */
  runPending?: boolean | undefined;
  /** The backup's tarball at the time of completion. It shows later whether the file is still the same. */
  stored?: StoredFile | undefined;
  unfinished?: string | undefined;
}

/** The result of the last backup that an `up` took, or the phase of a schedule that took none. */
export type BackupOutcome = Pick<
  ClusterBackupOutputs,
  | "phase"
  | "backupName"
  | "startTime"
  | "completionTime"
  | "expiration"
  | "itemsBackedUp"
  | "warnings"
  | "errors"
  | "volumesBackedUp"
  | "stored"
>;

export function outcomeOf({ metadata, status = {} }: Backup): BackupOutcome {
  return {
    phase: backupPhaseOf({ status }),
    backupName: metadata.name,
    startTime: status.startTimestamp,
    completionTime: status.completionTimestamp,
    expiration: status.expiration,
    itemsBackedUp: status.progress?.itemsBackedUp ?? 0,
    warnings: status.warnings ?? 0,
    errors: status.errors ?? 0,
  };
}

/** Identifies the version of a stored object. */
export interface StoredFile {
  size: number;
  etag: string;
}
