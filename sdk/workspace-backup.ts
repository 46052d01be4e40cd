import * as pulumi from "@pulumi/pulumi";
import type { BackupArgs } from "./backup-args.ts";
import { type ClusterAccess, clusterAccess, ownershipOn, referenceTo } from "./cluster-access.ts";
import type { Location } from "./cluster-location.ts";
import { type Outputs, VeleroResource } from "./velero-resource.ts";
import { workspaceBackupResults, type WorkspaceBackupResults } from "../model/backup-results.ts";

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

  /** @internal */
  declare readonly formerOwners: pulumi.Output<pulumi.Inputs[] | undefined>;
  /** @internal */
  readonly source: { location: Location<K>; clusters: K[]; scheduled: boolean };

  constructor(name: string, args: WorkspaceBackupArgs<K>, opts?: pulumi.CustomResourceOptions) {
    const { location, clusters, ...declared } = args;
    const keys = clusters === "all" ? (Object.keys(location.clusters) as K[]) : clusters;
    const ways = keys.map((key) => [key, clusterAccess(location, key)] as const);
    const [, common] = ways[0] ?? [];
    super(
      "WorkspaceBackup",
      name,
      {
        ...workspaceBackupResults,
        formerOwners: undefined,
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

// The parameters of the class have to be repeated.
// oxlint-disable-next-line no-unused-vars
export interface WorkspaceBackup<K extends string = string> extends Outputs<WorkspaceBackupResults> {}

const reachOf = (access: ClusterAccess): pulumi.Inputs => {
  const { readOnly, connection, credentials } = access;
  return {
    location: referenceTo(access),
    connection,
    credentials,
    readOnly,
  };
};
