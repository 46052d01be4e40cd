import * as pulumi from "@pulumi/pulumi";
import type { BackupArgs } from "./backup-args.ts";
import type { BackupHealth } from "./backup-health.ts";
import { type ClusterAccess, clusterAccess, ownershipOn, referenceTo } from "./cluster-access.ts";
import type { Location } from "./cluster-location.ts";
import type { ClusterBackupPhase, WorkspaceBackupPhase } from "./phases.ts";
import { VeleroResource } from "./velero-resource.ts";

/** Where to, of which clusters, and everything that {@link BackupArgs} says of a backup. */
export type WorkspaceBackupArgs<K extends string = string> = BackupArgs & {
  /** Where the backups go: a BackupLocation, or another stack's by {@link locationFrom}. */
  location: Location<K>;
  /**
   * Keys of clusters among the location's, or `"all"` of them that are neither offline nor declared read-only, those
   * that come later included. A cluster that is taken out of a list goes by `deletionPolicy`; one that leaves `"all"`,
   * because it went offline or is not the location's any more, is let go of: what is stored of it stays.
   *
   * Of the declared namespaces a cluster backs up those that it has. With `"all"`, one that has none of them is left
   * out; in a list that is a failure. A name that no cluster has always is.
   */
  clusters: "all" | readonly NoInfer<K>[];
  /**
   * How many clusters are worked on at a time.
   *
   * @default all of them
   */
  parallel?: pulumi.Input<number>;
  /**
   * With `schedule`: spreads the clusters' runs over that time, a Go duration such as `1h`. Each cluster's schedule is
   * moved later by a fixed part of it, which hangs on its key alone.
   *
   * @default all run at the same time
   */
  spread?: pulumi.Input<string>;
};

/** What a WorkspaceBackup has in one cluster. */
export interface WorkspaceBackupPart {
  /** Of the backup, Velero's phase or `Expired`; of a schedule, `Enabled`; `Skipped` where the cluster has none of the namespaces. */
  phase?: ClusterBackupPhase | "Skipped";
  /** Name of the Backup that was last taken by an up. */
  backupName?: string;
  /** Name of the Schedule. */
  scheduleName?: string;
  /** The time when that backup began: `2026-11-23T02:00:00Z`. */
  startTime?: string;
  /** The time when that backup ended: `2026-11-23T02:10:00Z`. */
  completionTime?: string;
  /** The time when Velero deletes that backup. */
  expiration?: string;
  /** Number of objects that the backup holds. */
  itemsBackedUp?: number;
  /** Number of warnings in Velero's log of the backup. */
  warnings?: number;
  /** Number of errors in Velero's log of the backup. */
  errors?: number;
  /** Number of claims whose data the backup holds. Absent where nobody could look. */
  volumesBackedUp?: number;
  /** The namespaces that what is declared comes to, as of the last up. Absent where it is all of them. */
  resolvedNamespaces?: string[];
  /** Of a schedule: the time when its newest good backup was completed, as of the last refresh. */
  lastSuccessfulBackup?: string;
  /** Of a schedule: the time of its next run, as of the last up or refresh. Absent where that is not known. */
  nextRun?: string;
  /** As expected, or as the last refresh found it. */
  health: BackupHealth;
  /** Why it is not as expected, and what to do about it. */
  message?: string;
}

/**
 * One logical backup of namespaces, or with none named of everything, over many clusters: on a schedule, or taken now.
 *
 * The clusters are worked on side by side. One that fails neither hides nor undoes the others: the `up` fails and
 * names it, `byCluster` says what there is, and the next `up` touches only those that failed or changed. A change of
 * the set of clusters touches only those that come and go.
 *
 * `phase` is made of the clusters' by this rule, in which those that were skipped do not count:
 * - taken now: `Completed` if all are (an expired one was), `Expired` if all are; `PartiallyFailed` if some are, or ended
 *   PartiallyFailed; `Failed` if none is;
 * - scheduled: `Enabled` (or `Paused`) if all schedules are in place, `PartiallyFailed` if some are, `Failed` if none is.
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
  /** What there is in each cluster, by its key. */
  declare readonly byCluster: pulumi.Output<Record<string, WorkspaceBackupPart>>;
  /** Sum over the clusters. */
  declare readonly itemsBackedUp: pulumi.Output<number | undefined>;
  /** Sum over the clusters. */
  declare readonly warnings: pulumi.Output<number | undefined>;
  /** Sum over the clusters. */
  declare readonly errors: pulumi.Output<number | undefined>;
  /** Of a schedule: the oldest of what is the newest good backup in each cluster, as of the last refresh. */
  declare readonly lastSuccessfulBackup: pulumi.Output<string | undefined>;
  /**
   * Of a schedule: when the first cluster runs next, as of the last up or refresh. Undefined where that is not known of
   * one of them, for the reasons that {@link ClusterBackup.nextRun} has.
   */
  declare readonly nextRun: pulumi.Output<string | undefined>;
  /**
   * Of a schedule, in words: when it runs, how long a backup is kept and how many that makes. Known in previews, and so it
   * says "in the time zone of Velero's server" where the schedule names none.
   */
  declare readonly cadence: pulumi.Output<string | undefined>;
  /** As expected, or the worst of what the last refresh found in the clusters, which then is drift. */
  declare readonly health: pulumi.Output<BackupHealth>;
  /** Which clusters are not as expected, why, and what to do about it. */
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
      // It goes on holding the way to a cluster that is no longer declared, until that one is let go of.
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
