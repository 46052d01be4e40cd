import type { Input } from "@pulumi/pulumi";
import type { RetentionArgs, ScheduledArgs } from "./backup-args.ts";
import type { BackupLocationArgs } from "./backup-location.ts";
import type { Location } from "./cluster-location.ts";
import type { MetadataArgs } from "./metadata-args.ts";
import type { RestoreOptionsArgs } from "./restore-options-args.ts";
import type { SelectionArgs } from "./selection-args.ts";

/** The cluster, and the settings that differ from the defaults. */
export type ProtectedClusterArgs<K extends string = string, T extends string = never> = AllTiersArgs & {
  /** The location of the backups: an existing location, or the arguments for a BackupLocation of this component. */
  location: Location<K> | BackupLocationArgs<K>;
  /** Key of the cluster in the location's `clusters`. */
  cluster: NoInfer<K>;
  /**
   * IANA name of the time zone of the default schedules: `Europe/Berlin`.
   *
   * @default the time zone of Velero's server
   */
  timezone?: string;
  /**
   * Settings that differ from the defaults, by tier. `false` leaves a tier out. A new name makes a further tier, which
   * needs a `schedule`. A setting here takes precedence over one for all tiers.
   *
   * | tier | runs | kept (`ttl`) | maximum age of the newest good backup (`maxAge`) |
   * | --- | --- | --- | --- |
   * | `hourly` | on the hour | a day, `24h` | `3h` |
   * | `daily` | at 02:20 | 30 days, `720h` | `26h` |
   * | `weekly` | on Sunday, at 03:40 | 365 days, `8760h` | `170h` |
   *
   * A tier with its own `schedule` has no `maxAge` unless it sets one. The tier that a drill restores also takes a
   * backup as soon as it is created (`runNow`), so that the cluster is protected when the first up has ended.
   *
   * @default the three tiers of the table
   * @example
   * ```ts
   * tiers: { hourly: false, daily: { volumes: "moveData" }, yearly: { schedule: "0 5 1 1 *", ttl: "26280h" } }
   * ```
   */
  tiers?: { readonly [P in T]?: TierOf<P> | false };
  /**
   * Proves that the newest backup can be restored. It runs again with the first up of every month (in UTC), and the
   * preview shows that as a replacement. `true` restores into the protected cluster itself. `{ cluster: "dr" }` names
   * another cluster, which has to read this one. The restored objects have other names, do not run, and are removed:
   * see {@link DrillArgs}.
   *
   * The restored objects meet the controllers of the target cluster. Somebody who knows that cluster has to decide
   * whether that is safe.
   *
   * @default false
   */
  drill?: boolean | ProtectedClusterDrillArgs<NoInfer<K>, NoInfer<T> | DefaultTier>;
};

/** The tiers that exist unless they are left out. */
export type DefaultTier = "hourly" | "daily" | "weekly";

/** The settings for all tiers. */
export type AllTiersArgs = SelectionArgs &
  Omit<RetentionArgs, "ttl"> &
  MetadataArgs &
  Pick<ScheduledArgs, "paused" | "skipImmediately" | "useOwnerReferencesInBackup">;

/** A tier: all arguments of a scheduled ClusterBackup. */
export type TierArgs = SelectionArgs &
  RetentionArgs &
  MetadataArgs &
  Partial<ScheduledArgs> & {
    /**
     * Name of an existing Schedule: see {@link ClusterBackupArgs}.
     *
     * @default a new Schedule is created
     */
    adopt?: Input<string>;
  };

/** A tier beside the default ones. It has to have a schedule. */
export type FurtherTierArgs = TierArgs & {
  /** The schedule of the tier: see {@link ScheduledArgs.schedule}. */
  schedule: Input<string>;
};

/** The settings of a tier. A default tier has a schedule of its own. */
export type TierOf<T extends string> = T extends DefaultTier ? TierArgs : FurtherTierArgs;

/**
 * The drill: all arguments of a Restore, with other defaults.
 *
 * - `namespaceMapping`: `{ "*": "*-drill" }`.
 * - `excludedNamespaces`, if no namespaces are given: Kubernetes' own (`kube-system` and its like).
 * - `triggers`: the month. With `[]`, the drill runs once, and never again without a change.
 */
export type ProtectedClusterDrillArgs<
  K extends string = string,
  T extends string = string,
> = RestoreOptionsArgs & {
  /**
   * Key of the cluster that is restored into. It has to read the protected one (`reads`).
   *
   * @default the protected cluster itself
   */
  cluster?: K;
  /**
   * The tier whose newest backup is restored.
   *
   * @default `daily`, or the first tier if there is no `daily`
   */
  tier?: T;
};
