import type * as pulumi from "@pulumi/pulumi";
import { askLater, askNow, type Question } from "./ask-provider.ts";
import type { Location } from "./cluster-location.ts";
import type { BackupSummary } from "../model/backup-summary.ts";
import type { LocationUsers } from "../model/location-users.ts";

/** Selects backups of a cluster. Without filters, all of them are returned. */
export interface GetBackupsArgs<K extends string = string> {
  /** A BackupLocation, or another stack's by {@link locationFrom}. */
  location: Location<K>;
  /** Key of the cluster in the location's `clusters`. The cluster may be `offline`. */
  cluster: NoInfer<K>;
  /**
   * Name of the Schedule, or of the ClusterBackup that made it. Only its backups are returned.
   *
   * @default backups of every origin
   */
  schedule?: string | undefined;
  /**
   * Name of the WorkspaceBackup. Only its backups are returned.
   *
   * @default backups of every origin
   */
  workspace?: string | undefined;
  /**
   * Returns only backups that had ended by this time: RFC 3339 with `Z` or an offset, `2026-11-23T02:00:00Z`.
   *
   * @default now
   */
  before?: string | undefined;
  /**
   * The source of the answer. `cluster`: Velero's objects in the cluster, including backups that run or failed.
   * `store`: the objects in the bucket, through the program's own access (`access`).
   *
   * @default the cluster; for an offline cluster, the store
   */
  from?: "cluster" | "store" | undefined;
}

/** The same arguments as inputs. */
export interface GetBackupsOutputArgs<K extends string = string> {
  /** The location. Its clusters are listed as in {@link GetBackupsArgs}. */
  location: Location<K>;
  /** Key of the cluster in the location's `clusters`. The cluster may be `offline`. */
  cluster: NoInfer<K>;
  /**
   * Name of the Schedule, or of the ClusterBackup that made it. With `nightly.scheduleName`, the look-up waits for that
   * resource.
   *
   * @default backups of every origin
   */
  schedule?: pulumi.Input<string | undefined>;
  /**
   * Name of the WorkspaceBackup. Only its backups are returned.
   *
   * @default backups of every origin
   */
  workspace?: pulumi.Input<string | undefined>;
  /**
   * Returns only backups that had ended by this time: RFC 3339 with `Z` or an offset, `2026-11-23T02:00:00Z`.
   *
   * @default now
   */
  before?: pulumi.Input<string | undefined>;
  /**
   * The source of the answer: see {@link GetBackupsArgs.from}.
   *
   * @default the cluster; for an offline cluster, the store
   */
  from?: pulumi.Input<"cluster" | "store" | undefined>;
}

export interface GetLatestBackupArgs<K extends string = string> extends GetBackupsArgs<K> {
  /**
   * If true, a backup that ended PartiallyFailed is good as well.
   *
   * @default false
   */
  allowPartialFailure?: boolean | undefined;
}

export interface GetLatestBackupOutputArgs<K extends string = string> extends GetBackupsOutputArgs<K> {
  /**
   * If true, a backup that ended PartiallyFailed is good as well.
   *
   * @default false
   */
  allowPartialFailure?: pulumi.Input<boolean | undefined>;
}

/** The location whose users are listed. */
export interface GetLocationUsersArgs {
  /** A BackupLocation, or another stack's by {@link locationFrom}. */
  location: Location;
}

/** The resources that a look-up waits for. */
export interface LookUpOptions {
  /**
   * Resources that have to be created or updated before the look-up.
   *
   * @default the location, and the resources that the arguments come from
   */
  dependsOn?: pulumi.CustomResource | readonly pulumi.CustomResource[];
}

/**
 * Returns the backups of a cluster in a location, newest first, in every phase. It asks at once, also in previews, and
 * writes nothing.
 *
 * It waits for the location. In a preview, it rejects if the location does not exist yet: use {@link getBackupsOutput}
 * there, whose result then stays unknown. It also rejects if cluster or store cannot be asked, or if the cluster has no
 * such location. So an empty list means that there are no backups.
 *
 * Under `pulumi.runtime.setMocks` it is a call of `velero:index:getBackups` with these arguments, and the mock answers
 * `{ backups: [...] }`.
 *
 * @example
 * ```ts
 * const backups = await velero.getBackups({ location, cluster: "east", schedule: "nightly" });
 * ```
 */
export async function getBackups<K extends string>(args: GetBackupsArgs<K>): Promise<BackupSummary[]> {
  return backupsIn(await askNow(questionOf("getBackups", args)));
}

