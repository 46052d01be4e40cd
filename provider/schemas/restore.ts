import * as v from "valibot";
import type { CommonInputs, KindOfInputs, Preflight } from "../core/check.ts";
import type { Timeouts } from "../core/deadline.ts";
import type { Failure } from "../core/handler.ts";
import { nameOf, objectName, type Owner, type UserMetadata } from "../core/identity.ts";
import { assumeUnchanged, entriesByKey, hasUnknown, isUnknown, same, UNKNOWN } from "../core/values.ts";
import type { Connection } from "../kubernetes/connection.ts";
import type { Access, Credentials, StorageConfig } from "../store/storage-config.ts";
import { type LocationReference, locationReference, namesOfBackup } from "./backup.ts";
import { connectionRules } from "./cluster-location.ts";
import * as schemas from "./common.ts";
import { metadataEntries } from "./metadata.ts";
import { optionEntries, optionRules } from "./restore-options-schema.ts";
import { isDrill, restoredBy, type RestoreOptions, verifies } from "./restore-options.ts";
import { access, anyCredentials, storage, wayRules } from "./storage.ts";

export type RestoreHealth = "Healthy" | "Unhealthy";

/** A restore of a backup: of one cluster, or of each cluster of a workspace. */
export interface RestoreInputs extends CommonInputs, RestoreOptions, UserMetadata {
  health: RestoreHealth;
  source: RestoreSource;
  /** The targets, by the key of the cluster that was backed up. */
  targets: Record<string, RestoreTarget>;
  storage?: StorageConfig | undefined;
  access?: Access | undefined;
  triggers?: unknown[] | undefined;
  allowPartialFailure?: boolean | undefined;
  timeouts?: Timeouts | undefined;
  preflight?: Preflight | undefined;
  /** Computed, by key: the prefix of the Restore's name. */
  objectNames: Record<string, string>;
  /** Computed in previews: what the restore would do. */
  plan?: Plan | undefined;
}

/** Identifies the backup to restore. */
export interface RestoreSource {
  /** The URN of the ClusterBackup or WorkspaceBackup, and its earlier owners. */
  owner?: string | undefined;
  formerOwners?: Owner[] | undefined;
  /** The earlier URNs that the program declares as aliases. */
  aliases?: string[] | undefined;
  /** True if the owner makes backups on a schedule. The newest backup is taken. */
  scheduled?: boolean | undefined;
  backupName?: string | undefined;
  schedule?: string | undefined;
  workspace?: string | undefined;
  before?: string | undefined;
}

export interface RestoreTarget {
  /** The key of the cluster that is restored into. */
  cluster: string;
  /** The target's own location. */
  location: LocationReference;
  /** The name of the location through which the target reads the source's backups. */
  sees?: string | undefined;
  connection: Connection;
  credentials?: Credentials | undefined;
  /**
   * The source's own store, if it has one, and the name of the last backup of the source's resource. The name is a
   * dependency, and is pinned after its first use.
   */
  source: { storage?: StorageConfig | undefined; latest?: string | undefined };
}

const schema = v.strictObject({
  ...schemas.identity,
  source: v.strictObject({
    owner: v.optional(schemas.text),
    formerOwners: v.optional(v.array(v.strictObject({ owner: schemas.text, lineage: schemas.text }))),
    aliases: v.optional(v.array(schemas.text)),
    scheduled: v.optional(v.boolean()),
    backupName: v.optional(schemas.text),
    schedule: v.optional(schemas.text),
    workspace: v.optional(schemas.text),
    before: v.optional(schemas.pointInTime),
  }),
  targets: v.record(
    v.string(),
    v.strictObject({
      cluster: schemas.text,
      location: locationReference,
      sees: v.optional(schemas.text),
      connection: schemas.connection,
      credentials: v.optional(anyCredentials),
      source: v.strictObject({
        storage: v.optional(storage),
        latest: v.optional(schemas.text),
      }),
    }),
  ),
  storage: v.optional(storage),
  access: v.optional(access),
  triggers: v.optional(v.array(v.unknown())),
  allowPartialFailure: v.optional(v.boolean()),
  timeouts: v.optional(schemas.timeouts),
  preflight: v.optional(schemas.preflight),
  ...metadataEntries,
  ...optionEntries,
});

