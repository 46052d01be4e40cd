import * as v from "valibot";
import { duration, text, count } from "../core/fields.ts";
import { connection } from "../kubernetes/connection.ts";
import { assumeUnchanged, hasUnknown, isUnknown, pick, same, UNKNOWN } from "../core/values.ts";
import type { KindOfInputs } from "../core/check.ts";
import { parseDuration } from "../core/deadline.ts";
import type { Failure } from "../core/handler.ts";
import { nameOf, objectName } from "../core/identity.ts";
import { offsetOf, shiftSchedule } from "../schedules/cadence.ts";
import { anyCredentials } from "../store/storage-config.ts";
import { accessRules } from "../store/store-access.ts";
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

/** The keys of the clusters that take part, or all writable clusters. A union's failure would describe types. */
const clusters = v.pipe(
  v.unknown(),
  v.check((value) => value === "all" || v.is(v.array(text), value), 'must be "all" or a list of keys'),
) as v.GenericSchema<unknown, "all" | string[]>;

const reach = v.strictObject({
  location: locationReference,
  connection,
  credentials: v.optional(anyCredentials),
  readOnly: v.optional(v.literal(true)),
});

export type ClusterReach = v.InferOutput<typeof reach>;

const workspaceBackupSchema = v.strictObject({
  ...declarationEntries,
  clusters,
  /** The connections by key: all clusters of the location, or those that are named. */
  reach: v.record(v.string(), reach),
  parallel: v.optional(count),
  spread: v.optional(duration),
});

/** One logical backup of many clusters. */
export interface WorkspaceBackupInputs
  extends BackupDeclaration, v.InferOutput<typeof workspaceBackupSchema> {
  /** Computed, by key: the name of the Schedule, or the prefix of a Backup's name. */
  objectNames: Record<string, string>;
}

/** Returns the keys of the clusters that take part. */
export const membersOf = ({ clusters, reach }: WorkspaceBackupInputs): string[] =>
  clusters === "all" ? keysOf(reach).filter((key) => takesPart(reach[key])) : clusters;

/** A cluster whose values are not known yet counts as taking part. */
const takesPart = (reach: ClusterReach | undefined): boolean =>
  reach !== undefined && !isOffline(reach) && reach.readOnly === undefined;

/** Returns true if this stack, or the stack that owns the location, declares the cluster offline. */
export const isOffline = (reach: ClusterReach | undefined): boolean =>
  reach?.connection?.offline === true || reach?.location?.offline === true;

/** Returns the schedule of one cluster. */
export function scheduleIn({ schedule, spread }: WorkspaceBackupInputs, cluster: string): string | undefined {
  const spreadMs = parseDuration(spread ?? "");
  if (schedule === undefined || !spreadMs) return schedule;
  const shifted = shiftSchedule(schedule, offsetOf(cluster, spreadMs));
  return "schedule" in shifted ? shifted.schedule : schedule;
}

export const workspaceBackupInputs: KindOfInputs<WorkspaceBackupInputs> = {
  schema: workspaceBackupSchema,
  computedKeys: ["objectNames", "cadence"],
  declaredAs: (_news, path) =>
    path.replace(/^reach\.([^.]+)\.(connection\.)?/, "clusters.$1.").replace(/\.connection$/, ""),
  namesInProgram: namesOfBackup,
  secretParts: ({ storage, access, reach }) => ({
    storage,
    access: typeof access === "object" ? access : undefined,
    ...Object.fromEntries(
      reachesOf(reach).map(([key, { connection, credentials }]) => [
        `clusters.${key}`,
        { ...connection, credentials },
      ]),
    ),
  }),
  expectedHealth: expectedHealthOf,
  rules: (news) => [
    ...reachesOf(news.reach).flatMap(([key, { connection }]) => connectionRules(connection, key)),
    ...reachesOf(news.reach).flatMap(([key, { credentials }]) =>
      accessRules({ ...news, credentials }).map(({ path, reason }) => ({
        path: path.replace(/^credentials\b/, `clusters.${key}.credentials`),
        reason,
      })),
    ),
    ...clustersRules(news),
    ...spreadRules(news),
    ...declarationRules(news),
  ],
  derive(news, olds) {
    const { cadence, notices } = cadenceOf(news);
    const spread = news.spread === undefined ? "" : `, spread over ${news.spread}`;
    return {
      computed: {
        objectNames: Object.fromEntries(keysOf(news.reach).map((key) => [key, nameIn(key, news, olds)])),
        ...(cadence && {
          cadence: hasUnknown([cadence, spread]) ? UNKNOWN : cadence.replace(/;|$/, `${spread}$&`),
        }),
      },
      notices,
    };
  },
  replacementNotices: (news, olds) =>
    isReplaced(news, olds) ? replacementNotices(olds, membersOf(olds).length) : [],
};