/**
 * {@link getBackups} with inputs, as an output. It waits for the location, for the resources that its arguments come
 * from, and for `dependsOn`. In a preview it stays unknown while any of those does not exist yet. It also stays
 * unknown, with a warning, if cluster or store cannot be asked from there (with the location's `preflight: "strict"`,
 * that is a failure).
 *
 * @example
 * ```ts
 * export const kept = velero
 *   .getBackupsOutput({ location, cluster: "east", schedule: nightly.scheduleName })
 *   .apply((backups) => backups.map(({ name, phase }) => `${name}: ${phase}`));
 * ```
 */
export const getBackupsOutput = <K extends string>(
  args: GetBackupsOutputArgs<K>,
  opts?: LookUpOptions,
): pulumi.Output<BackupSummary[]> =>
  askLater(questionOf("getBackups", args), opts?.dependsOn).apply(backupsIn);

/**
 * Returns the newest good backup: the same one that a Restore of the same schedule, workspace or cluster would take.
 * Returns undefined if there is none, as before a schedule's first run. Otherwise it behaves like {@link getBackups}.
 *
 * Under `pulumi.runtime.setMocks` it is a call of `velero:index:getLatestBackup`, and the mock answers `{ backup:
 * {...} }` or `{}`.
 *
 * @example
 * ```ts
 * const latest = await velero.getLatestBackup({ location, cluster: "east", before: "2026-11-23T02:00:00Z" });
 * if (!latest) throw new Error("nothing to go back to");
 * ```
 */
export async function getLatestBackup<K extends string>(
  args: GetLatestBackupArgs<K>,
): Promise<BackupSummary | undefined> {
  return backupIn(await askNow(questionOf("getLatestBackup", args)));
}

/**
 * {@link getLatestBackup} with inputs, as an output. It stays unknown in the same cases as {@link getBackupsOutput}.
 *
 * @example
 * ```ts
 * export const newest = velero
 *   .getLatestBackupOutput({ location, cluster: "east", schedule: "nightly" }, { dependsOn: nightly })
 *   .apply((backup) => backup?.completionTime ?? "none yet");
 * ```
 */
export const getLatestBackupOutput = <K extends string>(
  args: GetLatestBackupOutputArgs<K>,
  opts?: LookUpOptions,
): pulumi.Output<BackupSummary | undefined> =>
  askLater(questionOf("getLatestBackup", args), opts?.dependsOn).apply(backupIn);

/**
 * Returns the users of a location, for a check before it is changed or destroyed. It lists the ClusterBackups,
 * WorkspaceBackups and Restores of all stacks, by their objects in each cluster, and the clusters that write to the
 * store, by their claims there. If a cluster or store cannot be asked, the others are still listed, and `notAsked`
 * names it.
 *
 * Under `pulumi.runtime.setMocks` it is a call of `velero:index:getLocationUsers`, and the mock answers with such an
 * object.
 *
 * @example
 * ```ts
 * const { users } = await velero.getLocationUsers({ location });
 * const stacks = new Set(users.map(({ project, stack }) => `${project}/${stack}`));
 * ```
 */
export async function getLocationUsers({ location }: GetLocationUsersArgs): Promise<LocationUsers> {
  return usersIn(await askNow(aboutUsers(location)));
}

/** {@link getLocationUsers} as an output. It stays unknown in the same cases as {@link getBackupsOutput}. */
export const getLocationUsersOutput = (
  { location }: GetLocationUsersArgs,
  opts?: LookUpOptions,
): pulumi.Output<LocationUsers> => askLater(aboutUsers(location), opts?.dependsOn).apply(usersIn);

function questionOf<K extends string>(
  lookUp: Question["lookUp"],
  args: GetLatestBackupOutputArgs<K>,
): Question {
  const { location, cluster, ...wanted } = args;
  return { lookUp, location, clusters: [cluster], wanted };
}

const aboutUsers = (location: Location): Question => ({
  lookUp: "getLocationUsers",
  location,
  clusters: Object.keys(location.clusters),
});

// A mock may answer something else, such as its own arguments. That counts as an empty result.
const backupsIn = ({ backups = [] }: Answer): BackupSummary[] => backups;
const backupIn = ({ backup }: Answer): BackupSummary | undefined => backup;
const usersIn = ({ users = [], claims = [], notAsked = [] }: Answer): LocationUsers => ({
  users,
  claims,
  notAsked,
});

type Answer = { backups?: BackupSummary[]; backup?: BackupSummary } & Partial<LocationUsers>;
