import type * as pulumi from "@pulumi/pulumi";
import { askLater, askNow, type Question } from "./ask-provider.ts";
import type { Location } from "./cluster-location.ts";
import type { LocationUsers } from "./location-users.ts";
import type { BackupPhase } from "./phases.ts";

/** A backup of a cluster, as Velero has it. */
export interface BackupSummary {
  /** Of the Backup object, and of its folder in the store: what a Restore takes as `backupName`. */
  name: string;
  /** Key of the cluster that was backed up. */
  cluster: string;
  /** Velero's: `Completed`, `PartiallyFailed`, `Failed`, `InProgress` and so on. */
  phase: BackupPhase;
  /** The time when it began: `2026-11-23T02:00:00Z`. */
  startTime?: string;
  /** The time when it ended: `2026-11-23T02:10:00Z`. */
  completionTime?: string;
  /** The time when Velero deletes it: `2026-12-23T02:00:00Z`. */
  expiration?: string;
  /** Number of objects that it holds. */
  itemsBackedUp?: number;
  /** Number of warnings in Velero's log of it. */
  warnings: number;
  /** Number of errors in Velero's log of it. */
  errors: number;
  /** URN of the ClusterBackup or WorkspaceBackup that made it; absent where it was made by hand. */
  owner?: string;
  /** Name of the Schedule that made it. */
  schedule?: string;
}

/** Which backups of a cluster are looked for; all of them, where nothing more is said. */
export interface GetBackupsArgs<K extends string = string> {
  /** A BackupLocation, or another stack's by {@link locationFrom}. */
  location: Location<K>;
  /** Key of the cluster among the location's; it may be `offline`. */
  cluster: NoInfer<K>;
  /**
   * Of a schedule: the Schedule's name, or that of the ClusterBackup that made it.
   *
   * @default backups of every origin
   */
  schedule?: string | undefined;
  /**
   * Of a workspace: the name of the WorkspaceBackup.
   *
   * @default backups of every origin
   */
  workspace?: string | undefined;
  /**
   * Only what had ended by then: RFC 3339 with `Z` or an offset, `2026-11-23T02:00:00Z`.
   *
   * @default now
   */
  before?: string | undefined;
  /**
   * Who is asked. `cluster`: Velero's objects there, with those that run or failed, too. `store`: what lies in the
   * bucket, by the program's own way (`access`).
   *
   * @default the cluster; of one that is offline, the store
   */
  from?: "cluster" | "store" | undefined;
}

/** The same as inputs. */
export interface GetBackupsOutputArgs<K extends string = string> {
  /** As of {@link GetBackupsArgs}, all of them. */
  location: Location<K>;
  /** Key of the cluster among the location's; it may be `offline`. */
  cluster: NoInfer<K>;
  /**
   * `nightly.scheduleName` makes the look-up wait for that resource.
   *
   * @default backups of every origin
   */
  schedule?: pulumi.Input<string | undefined>;
  /**
   * Of a workspace: the name of the WorkspaceBackup.
   *
   * @default backups of every origin
   */
  workspace?: pulumi.Input<string | undefined>;
  /**
   * Only what had ended by then: RFC 3339 with `Z` or an offset, `2026-11-23T02:00:00Z`.
   *
   * @default now
   */
  before?: pulumi.Input<string | undefined>;
  /**
   * Who is asked: see {@link GetBackupsArgs.from}.
   *
   * @default the cluster; of one that is offline, the store
   */
  from?: pulumi.Input<"cluster" | "store" | undefined>;
}

export interface GetLatestBackupArgs<K extends string = string> extends GetBackupsArgs<K> {
  /**
   * One that ended PartiallyFailed is good enough.
   *
   * @default false
   */
  allowPartialFailure?: boolean | undefined;
}

export interface GetLatestBackupOutputArgs<K extends string = string> extends GetBackupsOutputArgs<K> {
  /**
   * One that ended PartiallyFailed is good enough.
   *
   * @default false
   */
  allowPartialFailure?: pulumi.Input<boolean | undefined>;
}

/** Whose users are wanted. */
export interface GetLocationUsersArgs {
  /** A BackupLocation, or another stack's by {@link locationFrom}. */
  location: Location;
}

/** What a look-up waits for. */
export interface LookUpOptions {
  /**
   * Resources that have to be there, and as they are declared, before anybody is asked.
   *
   * @default nothing but the location and what the arguments come from
   */
  dependsOn?: pulumi.CustomResource | readonly pulumi.CustomResource[];
}

/**
 * The backups of a cluster in a location, newest first, however they ended. It asks at once, in previews, too, and
 * writes nothing.
 *
 * It waits for the location, and rejects where that is still to be made, in a preview that is: there
 * {@link getBackupsOutput} is of use, whose result then stays unknown. It rejects as well where cluster or store cannot
 * be asked, or the cluster has no such location: an empty list means that there are none.
 *
 * Under `pulumi.runtime.setMocks` it is a call of `velero:index:getBackups`, with these arguments, and the mock answers
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
 * {@link getBackups} with inputs, as an output. It waits for the location, for what its arguments come from, and for
 * `dependsOn`. In a preview it stays unknown while any of those is still to be made; and, with a warning, where cluster
 * or store cannot be asked from there (with the location's `preflight: "strict"` that is a failure).
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
 * The newest good backup: the very one that a Restore of the same schedule, workspace or cluster would take. Undefined
 * where there is none, as before a schedule's first run; else as {@link getBackups}.
 *
 * Under `pulumi.runtime.setMocks` it is a call of `velero:index:getLatestBackup`, and the mock answers `{ backup: {...} }`
 * or `{}`.
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
 * {@link getLatestBackup} with inputs, as an output; unknown as {@link getBackupsOutput} is.
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
 * Who uses a location, to look before it is changed or destroyed: which ClusterBackups, WorkspaceBackups and Restores
 * of which stacks, by what they have in each cluster, and whose clusters write to the store, by their claims there.
 * A cluster or store that cannot be asked hides nobody else, and is named in `notAsked`.
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

/** {@link getLocationUsers} as an output; unknown as {@link getBackupsOutput} is. */
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

// A mock that answers something else, such as what it was asked with, has found nothing.
const backupsIn = ({ backups = [] }: Answer): BackupSummary[] => backups;
const backupIn = ({ backup }: Answer): BackupSummary | undefined => backup;
const usersIn = ({ users = [], claims = [], notAsked = [] }: Answer): LocationUsers => ({
  users,
  claims,
  notAsked,
});

type Answer = { backups?: BackupSummary[]; backup?: BackupSummary } & Partial<LocationUsers>;