/**
 * Returns the inputs whose change replaces the backup: everything that it captured, and the locations of the clusters
 * that stay.
 */
export function replacedBy(
  inputs: WorkspaceBackupInputs,
  common: readonly string[],
): Record<string, unknown> {
  if (isScheduled(inputs)) return { schedule: "scheduled" };
  const places = Object.entries(pick(inputs.reach, common)).map(([key, reach]) => [
    key,
    reach && pick(reach.location, ["locationName", "namespace"]),
  ]);
  return { schedule: "on demand", ...capturedBy(inputs), location: Object.fromEntries(places) };
}

/** Returns the keys of the clusters in both the old and the new inputs. */
export const commonKeys = (before: WorkspaceBackupInputs, news: WorkspaceBackupInputs): string[] =>
  keysOf(before.reach).filter((key) => news.reach[key]);

function isReplaced(news: WorkspaceBackupInputs, olds: WorkspaceBackupInputs): boolean {
  const common = commonKeys(olds, news);
  return !same(replacedBy(assumeUnchanged(news, olds), common), replacedBy(olds, common));
}

const keysOf = (reach: unknown): string[] =>
  typeof reach === "object" && reach !== null ? Object.keys(reach) : [];

/** Returns the connections by key. Values of another shape are left out, because the schema reports them. */
export const reachesOf = (reach: unknown): [string, ClusterReach][] =>
  typeof reach === "object" && reach !== null
    ? (Object.entries(reach) as [string, unknown][]).filter(
        (entry): entry is [string, ClusterReach] => typeof entry[1] === "object" && entry[1] !== null,
      )
    : [];

function clustersRules({ clusters, reach }: WorkspaceBackupInputs): Failure[] {
  if (hasUnknown(clusters)) return [];
  if (clusters === "all") {
    return hasUnknown(reach) || reachesOf(reach).some(([, each]) => takesPart(each))
      ? []
      : [
          {
            path: "clusters",
            reason: "every cluster of the location is offline or read-only, and none is left",
          },
        ];
  }
  if (!Array.isArray(clusters)) return [];
  const twice = clusters.filter((key, index) => clusters.indexOf(key) !== index);
  return [
    ...(clusters.length === 0
      ? [{ path: "clusters", reason: 'names no cluster; "all" means all of them' }]
      : []),
    ...(twice.length > 0 ? [{ path: "clusters", reason: `names ${twice.join(", ")} twice` }] : []),
  ];
}

function spreadRules(news: WorkspaceBackupInputs): Failure[] {
  const { spread, schedule } = news;
  if (spread === undefined || hasUnknown([spread, schedule])) return [];
  if (!isScheduled(news)) return [{ path: "spread", reason: "needs a `schedule`, whose runs it spreads" }];
  const spreadMs = typeof spread === "string" ? parseDuration(spread) : undefined;
  if (spreadMs === undefined || typeof schedule !== "string") return [];
  const problems = reachesOf(news.reach).flatMap(([key]) => {
    const shifted = shiftSchedule(schedule, offsetOf(key, spreadMs));
    return "problem" in shifted ? [shifted.problem] : [];
  });
  return problems.slice(0, 1).map((reason) => ({ path: "spread", reason }));
}

/** Keeps the old name as long as a Schedule stays a Schedule. So an alias, which changes the owner, keeps the name. */
function nameIn(key: string, news: WorkspaceBackupInputs, olds: WorkspaceBackupInputs | undefined): string {
  const known = olds?.objectNames[key];
  if (known !== undefined && (isUnknown(news.schedule) || isScheduled(news) === (olds && isScheduled(olds))))
    return known;
  if (hasUnknown(news.owner)) return UNKNOWN;
  return objectName(nameOf(news.owner), key, news.owner, key, isScheduled(news));
}