/**
 * Returns the inputs whose change makes another restore. A newer backup, or another place of the backup, is never such
 * a change (docs/design/rules.md#restores-run-once).
 */
export const replacedBy = (inputs: RestoreInputs): Record<string, unknown> => {
  const { formerOwners: _former, aliases: _aliases, ...source } = inputs.source;
  return {
    ...restoredBy(inputs),
    backup: source,
    triggers: inputs.triggers ?? [],
    cluster: Object.fromEntries(targetsOf(inputs.targets).map(([key, { cluster }]) => [key, cluster])),
  };
};

/**
 * Keeps the source from state: the backup that was taken from it, and the URN that it had then. So neither a newer
 * backup nor an alias is a change. A restore that runs again, with other triggers or options, takes the newest backup.
 */
export function pinSource(news: RestoreInputs, olds: RestoreInputs | undefined): RestoreInputs {
  if (!olds || !isRecord(news.source) || !isRecord(news.targets)) return news;
  const isSame = same(identityOf(news.source, olds.source), identityOf(olds.source, olds.source));
  const targets = targetsOf(news.targets).map(([key, target]) => {
    const known = olds.targets[key];
    if (!known || !isRecord(target.source) || !isSame) return [key, target];
    const { latest: _newer, ...source } = target.source;
    const { latest } = known.source;
    return [key, { ...target, source: { ...source, ...(latest === undefined ? {} : { latest }) } }];
  });
  const pinned: RestoreInputs = {
    ...news,
    source: isSame ? olds.source : news.source,
    targets: { ...news.targets, ...(Object.fromEntries(targets) as RestoreInputs["targets"]) },
  };
  return restoresAgain(pinned, olds) ? { ...pinned, targets: news.targets } : pinned;
}

/** Returns true if the inputs declare another restore, as far as they are known. */
export const restoresAgain = (news: RestoreInputs, olds: RestoreInputs): boolean =>
  !same(replacedBy(assumeUnchanged<RestoreInputs>(news, olds)), replacedBy(olds));

/**
 * Returns the earlier owners of the source, as far as they are known. In a preview, the source's own output is unknown,
 * and the program's aliases are used.
 */
export function formerOwnersIn({ formerOwners = [], aliases = [] }: RestoreSource, lineage: string): Owner[] {
  const former = isUnknown(formerOwners) ? aliases.map((owner) => ({ owner, lineage })) : formerOwners;
  return hasUnknown(former) ? [] : former;
}

/**
 * Returns the identity of the source. A resource with a URN that it had before is the same source, also in a renamed
 * stack or project.
 */
function identityOf(source: RestoreSource, { owner: known }: RestoreSource): unknown {
  const { formerOwners, aliases: _aliases, ...declared } = source;
  const { owner } = declared;
  const isKnown =
    isUnknown(owner) ||
    (known !== undefined && formerNamesIn(source).includes(known)) ||
    (isUnknown(formerOwners) && inStack(owner) === inStack(known));
  return { ...declared, owner: isKnown ? known : owner };
}

const formerNamesIn = (source: RestoreSource): string[] =>
  formerOwnersIn(source, "").map(({ owner }) => owner);

const inStack = (owner: string | undefined): string | undefined => owner?.split("::").slice(2).join("::");

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

/**
 * Returns the targets, sorted by key: the engine passes maps in any order. Values of another shape are left out,
 * because the schema reports them.
 */
export const targetsOf = (targets: unknown): [string, RestoreTarget][] =>
  isRecord(targets)
    ? entriesByKey(targets).filter((entry): entry is [string, RestoreTarget] => isRecord(entry[1]))
    : [];

