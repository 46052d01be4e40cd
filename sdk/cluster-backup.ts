import type * as pulumi from "@pulumi/pulumi";
import type { BackupArgs } from "./backup-args.ts";
import type { BackupHealth } from "./backup-health.ts";
import { clusterAccess, ownershipOn, referenceTo } from "./cluster-access.ts";
import type { Location } from "./cluster-location.ts";
import type { ClusterBackupPhase } from "./phases.ts";
import { VeleroResource } from "./velero-resource.ts";

/** The location, the cluster, and all arguments of {@link BackupArgs}. */
export type ClusterBackupArgs<K extends string = string> = BackupArgs & {
  /** The location of the backup: a BackupLocation, or another stack's by {@link locationFrom}. */
  location: Location<K>;
  /** Key of the cluster in the location's `clusters`. */
  cluster: NoInfer<K>;
  /**
   * Name of an existing Schedule, or without `schedule` of an existing Backup. The create adopts it instead of creating
   * one. A Schedule is then changed to what is declared here, and keeps what no property declares. The preview shows
   * both. A Backup has to be complete, and has to have captured what is declared. The object must be in this location
   * and must not belong to another resource. After the adoption the property has no effect, and may be removed.
   *
   * @default a new object is created
   * @example
   * ```ts
   * new velero.ClusterBackup("nightly", { location, cluster: "east", schedule: "0 2 * * *", adopt: "nightly" });
   * ```
   */
  adopt?: pulumi.Input<string>;
};

/**
 * Velero backups of one cluster: on a schedule, or a single one that is taken now.
 *
 * A single backup is replaced when anything that it captures changes. It is never taken again without a change, not
 * even when its TTL is over. A schedule is updated in place.
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

  /** For a single backup, Velero's phase or `Expired`. For a schedule, `Enabled`, or undefined while it is paused. */
  declare readonly phase: pulumi.Output<ClusterBackupPhase | undefined>;
  /** Name of the last Backup that an up took. */
  declare readonly backupName: pulumi.Output<string | undefined>;
  /** Name of the Schedule. */
  declare readonly scheduleName: pulumi.Output<string | undefined>;
  /** The time when the backup began: `2026-11-23T02:00:00Z`. */
  declare readonly startTime: pulumi.Output<string | undefined>;
  /** The time when the backup ended: `2026-11-23T02:00:00Z`. */
  declare readonly completionTime: pulumi.Output<string | undefined>;
  /** Time when Velero deletes the backup. */
  declare readonly expiration: pulumi.Output<string | undefined>;
  /** Number of objects that the backup holds. */
  declare readonly itemsBackedUp: pulumi.Output<number | undefined>;
  /** Number of warnings in Velero's log of the backup. */
  declare readonly warnings: pulumi.Output<number | undefined>;
  /** Number of errors in Velero's log of the backup. */
  declare readonly errors: pulumi.Output<number | undefined>;
  /**
   * Number of claims whose data the last backup of an up holds, as snapshots or copies. Undefined if that could not be
   * read.
   */
  declare readonly volumesBackedUp: pulumi.Output<number | undefined>;
  /** The namespaces that the declared entries matched in the last up. Undefined if all namespaces are backed up. */
  declare readonly resolvedNamespaces: pulumi.Output<string[] | undefined>;
  /**
   * For a schedule: a description in words of when it runs, how long a backup is kept, and how many backups that makes.
   * Previews know it. So it says "in the time zone of Velero's server" if the schedule names no time zone.
   */
  declare readonly cadence: pulumi.Output<string | undefined>;
  /** For a schedule: the completion time of its newest good backup, from the last refresh. */
  declare readonly lastSuccessfulBackup: pulumi.Output<string | undefined>;
  /**
   * For a schedule: the time of its next run, from the last up or refresh. Undefined if servers of different versions
   * run at different times, as in a night with an hour that the clock skips. It is also undefined if the schedule names
   * no time zone and that of Velero's server is not known: its Deployment may not be read, and no scheduled backup
   * shows it yet.
   */
  declare readonly nextRun: pulumi.Output<string | undefined>;
  /** The expected health, or the health that the last refresh found. Another value than the expected one is drift. */
  declare readonly health: pulumi.Output<BackupHealth>;
  /** The reason why the health is not as expected, and the remedy. */
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
