import type { Input } from "@pulumi/pulumi";
import type { RetentionArgs, ScheduledArgs } from "./backup-args.ts";
import type { BackupLocationArgs } from "./backup-location.ts";
import type { Location } from "./cluster-location.ts";
import type { MetadataArgs } from "./metadata-args.ts";
import type { RestoreOptionsArgs } from "./restore-options-args.ts";
import type { SelectionArgs } from "./selection-args.ts";

/** The cluster, and how it is protected where the defaults are not what is wanted. */
export type ProtectedClusterArgs<K extends string = string, T extends string = never> = AllTiersArgs & {
  /** Where the backups go: a location that there is, or what a BackupLocation of this component's own is made of. */
  location: Location<K> | BackupLocationArgs<K>;
  /** Key of the cluster among the location's. */
  cluster: NoInfer<K>;
  /**
   * IANA name of the time zone of the default schedules: `Europe/Berlin`.
   *
   * @default Velero's server's
   */
  timezone?: string;
  /**
   * What differs from the defaults, tier by tier; `false` leaves a tier out, and a further name makes another one, which
   * has to say its `schedule`. What is given here goes before what is said for all tiers.
   *
   * | tier | runs | kept (`ttl`) | newest good one at most (`maxAge`) |
   * | --- | --- | --- | --- |
   * | `hourly` | on the hour | a day, `24h` | `3h` old |
   * | `daily` | at 02:20 | 30 days, `720h` | `26h` |
   * | `weekly` | on Sunday, at 03:40 | 365 days, `8760h` | `170h` |
   *
   * A tier with a `schedule` of its own has no `maxAge` unless it says one. One tier, the one that a drill restores, also
   * takes a backup as soon as it is made (`runNow`), so that the cluster is protected when the first up has ended.
   *
   * @default the three tiers of the table
   * @example
   * ```ts
   * tiers: { hourly: false, daily: { volumes: "moveData" }, yearly: { schedule: "0 5 1 1 *", ttl: "26280h" } }
   * ```
   */
  tiers?: { readonly [P in T]?: TierOf<P> | false };
  /**
   * Proof that the newest backup can be restored; again with the first up of every month (in UTC), which its preview
   * shows as a replacement. With `true` into the protected cluster itself; `{ cluster: "dr" }` says another one, which
   * has to read this one. What it restores is under other names, runs nothing and is removed: see {@link DrillArgs}.
   *
   * What is restored meets the controllers of the cluster into which it goes, and how it gets on with
   * them is for someone to judge who knows that cluster.
   *
   * @default false
   */
  drill?: boolean | ProtectedClusterDrillArgs<NoInfer<K>, NoInfer<T> | DefaultTier>;
};

/** Which tiers there are unless they are left out. */
export type DefaultTier = "hourly" | "daily" | "weekly";

/** What is said for all tiers. */
export type AllTiersArgs = SelectionArgs &
  Omit<RetentionArgs, "ttl"> &
  MetadataArgs &
  Pick<ScheduledArgs, "paused" | "skipImmediately" | "useOwnerReferencesInBackup">;

/** A tier: all that a scheduled ClusterBackup takes. */
export type TierArgs = SelectionArgs &
  RetentionArgs &
  MetadataArgs &
  Partial<ScheduledArgs> & {
    /**
     * Name of a Schedule that is there already: see {@link ClusterBackupArgs}.
     *
     * @default a new Schedule is made
     */
    adopt?: Input<string>;
  };

/** A tier beside the default ones: when it runs has to be said. */
export type FurtherTierArgs = TierArgs & {
  /** When the tier runs: see {@link ScheduledArgs.schedule}. */
  schedule: Input<string>;
};

/** What may be said of a tier: a default one knows by itself when it runs. */
export type TierOf<T extends string> = T extends DefaultTier ? TierArgs : FurtherTierArgs;

/**
 * The drill: all that a Restore takes, with other defaults.
 *
 * - `namespaceMapping`: `{ "*": "*-drill" }`.
 * - `excludedNamespaces`, where no namespaces are said: Kubernetes' own (`kube-system` and its like).
 * - `triggers`: the month. `[]` has it done once, and never again by itself.
 */
export type ProtectedClusterDrillArgs<
  K extends string = string,
  T extends string = string,
> = RestoreOptionsArgs & {
  /**
   * Key of the cluster into which it restores, which has to read the protected one (`reads`).
   *
   * @default that one itself
   */
  cluster?: K;
  /**
   * Of which tier the newest backup is taken.
   *
   * @default `daily`, or the first where there is none
   */
  tier?: T;
};
