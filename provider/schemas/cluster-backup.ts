import * as v from "valibot";
import * as schemas from "./common.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { assumeUnchanged, hasUnknown, same, UNKNOWN } from "../core/values.ts";
import type { KindOfInputs } from "../core/check.ts";
import { nameOf, objectName } from "../core/identity.ts";
import type { Credentials } from "../store/storage-config.ts";
import { anyCredentials, wayRules } from "./storage.ts";
import {
  type BackupDeclaration,
  cadenceOf,
  capturedBy,
  declarationEntries,
  declarationRules,
  expectedHealthOf,
  isScheduled,
  type LocationReference,
  locationReference,
  namesOfBackup,
  replacementNotices,
} from "./backup.ts";
import { connectionRules } from "./cluster-location.ts";

export interface ClusterBackupInputs extends BackupDeclaration {
  /** The key of the cluster in the location's `clusters`. */
  cluster: string;
  location: LocationReference;
  connection: Connection;
  /** The cluster's own credentials, which replace those of the storage. */
  credentials?: Credentials | undefined;
  /** The name of an existing Schedule or Backup that the create adopts. */
  adopt?: string | undefined;
  /** The URNs of tiers that a ProtectedCluster leaves out. See `look-at-dropped-tiers.ts`. */
  droppedTiers?: string[] | undefined;
  /** Computed: the name of the Schedule, or the prefix of a Backup's name. */
  objectName: string;
}

const schema = v.strictObject({
  ...declarationEntries,
  cluster: schemas.text,
  location: locationReference,
  connection: schemas.connection,
  credentials: v.optional(anyCredentials),
  adopt: v.optional(schemas.text),
  droppedTiers: v.optional(v.array(schemas.text)),
});

/**
 * Returns the inputs whose change replaces the object. For a single backup, these include everything that it captured.
 */
export function replacedBy(inputs: ClusterBackupInputs): Record<string, unknown> {
  const always = { cluster: inputs.cluster, schedule: isScheduled(inputs) ? "scheduled" : "on demand" };
  if (isScheduled(inputs)) return { ...always, objectName: inputs.objectName };
  const { locationName, namespace } = inputs.location;
  return { ...always, ...capturedBy(inputs), location: { locationName, namespace } };
}

const declaredAs = ({ cluster }: ClusterBackupInputs, path: string): string =>
  path
    .replace(/^connection\b/, `clusters.${cluster}`)
    .replace(/^credentials\b/, `clusters.${cluster}.credentials`);

export const clusterBackupInputs: KindOfInputs<ClusterBackupInputs> = {
  schema,
  computedKeys: ["objectName", "cadence"],
  declaredAs,
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
    ...wayRules(news).map(({ path, reason }) => ({ path: declaredAs(news, path), reason })),
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
  olds === undefined || !same(replacedBy(assumeUnchanged(news, olds)), replacedBy(olds));

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
