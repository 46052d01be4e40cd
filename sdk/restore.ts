import * as pulumi from "@pulumi/pulumi";
import type { ClusterBackup } from "./cluster-backup.ts";
import { clusterAccess, ownershipOn, referenceTo } from "./cluster-access.ts";
import type { Location } from "./cluster-location.ts";
import type { RestorePhase } from "./phases.ts";
import type { RestoreOptionsArgs } from "./restore-options-args.ts";
import { VeleroResource } from "./velero-resource.ts";
import type { WorkspaceBackup } from "./workspace-backup.ts";

/** Which backup, into which cluster or clusters, and everything that {@link RestoreOptionsArgs} says of it. */
export type RestoreArgs<K extends string = string> = RestoreOptionsArgs &
  (ClusterRestoreArgs<K> | WorkspaceRestoreArgs<K>);

/** Restores the backup of one cluster. */
export interface ClusterRestoreArgs<K extends string = string> {
  /** A ClusterBackup, of which the last is taken, or of a schedule the newest that ended well (the one that began last); or one that is said otherwise. */
  backup: ClusterBackup<K> | BackupReference<K>;
  /** Key of the cluster into which it goes, which has to read the one that was backed up (`reads`). */
  cluster: NoInfer<K>;
  /** Only a restore of a workspace takes it. */
  clusterMapping?: undefined;
}

/** Restores a workspace, cluster by cluster. */
export interface WorkspaceRestoreArgs<K extends string = string> {
  /** The WorkspaceBackup; or a workspace by its name. */
  backup: WorkspaceBackup<K> | WorkspaceReference<K>;
  /** Cluster that was backed up → the one into which it goes; those left out are not restored. `"same"`: each into itself. */
  clusterMapping: "same" | { readonly [P in NoInfer<K>]?: NoInfer<K> };
  /** Only a restore of one cluster takes it. */
  cluster?: undefined;
}

