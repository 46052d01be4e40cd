import * as pulumi from "@pulumi/pulumi";
import type { BackupArgs } from "./backup-args.ts";
import type { BackupHealth } from "./backup-health.ts";
import { type ClusterAccess, clusterAccess, ownershipOn, referenceTo } from "./cluster-access.ts";
import type { Location } from "./cluster-location.ts";
import type { ClusterBackupPhase, WorkspaceBackupPhase } from "./phases.ts";
import { VeleroResource } from "./velero-resource.ts";

/** The location, the clusters, and all arguments of {@link BackupArgs}. */
export type WorkspaceBackupArgs<K extends string = string> = BackupArgs & {
  /** The location of the backups: a BackupLocation, or another stack's by {@link locationFrom}. */
  location: Location<K>;
  /**
   * Keys of clusters in the location's `clusters`, or `"all"` of them that are neither offline nor declared read-only,
   * including those that are added later. If a cluster is removed from a list, `deletionPolicy` applies to its backups.
   * If a cluster leaves `"all"`, because it went offline or was removed from the location, its stored data stays.
   *
   * A cluster backs up those of the declared namespaces that it has. With `"all"`, a cluster without any of them is
   * skipped. In a list, that is a failure. A name that no cluster has is always a failure.
   */
  clusters: "all" | readonly NoInfer<K>[];
  /**
   * Number of clusters that are processed in parallel.
   *
   * @default all of them
   */
  parallel?: pulumi.Input<number>;
  /**
   * With `schedule`: spreads the clusters' runs over that time, a Go duration such as `1h`. Each cluster's schedule
   * moves later by a fixed part of it, which depends only on the cluster key.
   *
   * @default all run at the same time
   */
  spread?: pulumi.Input<string>;
};

/** A WorkspaceBackup's part in one cluster. */
export interface WorkspaceBackupPart {
  /**
   * For a single backup, Velero's phase or `Expired`. For a schedule, `Enabled`. `Skipped` if the cluster has none of
   * the namespaces.
   */
  phase?: ClusterBackupPhase | "Skipped";
  /** Name of the last Backup that an up took. */
  backupName?: string;
  /** Name of the Schedule. */
  scheduleName?: string;
  /** Time when that backup began: `2026-11-23T02:00:00Z`. */
  startTime?: string;
  /** Time when that backup ended: `2026-11-23T02:10:00Z`. */
  completionTime?: string;
  /** Time when Velero deletes that backup. */
  expiration?: string;
  /** Number of objects that the backup holds. */
  itemsBackedUp?: number;
  /** Number of warnings in Velero's log of the backup. */
  warnings?: number;
  /** Number of errors in Velero's log of the backup. */
  errors?: number;
  /** Number of claims whose data the backup holds. Absent if that could not be read. */
  volumesBackedUp?: number;
  /** The namespaces that the declared entries matched in the last up. Absent if all namespaces are backed up. */
  resolvedNamespaces?: string[];
  /** For a schedule: the completion time of its newest good backup, from the last refresh. */
  lastSuccessfulBackup?: string;
  /** For a schedule: the time of its next run, from the last up or refresh. Absent if it is not known. */
  nextRun?: string;
  /** The expected health, or the health that the last refresh found. */
  health: BackupHealth;
  /** The reason why the health is not as expected, and the remedy. */
  message?: string;
}

/**
 * One logical backup of many clusters, on a schedule or taken now: of the given namespaces, or of everything.
 *
 * The clusters are processed in parallel. A failure in one neither hides nor undoes the others: the `up` fails and
 * names the cluster, `byCluster` has the results, and the next `up` touches only clusters that failed or changed. If
 * the set of clusters changes, only added and removed ones are touched.
 *
 * `phase` is derived from the clusters' phases by this rule. Skipped clusters do not count.
 * - taken now: `Completed` if all are (or were, before they expired), `Expired` if all are; `PartiallyFailed` if some
 *   are, or ended PartiallyFailed; `Failed` if none is;
 * - scheduled: `Enabled` (or `Paused`) if all schedules are in place, `PartiallyFailed` if some are, `Failed` if none
 *   is.
 *
 * @example
 * ```ts
 * new velero.WorkspaceBackup("payments", {
 *   location,
 *   clusters: "all",
 *   includedNamespaces: ["payments-*"],
 *   schedule: velero.schedules.weekly(),
 *   spread: "1h",
 * });
 * ```
 */
