import type * as pulumi from "@pulumi/pulumi";
import { clusterAccess, type Location } from "./cluster-location.ts";
import type { TimeoutsArgs } from "./timeouts-args.ts";
import { VeleroResource } from "./velero-resource.ts";

export interface ClusterBackupArgs<K extends string = string> {
  /** Where the backup goes: a BackupLocation, or another stack's by {@link locationFrom}. */
  location: Location<K>;
  /** Key of the cluster among the location's. */
  cluster: NoInfer<K>;
  /**
   * Makes it a schedule: five cron fields, `@daily` and its like, or `@every 12h`; `CRON_TZ=Europe/Berlin` in front
   * sets the time zone (Velero 1.15). Default: none, and one backup is taken now and waited for.
   */
  schedule?: pulumi.Input<string>;
  /** The schedule takes no backups while it is true. Default: false. */
  paused?: pulumi.Input<boolean>;
  /** A schedule that is overdue when it is made or unpaused waits for its next time. Default: Velero's. */
  skipImmediately?: pulumi.Input<boolean>;
  /** With a schedule: takes one backup at once when it is made, and waits for it. Default: false. */
  runNow?: pulumi.Input<boolean>;
  /** A change of any of these values takes another backup now. */
  triggers?: pulumi.Input<pulumi.Input<string | number | boolean>[]>;
  /** Namespaces to back up: names, or Velero's globs. A name that does not exist is an error. Default: all. */
  includedNamespaces?: pulumi.Input<pulumi.Input<string>[]>;
  /** Cluster-scoped resources: all of them, none, or (unset) those that belong to what is captured. */
  includeClusterResources?: pulumi.Input<boolean>;
  /** How long a backup is kept, as a Go duration: `720h`. Default: Velero's, 720h. */
  ttl?: pulumi.Input<string>;
  /**
   * Data of persistent volumes: `snapshot` them, or take `none`. Default: what Velero's server is set to. Unless it is
   * `none`, a volume of which a Completed backup holds no data is a failure.
   */
  volumes?: pulumi.Input<"snapshot" | "none">;
  /** What becomes of stored backups when this resource goes. A retained one still expires by its TTL. Default: `retain`. */
  deletionPolicy?: pulumi.Input<"retain" | "delete">;
  /** A backup that ended PartiallyFailed is good enough. Default: false. */
  allowPartialFailure?: pulumi.Input<boolean>;
  timeouts?: TimeoutsArgs;
}

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
  declare readonly phase: pulumi.Output<string | undefined>;
  /** Name of the Backup that was last taken by an up. */
  declare readonly backupName: pulumi.Output<string | undefined>;
  /** Name of the Schedule. */
  declare readonly scheduleName: pulumi.Output<string | undefined>;
  declare readonly startTime: pulumi.Output<string | undefined>;
  declare readonly completionTime: pulumi.Output<string | undefined>;
  /** When Velero deletes the backup. */
  declare readonly expiration: pulumi.Output<string | undefined>;
  declare readonly itemsBackedUp: pulumi.Output<number | undefined>;
  declare readonly warnings: pulumi.Output<number | undefined>;
  declare readonly errors: pulumi.Output<number | undefined>;
  /** Of a schedule: when its newest good backup was completed, as of the last refresh. */
  declare readonly lastSuccessfulBackup: pulumi.Output<string | undefined>;
  /** Of a schedule: when it runs next, as of the last up or refresh. */
  declare readonly nextRun: pulumi.Output<string | undefined>;
  /** `Healthy`, `Paused`, `Offline`, or `Unhealthy` where the location's `onUnhealthy` let it be skipped; after a refresh what was found, which then is drift. */
  declare readonly health: pulumi.Output<string>;
  declare readonly message: pulumi.Output<string | undefined>;

  constructor(name: string, args: ClusterBackupArgs<K>, opts?: pulumi.CustomResourceOptions) {
    const { location, cluster, ...declared } = args;
    const { owner, locationName, namespace, storePrefix, offline, ...ways } = clusterAccess(
      location,
      cluster,
    );
    const { connection, storage, credentials, access, preflight, onUnhealthy } = ways;
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
        location: { owner, locationName, namespace, storePrefix, offline },
        connection,
        storage,
        credentials,
        access,
        preflight,
        onUnhealthy,
      },
      opts,
    );
  }
}
