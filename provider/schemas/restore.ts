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

/** A backup brought back: of one cluster, or of each cluster of a workspace. */
export interface RestoreInputs extends CommonInputs, RestoreOptions, UserMetadata {
  health: RestoreHealth;
  source: RestoreSource;
  /** By key of the cluster that was backed up. */
  targets: Record<string, RestoreTarget>;
  storage?: StorageConfig | undefined;
  access?: Access | undefined;
  triggers?: unknown[] | undefined;
  allowPartialFailure?: boolean | undefined;
  timeouts?: Timeouts | undefined;
  preflight?: Preflight | undefined;
  /** Computed, by key: what a Restore's name begins with. */
  objectNames: Record<string, string>;
  /** Computed in previews: what the restore would do. */
  plan?: Plan | undefined;
}

/** Which backup. */
export interface RestoreSource {
  /** URN of the ClusterBackup or WorkspaceBackup, and the owners that it was before. */
  owner?: string | undefined;
  formerOwners?: Owner[] | undefined;
  /** URNs that the program says it had. */
  aliases?: string[] | undefined;
  /** It makes backups on a schedule, and the newest is meant. */
  scheduled?: boolean | undefined;
  backupName?: string | undefined;
  schedule?: string | undefined;
  workspace?: string | undefined;
  before?: string | undefined;
}

export interface RestoreTarget {
  /** Key of the cluster into which it goes. */
  cluster: string;
  /** Its own location. */
  location: LocationReference;
  /** Name of the location by which it sees the source's backups. */
  sees?: string | undefined;
  connection: Connection;
  credentials?: Credentials | undefined;
  /** A store of the source's own, and the backup that its resource took last: a dependency, and pinned once it was used. */
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
 * The inputs whose change makes another restore: never a newer backup, or the place where one lies
 * (docs/design/rules.md#restores-run-once).
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
 * Holds on to what state has of the source: the backup that was taken for it, and the URN by which it was known then.
 * So neither a newer backup nor an alias is a change. Who restores again, by other triggers or options, takes the newest.
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

/** Whether it is another restore that is declared, as far as is known. */
export const restoresAgain = (news: RestoreInputs, olds: RestoreInputs): boolean =>
  !same(replacedBy(assumeUnchanged<RestoreInputs>(news, olds)), replacedBy(olds));

/** Gives the source as it was before, as far as is known: a preview does not see what it says itself, but what the program says. */
export function formerOwnersIn({ formerOwners = [], aliases = [] }: RestoreSource, lineage: string): Owner[] {
  const former = isUnknown(formerOwners) ? aliases.map((owner) => ({ owner, lineage })) : formerOwners;
  return hasUnknown(former) ? [] : former;
}

/** The same resource under a URN that it had before is the same source, also in a renamed stack or project. */
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

/** In one order always: the engine hands a map on in any. Silent on what has no such shape: the schema says so. */
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

/** Tells if this program can read what the backups hold, as far as is known: else nobody sees into them. */
export const hasWay = ({ targets, storage, access }: RestoreInputs): boolean =>
  access !== "none" &&
  targetsOf(targets).every(
    ([, { source }]) => ((isRecord(source) && source.storage) || storage) !== undefined,
  );

/** What is to be compared with the backup has to be read from the store. */
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

/** What a restore would do, in numbers, to be seen in a preview. */
export interface Plan {
  create: number;
  /** There already, and left as they are. */
  exists: number;
  /** There already, other than in the backup, and patched: under `existingResourcePolicy: "update"`, and ServiceAccounts always. */
  update: number;
  /** Such as volumes whose data the target's storage makes anew. */
  notRestorable: number;
  /** Kinds that the target does not know, and that the backup does not bring along. */
  missingKinds: string[];
}
