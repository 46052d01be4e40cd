import * as v from "valibot";
import * as schemas from "./common.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { assumeUnchanged, hasUnknown, isUnknown, pick, same, UNKNOWN } from "../core/values.ts";
import type { KindOfInputs } from "../core/check.ts";
import { parseDuration } from "../core/durations.ts";
import type { Failure } from "../core/handler.ts";
import { nameOf, objectName } from "../core/identity.ts";
import { offsetOf, shiftSchedule } from "../schedules/shift-schedule.ts";
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

/** One logical backup over many clusters. */
export interface WorkspaceBackupInputs extends BackupDeclaration {
  /** Those that take part: keys, or all that can be written to. */
  clusters: "all" | string[];
  /** By key: all clusters of the location, or those that are named. */
  reach: Record<string, ClusterReach>;
  parallel?: number | undefined;
  spread?: string | undefined;
  /** Computed, by key: the Schedule's name, or what a Backup's name begins with. */
  objectNames: Record<string, string>;
}

export interface ClusterReach {
  location: LocationReference;
  connection: Connection;
  credentials?: Credentials | undefined;
  readOnly?: true | undefined;
}

/** A union's complaint would tell of types, not of keys. */
const clusters = v.pipe(
  v.unknown(),
  v.check(
    (value) => value === "all" || v.is(v.array(schemas.text), value),
    'must be "all" or a list of keys',
  ),
);

const schema = v.strictObject({
  ...declarationEntries,
  clusters,
  reach: v.record(
    v.string(),
    v.strictObject({
      location: locationReference,
      connection: schemas.connection,
      credentials: v.optional(anyCredentials),
      readOnly: v.optional(v.literal(true)),
    }),
  ),
  parallel: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1, "must be at least 1"))),
  spread: v.optional(schemas.duration),
});

/** The clusters that take part, by key. */
export const membersOf = ({ clusters, reach }: WorkspaceBackupInputs): string[] =>
  clusters === "all" ? keysOf(reach).filter((key) => takesPart(reach[key])) : clusters;

/** One of which nothing is known yet may well. */
const takesPart = (reach: ClusterReach | undefined): boolean =>
  reach !== undefined && !isOffline(reach) && reach.readOnly === undefined;

/** By this stack, or by the one that owns the location. */
export const isOffline = (reach: ClusterReach | undefined): boolean =>
  reach?.connection?.offline === true || reach?.location?.offline === true;

/** The schedule as one cluster has it. */
export function scheduleIn({ schedule, spread }: WorkspaceBackupInputs, cluster: string): string | undefined {
  const spreadMs = parseDuration(spread ?? "");
  if (schedule === undefined || !spreadMs) return schedule;
  const shifted = shiftSchedule(schedule, offsetOf(cluster, spreadMs));
  return "schedule" in shifted ? shifted.schedule : schedule;
}

export const workspaceBackupInputs: KindOfInputs<WorkspaceBackupInputs> = {
  schema,
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
      wayRules({ ...news, credentials }).map(({ path, reason }) => ({
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

/** These cannot change under one run: all that a backup captured, and the places of the clusters that stay. */
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

/** The clusters that both sides know. */
export const commonKeys = (before: WorkspaceBackupInputs, news: WorkspaceBackupInputs): string[] =>
  keysOf(before.reach).filter((key) => news.reach[key]);

function isReplaced(news: WorkspaceBackupInputs, olds: WorkspaceBackupInputs): boolean {
  const common = commonKeys(olds, news);
  return !same(replacedBy(assumeUnchanged(news, olds), common), replacedBy(olds, common));
}

const keysOf = (reach: unknown): string[] =>
  typeof reach === "object" && reach !== null ? Object.keys(reach) : [];

/** Silent on what has no such shape: the schema says so. */
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

/** The old name while a Schedule stays one, so that an alias, which changes the owner, keeps it. */
function nameIn(key: string, news: WorkspaceBackupInputs, olds: WorkspaceBackupInputs | undefined): string {
  const known = olds?.objectNames[key];
  if (known !== undefined && (isUnknown(news.schedule) || isScheduled(news) === (olds && isScheduled(olds))))
    return known;
  if (hasUnknown(news.owner)) return UNKNOWN;
  return objectName(nameOf(news.owner), key, news.owner, key, isScheduled(news));
}