export const restoreInputs: KindOfInputs<RestoreInputs> = {
  schema,
  computedKeys: ["objectNames", "plan"],
  declaredAs: (news, path) => {
    const [, key = "", rest = ""] = /^targets\.([^.]+)\.(.*)$/.exec(path) ?? [];
    if (key === "") return path.replace(/^source\b/, "backup");
    const cluster = news.targets[key]?.cluster ?? key;
    return rest.startsWith("source.")
      ? `backup (${key})`
      : `clusters.${cluster}.${rest.replace(/^connection\.?/, "")}`;
  },
  namesInProgram: (path, names) =>
    path === "" ? [...namesOfBackup(path, names), "backup", "cluster", "clusterMapping"] : names,
  secretParts: ({ storage, access, targets }) => ({
    storage,
    access: typeof access === "object" ? access : undefined,
    ...Object.fromEntries<object | undefined>(
      targetsOf(targets).flatMap(([key, { cluster, connection, credentials, source }]) => [
        [`clusters.${cluster}`, { ...connection, credentials }],
        [`clusters.${key}.storage`, isRecord(source) ? source.storage : undefined],
      ]),
    ),
  }),
  expectedHealth: () => "Healthy",
  rules: (news) => [
    ...targetsOf(news.targets).flatMap(([, { connection, cluster }]) => connectionRules(connection, cluster)),
    ...wayRules(news),
    ...targetRules(news),
    ...proofRules(news),
    ...optionRules(news),
  ],
  derive: (news, olds) => ({
    computed: {
      objectNames: Object.fromEntries(
        targetsOf(news.targets).map(([key, { cluster }]) => [
          key,
          olds?.objectNames[key] ??
            (hasUnknown([news.owner, cluster])
              ? UNKNOWN
              : objectName(nameOf(news.owner), cluster, news.owner, key)),
        ]),
      ),
    },
    notices: [],
  }),
};

function targetRules({ targets }: RestoreInputs): Failure[] {
  const all = targetsOf(targets);
  if (all.length === 0 && !hasUnknown(targets))
    return [{ path: "cluster", reason: "names no cluster to restore into" }];
  const twice = all.filter(
    ([, { cluster }], index) =>
      !isUnknown(cluster) && all.findIndex(([, each]) => each.cluster === cluster) !== index,
  );
  return [
    ...all
      .filter(([, { sees, connection }]) => sees === undefined && connection?.offline === undefined)
      .map(([key, { cluster }]) => ({
        path: `clusters.${cluster}.reads`,
        reason: `does not name "${key}", whose backup is to be restored there: add it in the BackupLocation`,
      })),
    ...all
      .filter(([, { connection }]) => connection?.offline !== undefined)
      .map(([, { cluster }]) => ({
        path: `clusters.${cluster}.offline`,
        reason: "and so nothing can be restored there",
      })),
    ...twice.map(([, { cluster }]) => ({
      path: "clusterMapping",
      reason: `leads more than one cluster into "${cluster}", where their namespaces would collide; restore them one by one, with a namespaceMapping each`,
    })),
  ];
}

/** Returns true if this program can read the backups in the store, as far as is known. */
export const hasWay = ({ targets, storage, access }: RestoreInputs): boolean =>
  access !== "none" &&
  targetsOf(targets).every(
    ([, { source }]) => ((isRecord(source) && source.storage) || storage) !== undefined,
  );

/** A comparison with the backup reads the backup from the store. */
function proofRules(news: RestoreInputs): Failure[] {
  if (!verifies(news) || hasWay(news) || hasUnknown(news.access)) return [];
  return [
    {
      path: isDrill(news) ? "drill" : "verify",
      reason:
        "compares with what lies in the store, and this program has no way there: give it one (`access`)",
    },
  ];
}

/** The effects of a restore, as numbers for a preview. */
export interface Plan {
  create: number;
  /** Objects that exist and are left unchanged. */
  exists: number;
  /**
   * Objects that exist, differ from the backup, and are patched: with `existingResourcePolicy: "update"`, and
   * ServiceAccounts always.
   */
  update: number;
  /** Objects that Velero does not restore, such as volumes that the target's storage creates anew. */
  notRestorable: number;
  /** Kinds that the target does not serve, and whose definitions the backup does not hold. */
  missingKinds: string[];
}
