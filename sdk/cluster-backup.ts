import type * as pulumi from "@pulumi/pulumi";
import type { BackupArgs } from "./backup-args.ts";
import { clusterAccess, ownershipOn, referenceTo } from "./cluster-access.ts";
import type { Location } from "./cluster-location.ts";
import { type Outputs, VeleroResource } from "./velero-resource.ts";
import { clusterBackupResults, type ClusterBackupResults } from "../model/backup-results.ts";

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

  /** @internal */
  declare readonly formerOwners: pulumi.Output<pulumi.Inputs[] | undefined>;
  /** @internal */
  readonly source: { location: Location<K>; cluster: K; scheduled: boolean };

  constructor(name: string, args: ClusterBackupArgs<K>, opts?: pulumi.CustomResourceOptions) {
    const { location, cluster, ...declared } = args;
    const place = clusterAccess(location, cluster);
    const { connection, storage, credentials, access, preflight, onUnhealthy } = place;
    super(
      "ClusterBackup",
      name,
      {
        ...clusterBackupResults,
        formerOwners: undefined,
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

// The parameters of the class have to be repeated.
// oxlint-disable-next-line no-unused-vars
export interface ClusterBackup<K extends string = string> extends Outputs<ClusterBackupResults> {}
