import * as v from "valibot";
import type { RestoreHealth } from "../../model/health.ts";
import type { RestorePhase } from "../../model/phases.ts";
import type { RestorePart, RestorePlan, RestoreResults } from "../../model/restore-results.ts";
import type { CommonInputs, KindOfInputs } from "../core/check.ts";
import { identity, pointInTime, preflight, text, timeouts } from "../core/fields.ts";
import type { Failure } from "../core/handler.ts";
import { nameOf, objectName, type Owner } from "../core/identity.ts";
import { metadataEntries } from "../core/user-metadata.ts";
import {
  assumeUnchanged,
  entriesByKey,
  hasUnknown,
  isRecord,
  isUnknown,
  same,
  UNKNOWN,
} from "../core/values.ts";
import { connection } from "../kubernetes/connection.ts";
import { access, anyCredentials, storage } from "../store/storage-config.ts";
import { accessRules } from "../store/store-access.ts";
import { restoreOptionEntries } from "../velero/restore-option-entries.ts";
import { locationReference, namesOfBackup } from "./backup.ts";
import { connectionRules } from "./cluster-location.ts";
import { isDrill, optionRules, restoredBy, verifies } from "./restore-options.ts";

/** Identifies the backup to restore. */
const source = v.strictObject({
  // The URN of the ClusterBackup or WorkspaceBackup, and its earlier owners.
  owner: v.optional(text),
  formerOwners: v.optional(v.array(v.strictObject({ owner: text, lineage: text }))),
  // The earlier URNs that the program declares as aliases.
  aliases: v.optional(v.array(text)),
  // True if the owner makes backups on a schedule. The newest backup is taken.
  scheduled: v.optional(v.boolean()),
  backupName: v.optional(text),
  schedule: v.optional(text),
  workspace: v.optional(text),
  before: v.optional(pointInTime),
});

export type RestoreSource = v.InferOutput<typeof source>;

const target = v.strictObject({
  // The key of the cluster that is restored into.
  cluster: text,
  location: locationReference,
  // The name of the location through which the target reads the source's backups.
  sees: v.optional(text),
  connection,
  credentials: v.optional(anyCredentials),
  source: v.strictObject({
    // The source's own store, if it has one.
    storage: v.optional(storage),
    // The name of the last backup of the source's resource: a dependency, which is pinned after its first use.
    latest: v.optional(text),
  }),
});

export type RestoreTarget = v.InferOutput<typeof target>;

const restoreSchema = v.strictObject({
  ...identity,
  source,
  // The keys are those of the clusters that were backed up.
  targets: v.record(v.string(), target),
  storage: v.optional(storage),
  access: v.optional(access),
  triggers: v.optional(v.array(v.unknown())),
  allowPartialFailure: v.optional(v.boolean()),
  timeouts: v.optional(timeouts),
  preflight: v.optional(preflight),
  ...metadataEntries,
  ...restoreOptionEntries,
});

/** A restore of a backup: of one cluster, or of each cluster of a workspace. */
export interface RestoreInputs extends CommonInputs, v.InferOutput<typeof restoreSchema> {
  health: RestoreHealth;
  /** Computed, by key: the prefix of the Restore's name. */
  objectNames: Record<string, string>;
  /** Computed in previews: what the restore would do. */
  plan?: RestorePlan | undefined;
}

/**
 * Returns the inputs whose change makes another restore. A newer backup, or another place of the backup, is never such
 * a change (docs/design/rules.md#restores-run-once).
 */
export const restoreReplacedBy = (inputs: RestoreInputs): Record<string, unknown> => {
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
  !same(restoreReplacedBy(assumeUnchanged<RestoreInputs>(news, olds)), restoreReplacedBy(olds));

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

/**
 * Returns the targets, sorted by key: the engine passes maps in any order. Values of another shape are left out,
 * because the schema reports them.
 */
export const targetsOf = (targets: unknown): [string, RestoreTarget][] =>
  isRecord(targets)
    ? entriesByKey(targets).filter((entry): entry is [string, RestoreTarget] => isRecord(entry[1]))
    : [];

export const restoreInputs: KindOfInputs<RestoreInputs> = {
  schema: restoreSchema,
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
    ...accessRules(news),
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
export const hasAccess = ({ targets, storage, access }: RestoreInputs): boolean =>
  access !== "none" &&
  targetsOf(targets).every(
    ([, { source }]) => ((isRecord(source) && source.storage) || storage) !== undefined,
  );

/** A comparison with the backup reads the backup from the store. */
function proofRules(news: RestoreInputs): Failure[] {
  if (!verifies(news) || hasAccess(news) || hasUnknown(news.access)) return [];
  return [
    {
      path: isDrill(news) ? "drill" : "verify",
      reason:
        "compares with what lies in the store, and this program has no way there: give it one (`access`)",
    },
  ];
}

/** The result of a restore in one cluster, as state keeps it. */
export interface RestorePartOutputs extends RestorePart {
  /** Absent if the target was never reached. */
  clusterUid?: string | undefined;
  /** The ConfigMap with the modifier rules of the Restore. It is created before the Restore. */
  modifiersName?: string | undefined;
  /** True if the restore is accepted. It never starts again. */
  settled?: true | undefined;
  unfinished?: string | undefined;
}

/** The numbers of objects, by what Velero did with them. */
export type RestoreCounts = Required<Pick<RestorePart, "created" | "updated" | "skipped" | "failed">>;

export interface RestoreOutputs
  extends RestoreInputs, Omit<Partial<RestoreResults>, "byCluster" | "phase" | "plan" | "health"> {
  incarnation: string;
  formerOwners?: Owner[] | undefined;
  /** The parts, by the key of the cluster that was backed up. */
  byCluster: Record<string, RestorePartOutputs>;
  phase: RestorePhase;
  unfinished?: string | undefined;
}
