import * as pulumi from "@pulumi/pulumi";
import type { ClusterBackup } from "./cluster-backup.ts";
import { clusterAccess, ownershipOn, referenceTo } from "./cluster-access.ts";
import type { Location } from "./cluster-location.ts";
import type { RestoreOptionsArgs } from "./restore-options-args.ts";
import { type Outputs, VeleroResource } from "./velero-resource.ts";
import type { WorkspaceBackup } from "./workspace-backup.ts";
import { restoreResults, type RestoreResults } from "../model/restore-results.ts";

/** The backup, the target cluster or clusters, and all options of {@link RestoreOptionsArgs}. */
export type RestoreArgs<K extends string = string> = RestoreOptionsArgs &
  (ClusterRestoreArgs<K> | WorkspaceRestoreArgs<K>);

/** Restores the backup of one cluster. */
export interface ClusterRestoreArgs<K extends string = string> {
  /**
   * A ClusterBackup, or a {@link BackupReference}. For a ClusterBackup on demand, its last backup is restored. For a
   * schedule, it is the newest backup that ended well (the one that began last).
   */
  backup: ClusterBackup<K> | BackupReference<K>;
  /** Key of the cluster that is restored into. It has to read the one that was backed up (`reads`). */
  cluster: NoInfer<K>;
  /** Only for a restore of a workspace. */
  clusterMapping?: undefined;
}

/** Restores a workspace, cluster by cluster. */
export interface WorkspaceRestoreArgs<K extends string = string> {
  /** The WorkspaceBackup, or a workspace by its name. */
  backup: WorkspaceBackup<K> | WorkspaceReference<K>;
  /**
   * Cluster that was backed up → cluster that is restored into. Omitted clusters are not restored. `"same"`: each into
   * itself.
   */
  clusterMapping: "same" | { readonly [P in NoInfer<K>]?: NoInfer<K> };
  /** Only for a restore of one cluster. */
  cluster?: undefined;
}

/** A backup of one cluster, without the resource that made it. */
export type BackupReference<K extends string = string> = {
  /** The location in which the backup is. */
  location: Location<K>;
  /** Key of the cluster that was backed up. The cluster may be `offline`. */
  from: NoInfer<K>;
  /**
   * Takes only a backup that had ended by this time: RFC 3339 with `Z` or an offset, `2026-11-23T02:00:00Z`.
   *
   * @default now
   */
  before?: pulumi.Input<string>;
} & (
  | {
      /** Name of the Backup. Not together with `schedule`. */
      backupName: pulumi.Input<string>;
      /**
       * Name of the Schedule, or of the ClusterBackup that made it. Its newest backup that ended well is restored. Not
       * together with `backupName`.
       */
      schedule?: undefined;
    }
  | {
      /**
       * Name of the Schedule, or of the ClusterBackup that made it. Its newest backup that ended well is restored. Not
       * together with `backupName`.
       */
      schedule: pulumi.Input<string>;
      /** Name of the Backup. Not together with `schedule`. */
      backupName?: undefined;
    }
);

/** The newest backups of a workspace, by the name of the WorkspaceBackup that made them. */
export interface WorkspaceReference<K extends string = string> {
  /** The location in which the backups are. */
  location: Location<K>;
  /** Name of the WorkspaceBackup that made them. */
  workspace: pulumi.Input<string>;
  /**
   * Takes only backups that had ended by this time: RFC 3339 with `Z` or an offset, `2026-11-23T02:00:00Z`.
   *
   * @default now
   */
  before?: pulumi.Input<string>;
}

/**
 * Restores a backup: into the cluster that was backed up, into another, or into a new one.
 *
 * It restores once. The backup that it took is pinned. It does not restore again because of a newer backup, the end of
 * the backup's TTL, its deletion or replacement, or a missing Restore object. It restores again only after a change of
 * `triggers`, of the source or target, or of options that decide what is restored. A preview then shows a replacement,
 * with the `plan`. Changes of `verify`, `timeouts`, `itemOperationTimeout`, `uploaderConfig`, `allowPartialFailure` and
 * a drill's `keep` are updates in place. A restore that was begun is continued, and never begun a second time. A failed
 * one fails every `up` until it is changed, or accepted by `allowPartialFailure`.
 *
 * For a restore of a workspace, `byCluster` has the numbers and names. The outputs for a single cluster are undefined.
 *
 * A destroy removes the Restore object and its ConfigMap from the cluster, never the restored objects.
 *
 * @example
 * ```ts
 * new velero.Restore("moved", { backup: nightly, cluster: "dr", storageClassMapping: { gp2: "premium" } });
 * ```
 *
 * @example A drill: proves a backup under other names, and cleans up
 * ```ts
 * new velero.Restore("drill", { backup: nightly, cluster: "dr", namespaceMapping: { "*": "*-drill" }, drill: true });
 * ```
 */
