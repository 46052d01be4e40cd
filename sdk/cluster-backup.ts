import type * as pulumi from "@pulumi/pulumi";
import type { BackupArgs } from "./backup-args.ts";
import type { BackupHealth } from "./backup-health.ts";
import { clusterAccess, ownershipOn, referenceTo } from "./cluster-access.ts";
import type { Location } from "./cluster-location.ts";
import type { ClusterBackupPhase } from "./phases.ts";
import { VeleroResource } from "./velero-resource.ts";

/** Where to, of which cluster, and everything that {@link BackupArgs} says of a backup. */
export type ClusterBackupArgs<K extends string = string> = BackupArgs & {
  /** Where the backup goes: a BackupLocation, or another stack's by {@link locationFrom}. */
  location: Location<K>;
  /** Key of the cluster among the location's. */
  cluster: NoInfer<K>;
  /**
   * Name of a Schedule, or without `schedule` of a Backup, that is there already: this resource takes it over when it
   * is created, instead of making one. A Schedule then becomes as it is declared here, and keeps what no property says;
   * the preview tells both. A Backup has to be complete, and what is declared has to be what it has captured. It must lie in this location and belong to no other resource.
   * Once it is taken over the property means nothing any more, and may be dropped.
   *
   * @default a new object is made
   * @example
   * ```ts
   * new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "0 2 * * *", adopt: "nightly" });
   * ```
   */
  adopt?: pulumi.Input<string>;
};

/**
 * Backups of one cluster by Velero: on a schedule, or a single one that is taken now.
 *
 * A single backup is replaced when anything changes that it captures, and never taken again by itself: not when its
 * TTL is over, either. A schedule is updated in place.
 *
 * @example
 * ```ts
 * new velero.ClusterBackup("nightly", {
 *   location,
 *   cluster: "east",
 *   schedule: "CRON_TZ=Europe/Berlin 0 2 * * *",
 *   includedNamespaces: ["shop", "billing"],
 *   ttl: "720h",
 * });
 * ```
 */
export class ClusterBackup<K extends string = string> extends VeleroResource {
  /** @internal */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/velero:ClusterBackup";

  /** Of the backup, Velero's phase or `Expired`; of a schedule, `Enabled`, or nothing while it is paused. */
  declare readonly phase: pulumi.Output<ClusterBackupPhase | undefined>;
  /** Name of the Backup that was last taken by an up. */
  declare readonly backupName: pulumi.Output<string | undefined>;
  /** Name of the Schedule. */
  declare readonly scheduleName: pulumi.Output<string | undefined>;
  /** The time when the backup began: `2026-11-23T02:00:00Z`. */
  declare readonly startTime: pulumi.Output<string | undefined>;
  /** The time when the backup ended: `2026-11-23T02:00:00Z`. */
  declare readonly completionTime: pulumi.Output<string | undefined>;
  /** When Velero deletes the backup. */
  declare readonly expiration: pulumi.Output<string | undefined>;
  /** Number of objects that the backup holds. */
  declare readonly itemsBackedUp: pulumi.Output<number | undefined>;
  /** Number of warnings in Velero's log of the backup. */
  declare readonly warnings: pulumi.Output<number | undefined>;
  /** Number of errors in Velero's log of the backup. */
  declare readonly errors: pulumi.Output<number | undefined>;
  /** The number of claims whose data the last backup of an up holds, as snapshots or copies. Undefined where nobody could look. */
  declare readonly volumesBackedUp: pulumi.Output<number | undefined>;
  /** The namespaces that what is declared comes to, as of the last up; nothing where it is all of them. */
  declare readonly resolvedNamespaces: pulumi.Output<string[] | undefined>;
  /**
   * Of a schedule, in words: when it runs, how long a backup is kept and how many that makes. Known in previews, and so it
   * says "in the time zone of Velero's server" where the schedule names none.
   */
  declare readonly cadence: pulumi.Output<string | undefined>;
  /** Of a schedule: when its newest good backup was completed, as of the last refresh. */
  declare readonly lastSuccessfulBackup: pulumi.Output<string | undefined>;
  /**
   * Of a schedule: when it runs next, as of the last up or refresh. Undefined where servers of different versions run at
   * different times, as in a night whose hour the clock leaves out. Undefined, too, where the schedule names no time zone
   * and that of Velero's server is not known: its Deployment may not be read, and no scheduled backup shows it yet.
   */
  declare readonly nextRun: pulumi.Output<string | undefined>;
  /** As expected, or as the last refresh found it, which then is drift. */
  declare readonly health: pulumi.Output<BackupHealth>;
  /** Why it is not as expected, and what to do about it. */
  declare readonly message: pulumi.Output<string | undefined>;

  /** @internal */
  declare readonly formerOwners: pulumi.Output<pulumi.Inputs[] | undefined>;
  /** @internal */
  readonly source: { location: Location<K>; cluster: K; scheduled: boolean };

  constructor(name: string, args: ClusterBackupArgs<K>, opts?: pulumi.CustomResourceOptions) {
    const { location, cluster, ...declared } = args;
    const place = clusterAccess(location, cluster);
    const { connection, storage, credentials, access, preflight, onUnhealthy } = place;
    const outputs = [
      "phase",
      "backupName",
      "scheduleName",
      "startTime",
      "completionTime",
      "expiration",
      "itemsBackedUp",
      "warnings",
      "errors",
      "formerOwners",
      "volumesBackedUp",
      "resolvedNamespaces",
      "cadence",
      "lastSuccessfulBackup",
      "nextRun",
      "health",
      "message",
    ];
    super(
      "ClusterBackup",
      name,
      {
        ...Object.fromEntries(outputs.map((output) => [output, undefined])),
        ...declared,
        cluster,
        location: referenceTo(place),
        ...ownershipOn(place),
        connection,
        storage,
        credentials,
        access,
        preflight,
        onUnhealthy,
      },
      opts,
    );
    this.source = { location, cluster, scheduled: args.schedule !== undefined };
  }
}