/** A backup of one cluster, said otherwise than by the resource that made it. */
export type BackupReference<K extends string = string> = {
  /** The location in which the backup is. */
  location: Location<K>;
  /** Key of the cluster that was backed up; it may be `offline`. */
  from: NoInfer<K>;
  /**
   * Only what had ended by then: RFC 3339 with `Z` or an offset, `2026-11-23T02:00:00Z`.
   *
   * @default now
   */
  before?: pulumi.Input<string>;
} & (
  | {
      /** Name of the Backup. Not together with `schedule`. */
      backupName: pulumi.Input<string>;
      /**
       * Name of the Schedule, or of the ClusterBackup that made it: its newest backup that ended well. Not together
       * with `backupName`.
       */
      schedule?: undefined;
    }
  | {
      /**
       * Name of the Schedule, or of the ClusterBackup that made it: its newest backup that ended well. Not together
       * with `backupName`.
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
   * Only what had ended by then: RFC 3339 with `Z` or an offset, `2026-11-23T02:00:00Z`.
   *
   * @default now
   */
  before?: pulumi.Input<string>;
}

/** How a restore is: `Unhealthy` where it failed or was not finished. */
export type RestoreHealth = "Healthy" | "Unhealthy";

/** What a Restore did in one cluster. */
export interface RestorePart {
  /** Velero's phase of the Restore object. */
  phase?: RestorePhase;
  /** Name of the backup that was taken. */
  backupName?: string;
  /** Name of the Restore object. */
  restoreName?: string;
  /** The time when the restore began: `2026-11-23T02:00:00Z`. */
  startTime?: string;
  /** The time when the restore ended: `2026-11-23T02:10:00Z`. */
  completionTime?: string;
  /** Number of objects that were created. */
  created?: number;
  /** Number of objects that were there already and were patched. */
  updated?: number;
  /** Number of objects that were there already and are the same. */
  skipped?: number;
  /** Number of objects that could not be restored, or were there already, differ, and were left so. */
  failed?: number;
  /** Number of warnings in Velero's log of the restore. */
  warnings?: number;
  /** Number of errors in Velero's log of the restore. */
  errors?: number;
  /** With `verify` or `drill`: number of objects that are as the backup has them. */
  verified?: number;
  /** With `drill`: number of claims whose data came back. */
  volumesProven?: number;
  /** With `drill`: the claims whose data did not come back, each with the reason. */
  volumesUnproven?: string[];
  /** Namespaces of the drill that are still there. */
  drilled?: string[];
  /** With `drill`: what it has left outside of its namespaces, such as `PersistentVolume pvc-1`. */
  left?: string[];
  /** `Unhealthy` where the restore failed or was not finished. */
  health: RestoreHealth;
  /** The reason why it is `Unhealthy`. */
  message?: string;
}

/**
 * Brings a backup back: into the cluster that it was made of, into another, or into a new one after that is gone.
 *
 * It restores once. Which backup it took is pinned; a newer one, its end by TTL, its deletion or replacement, and a
 * Restore object that is gone change nothing. Only `triggers`, another source or target, and options that decide what
 * is restored restore again, and then a preview shows it as a replacement, with the `plan`. `verify`, `timeouts`,
 * `itemOperationTimeout`, `uploaderConfig`, `allowPartialFailure` and `keep` of a drill are updates in place. One that
 * was begun is gone on with, never begun a second time; one that failed keeps failing the `up` until it is changed, or
 * accepted by `allowPartialFailure`.
 *
 * Destroying it removes the Restore object and its ConfigMap from the cluster, never what was restored.
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

  /** Velero's phase; of several clusters `Completed` if all are, `PartiallyFailed` if some are or ended so, `Failed` if none is. */
  declare readonly phase: pulumi.Output<RestorePhase>;
  /** The backup that was taken, where it is of one cluster. */
  declare readonly backupName: pulumi.Output<string | undefined>;
  /** Name of the Restore object, where it is of one cluster. */
  declare readonly restoreName: pulumi.Output<string | undefined>;
  /** The time when the restore began: `2026-11-23T02:00:00Z`. */
  declare readonly startTime: pulumi.Output<string | undefined>;
  /** The time when the restore ended: `2026-11-23T02:00:00Z`. */
  declare readonly completionTime: pulumi.Output<string | undefined>;
  /** How many objects were created. */
  declare readonly created: pulumi.Output<number | undefined>;
  /** How many were there already and patched. */
  declare readonly updated: pulumi.Output<number | undefined>;
  /** How many were there already, and the same. */
  declare readonly skipped: pulumi.Output<number | undefined>;
  /** How many could not be restored, those among them that were there already, differ, and were left so. */
  declare readonly failed: pulumi.Output<number | undefined>;
  /** Number of warnings in Velero's log of the restore. */
  declare readonly warnings: pulumi.Output<number | undefined>;
  /** Number of errors in Velero's log of the restore. */
  declare readonly errors: pulumi.Output<number | undefined>;
  /** With `verify` or `drill`: how many objects were found to be as the backup has them. */
  declare readonly verified: pulumi.Output<number | undefined>;
  /** With `drill`: of how many claims the data that the backup holds came back. */
  declare readonly volumesProven: pulumi.Output<number | undefined>;
  /** With `drill`: the claims whose data did not come back, each with the reason; ten at most, and how many more there are. */
  declare readonly volumesUnproven: pulumi.Output<string[] | undefined>;
  /** With `drill`: what it has left outside of its namespaces and could not remove, such as `PersistentVolume pvc-1`. */
  declare readonly left: pulumi.Output<string[] | undefined>;
  /** What there is for each cluster that was backed up, by its key. */
  declare readonly byCluster: pulumi.Output<Record<string, RestorePart>>;
  /** In previews: what it would do, in numbers. */
  declare readonly plan: pulumi.Output<RestorePlan | undefined>;
  /** `Healthy`, or `Unhealthy` where it was not finished or failed. */
  declare readonly health: pulumi.Output<RestoreHealth>;
  /** The reason why it is `Unhealthy`, and what to do about it. */
  declare readonly message: pulumi.Output<string | undefined>;

  constructor(name: string, args: RestoreArgs<K>, opts?: pulumi.CustomResourceOptions) {
    const { backup, cluster, clusterMapping, ...declared } = args;
    const source = sourceOf<K>(backup);
    const mapping =
      cluster === undefined ? mappingOf(source, clusterMapping) : { [source.from ?? ""]: cluster };
    const [first] = Object.values<string>(mapping);
    const common = first === undefined ? undefined : clusterAccess(source.location as Location, first);
    const outputs = [
      "phase",
      "backupName",
      "restoreName",
      "startTime",
      "completionTime",
      "created",
      "updated",
      "skipped",
      "failed",
      "warnings",
      "errors",
      "verified",
      "volumesProven",
      "volumesUnproven",
      "left",
      "byCluster",
      "plan",
      "health",
      "message",
    ];
    super(
      "Restore",
      name,
      {
        ...Object.fromEntries(outputs.map((output) => [output, undefined])),
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

/** What a restore would do, in numbers of objects. */
export interface RestorePlan {
  /** Number of objects that would be created. */
  create: number;
  /** There already, and left as they are. */
  exists: number;
  /** There already, different, and patched (`existingResourcePolicy: "update"`). */
  update: number;
  /** Such as volumes whose data the target's storage makes anew. */
  notRestorable: number;
  /** Kinds that the target does not know. */
  missingKinds: string[];
}

interface Source<K extends string> {
  location: Location<K>;
  /** Of one cluster: its key. */
  from?: string;
  /** All clusters that it is of. */
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
    // Nothing can be restored into one that is offline, and none was backed up while it was.
    const keys = (Object.keys(location.clusters) as K[]).filter(
      (key) => clusterAccess(location, key).connection["offline"] !== true,
    );
    return { location, keys, inputs, latest: () => undefined };
  }
  const { from, backupName, schedule } = backup;
  return { location, from, keys: [from], inputs: { backupName, schedule, before }, latest: () => undefined };
}

/** What it was called before: as it says itself once it is there, and as the program declares it, which a preview knows. */
function formerly(backup: { formerOwners: pulumi.Output<pulumi.Inputs[] | undefined> }): pulumi.Inputs {
  const { __aliases: aliases = [] } = backup as { __aliases?: pulumi.Input<string>[] };
  // As mere values: as outputs they would depend on the parent, and so on all of its children.
  const values = aliases.map((alias) => new Promise((resolve) => pulumi.output(alias).apply(resolve)));
  return { formerOwners: backup.formerOwners, ...(values.length > 0 && { aliases: values }) };
}

// Not by their classes: a program may hold two copies of this package.
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