export class WorkspaceBackup<K extends string = string> extends VeleroResource {
  /** @internal */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/velero:WorkspaceBackup";

  /** `Completed`, `PartiallyFailed`, `Failed`, `Expired`, `Enabled` or `Paused`, by the rule above. */
  declare readonly phase: pulumi.Output<WorkspaceBackupPhase>;
  /** The result in each cluster, by its key. */
  declare readonly byCluster: pulumi.Output<Record<string, WorkspaceBackupPart>>;
  /** Number of objects in the backups of all clusters. */
  declare readonly itemsBackedUp: pulumi.Output<number | undefined>;
  /** Number of warnings of the backups of all clusters. */
  declare readonly warnings: pulumi.Output<number | undefined>;
  /** Number of errors of the backups of all clusters. */
  declare readonly errors: pulumi.Output<number | undefined>;
  /** For a schedule: the oldest of the clusters' newest good backups, as a completion time, from the last refresh. */
  declare readonly lastSuccessfulBackup: pulumi.Output<string | undefined>;
  /**
   * For a schedule: the time of the first cluster's next run, from the last up or refresh. Undefined if it is not known
   * for one of them, for the reasons at {@link ClusterBackup.nextRun}.
   */
  declare readonly nextRun: pulumi.Output<string | undefined>;
  /**
   * For a schedule: a description in words of when it runs, how long a backup is kept, and how many backups that makes.
   * Previews know it. So it says "in the time zone of Velero's server" if the schedule names no time zone.
   */
  declare readonly cadence: pulumi.Output<string | undefined>;
  /**
   * The expected health, or the worst health that the last refresh found in the clusters. Another value than the
   * expected one is drift.
   */
  declare readonly health: pulumi.Output<BackupHealth>;
  /** The clusters whose health is not as expected, with the reasons and the remedies. */
  declare readonly message: pulumi.Output<string | undefined>;

  /** @internal */
  declare readonly formerOwners: pulumi.Output<pulumi.Inputs[] | undefined>;
  /** @internal */
  readonly source: { location: Location<K>; clusters: K[]; scheduled: boolean };

  constructor(name: string, args: WorkspaceBackupArgs<K>, opts?: pulumi.CustomResourceOptions) {
    const { location, clusters, ...declared } = args;
    const keys = clusters === "all" ? (Object.keys(location.clusters) as K[]) : clusters;
    const ways = keys.map((key) => [key, clusterAccess(location, key)] as const);
    const [, common] = ways[0] ?? [];
    const outputs = [
      "phase",
      "byCluster",
      "itemsBackedUp",
      "warnings",
      "errors",
      "formerOwners",
      "lastSuccessfulBackup",
      "nextRun",
      "cadence",
      "health",
      "message",
    ];
    super(
      "WorkspaceBackup",
      name,
      {
        ...Object.fromEntries(outputs.map((output) => [output, undefined])),
        ...declared,
        clusters,
        reach: Object.fromEntries(ways.map(([key, access]) => [key, reachOf(access)])),
        storage: common?.storage,
        access: common?.access,
        preflight: common?.preflight,
        onUnhealthy: common?.onUnhealthy,
        ...(common && ownershipOn(common)),
      },
      // The output keeps the connection of a cluster that is no longer declared, until that cluster is removed.
      pulumi.mergeOptions({ additionalSecretOutputs: ["reach"] }, opts),
    );
    const members = ways.filter(([, { connection }]) => clusters !== "all" || connection["offline"] !== true);
    this.source = {
      location,
      clusters: members.map(([key]) => key),
      scheduled: args.schedule !== undefined,
    };
  }
}

const reachOf = (access: ClusterAccess): pulumi.Inputs => {
  const { readOnly, connection, credentials } = access;
  return {
    location: referenceTo(access),
    connection,
    credentials,
    readOnly,
  };
};