export class Restore<K extends string = string> extends VeleroResource {
  /** @internal */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/velero:Restore";

  constructor(name: string, args: RestoreArgs<K>, opts?: pulumi.CustomResourceOptions) {
    const { backup, cluster, clusterMapping, ...declared } = args;
    const source = sourceOf<K>(backup);
    const mapping =
      cluster === undefined ? mappingOf(source, clusterMapping) : { [source.from ?? ""]: cluster };
    const [first] = Object.values<string>(mapping);
    const common = first === undefined ? undefined : clusterAccess(source.location as Location, first);
    super(
      "Restore",
      name,
      {
        ...restoreResults,
        ...declared,
        source: source.inputs,
        targets: Object.fromEntries(
          Object.entries<string>(mapping).map(([from, into]) => [from, targetOf(source, from, into)]),
        ),
        storage: common?.storage,
        access: common?.access,
        preflight: common?.preflight,
        ...(common && ownershipOn(common)),
      },
      opts,
    );
  }
}

// The parameters of the class have to be repeated.
// oxlint-disable-next-line no-unused-vars
export interface Restore<K extends string = string> extends Outputs<RestoreResults> {}

interface Source<K extends string> {
  location: Location<K>;
  /** Key of the cluster, for a backup of one cluster. */
  from?: string;
  /** Keys of all clusters of the backup. */
  keys: string[];
  inputs: pulumi.Inputs;
  latest: (cluster: string) => pulumi.Input<string | undefined>;
}

function sourceOf<K extends string>(
  backup: ClusterBackup<K> | WorkspaceBackup<K> | BackupReference<K> | WorkspaceReference<K>,
): Source<K> {
  if (isClusterBackup(backup)) {
    const { location, cluster, scheduled } = backup.source;
    const inputs = { owner: backup.urn, ...formerly(backup), scheduled };
    return { location, from: cluster, keys: [cluster], inputs, latest: () => backup.backupName };
  }
  if (isWorkspaceBackup(backup)) {
    const { location, clusters, scheduled } = backup.source;
    const inputs = { owner: backup.urn, ...formerly(backup), scheduled };
    const latest = (cluster: string) => backup.byCluster.apply((parts) => parts?.[cluster]?.backupName);
    return { location, keys: clusters, inputs, latest };
  }
  const { location, before } = backup;
  if ("workspace" in backup) {
    const inputs = { workspace: backup.workspace, before };
    // A cluster that is offline cannot be restored into, and was not backed up.
    const keys = (Object.keys(location.clusters) as K[]).filter(
      (key) => clusterAccess(location, key).connection["offline"] !== true,
    );
    return { location, keys, inputs, latest: () => undefined };
  }
  const { from, backupName, schedule } = backup;
  return { location, from, keys: [from], inputs: { backupName, schedule, before }, latest: () => undefined };
}

/**
 * Returns the earlier names of a backup: from its outputs once it exists, and from the program's aliases, which a
 * preview knows.
 */
function formerly(backup: { formerOwners: pulumi.Output<pulumi.Inputs[] | undefined> }): pulumi.Inputs {
  const { __aliases: aliases = [] } = backup as { __aliases?: pulumi.Input<string>[] };
  // These are plain values: an output would depend on the parent, and so on all of its children.
  const values = aliases.map((alias) => new Promise((resolve) => pulumi.output(alias).apply(resolve)));
  return { formerOwners: backup.formerOwners, ...(values.length > 0 && { aliases: values }) };
}

// The classes are not compared: a program may have two copies of this package.
const isClusterBackup = <K extends string>(backup: object): backup is ClusterBackup<K> =>
  "source" in backup && "cluster" in (backup.source as object);
const isWorkspaceBackup = <K extends string>(backup: object): backup is WorkspaceBackup<K> =>
  "source" in backup && "clusters" in (backup.source as object);

function mappingOf<K extends string>(
  { keys }: Source<K>,
  mapping: WorkspaceRestoreArgs<K>["clusterMapping"] | undefined,
): Record<string, string> {
  if (mapping === "same") return Object.fromEntries(keys.map((key) => [key, key]));
  return Object.fromEntries(Object.entries(mapping ?? {}).filter(([, into]) => into !== undefined)) as Record<
    string,
    string
  >;
}

function targetOf<K extends string>(
  { location, latest }: Source<K>,
  from: string,
  into: string,
): pulumi.Inputs {
  const access = clusterAccess(location as Location, into);
  const source = clusterAccess(location as Location, from);
  const { locationName, readLocations, connection, credentials } = access;
  return {
    cluster: into,
    location: referenceTo(access),
    sees: from === into ? locationName : pulumi.output(readLocations).apply((names) => names?.[from]),
    connection,
    credentials,
    source: { storage: source.ownStorage, latest: latest(from) },
  };
}
