import * as pulumi from "@pulumi/pulumi";
import type { BackupHealth } from "./backup-health.ts";
import { BackupLocation, type BackupLocationArgs } from "./backup-location.ts";
import { ClusterBackup, type ClusterBackupArgs } from "./cluster-backup.ts";
import type { ClusterLocationHealth, Location } from "./cluster-location.ts";
import type {
  DefaultTier,
  ProtectedClusterArgs,
  ProtectedClusterDrillArgs,
  TierArgs,
} from "./protected-cluster-args.ts";
import { refuseOptions } from "./refuse-options.ts";
import { Restore, type RestoreArgs, type RestoreHealth } from "./restore.ts";
import { schedules } from "./schedules.ts";
import { ownerOf, typeOf } from "./velero-resource.ts";

/** How the parts of a {@link ProtectedCluster} are, each in the words of its kind. */
export interface ProtectedClusterHealth {
  /** The cluster's location, where the component has one of its own. */
  location?: ClusterLocationHealth;
  /** Health of the backups, by tier. */
  backups: Record<string, BackupHealth>;
  /** Health of the drill, where there is one. */
  drill?: RestoreHealth;
}

/**
 * A cluster with all that protects it: a location, backups in tiers (hourly ones kept for a day, daily ones for a month,
 * weekly ones for a year) and, where it is asked for, a drill every month.
 *
 * It is put together of this package's other resources: {@link BackupLocation} (`<name>`, unless there is one), a
 * {@link ClusterBackup} for each tier (`<name>-daily`) and a {@link Restore} (`<name>-drill`). Whatever they take can be
 * said here, and what is not has a default. When the first up has ended there is a backup, and if a drill was asked for,
 * that backup has been restored: the drill's tier takes one as soon as it is made.
 *
 * A tier that is made when the others are long there takes no backup at once unless it is the drill's, or says `runNow`;
 * a drill of another tier than before fails until that tier has a backup, which `triggers` of the tier takes at once.
 *
 * @example
 * ```ts
 * const shop = new velero.ProtectedCluster("shop", {
 *   location: {
 *     storage: { aws: { bucket: "backups", region: "eu-west-1", credentials } },
 *     clusters: { east: { provider: east }, dr: { provider: dr, reads: ["east"] } },
 *   },
 *   cluster: "east",
 *   drill: { cluster: "dr" },
 * });
 * export const nextRun = shop.backups.daily.nextRun;
 * ```
 *
 * @example A location that there is, fewer tiers, another schedule, and one more
 * ```ts
 * new velero.ProtectedCluster("west", {
 *   location,
 *   cluster: "west",
 *   timezone: "Europe/Berlin",
 *   excludedNamespaces: ["scratch-*"],
 *   tiers: {
 *     hourly: false,
 *     daily: { schedule: velero.schedules.daily({ at: "23:00" }), maxAge: "26h" },
 *     yearly: { schedule: "0 5 1 1 *", ttl: "26280h" },
 *   },
 * });
 * ```
 */
export class ProtectedCluster<K extends string = string, T extends string = never>
  extends pulumi.ComponentResource
{
  /** @internal */
  static readonly __pulumiType = "velero:index:ProtectedCluster";

  /** The location: the one that was given, or the component's own. */
  readonly location: Location<K>;
  /** The backups by tier; those that `tiers` names may have been left out. */
  readonly backups: { readonly [P in Exclude<DefaultTier, T>]: ClusterBackup<K> } & {
    readonly [P in T]?: ClusterBackup<K>;
  };
  /** The drill. Undefined unless one is asked for. */
  readonly drill: Restore<K> | undefined;
  /** As of the last up or refresh. */
  readonly health: pulumi.Output<ProtectedClusterHealth>;

  constructor(name: string, args: ProtectedClusterArgs<K, T>, opts?: pulumi.ComponentResourceOptions) {
    refuseOptions("ProtectedCluster", opts);
    super(ProtectedCluster.__pulumiType, name, {}, opts);
    // What is misspelt goes along with the tiers, for the provider to complain about.
    const { location: place, cluster, timezone, tiers, drill = false, ...common } = args;
    const child = { parent: this };
    const own = isLocation(place) ? undefined : new BackupLocation(name, place, child);
    this.location = isLocation(place) ? place : (own as Location<K>);

    const declared = declaredTiers(tiers ?? {}, timezone);
    const wish = typeof drill === "object" ? drill : {};
    const drilled = tierOf(wish, declared);
    const dropped = droppedTiers(tiers ?? {});
    const backups = declared.map(([tier, defaults, said], index): [string, ClusterBackup<K>] => {
      const backup = {
        // One of those that stay looks what goes with the others.
        ...(index === 0 &&
          dropped.length > 0 && {
            droppedTiers: dropped.map((gone) => ownerOf(`${name}-${gone}`, typeOf("ClusterBackup"), this)),
          }),
        location: this.location,
        cluster,
        ...defaults,
        ...(tier === drilled && { runNow: true }),
        ...given(common),
        ...given(said),
      };
      return [tier, new ClusterBackup(`${name}-${tier}`, backup as ClusterBackupArgs<K>, child)];
    });
    this.backups = Object.fromEntries(backups) as typeof this.backups;

    const [, backup] = backups.find(([tier]) => tier === drilled) ?? [];
    this.drill =
      drill === false || backup === undefined
        ? undefined
        : new Restore<K>(`${name}-drill`, drillOf(wish, backup), child);
    this.health = healthOf(own?.clusters[cluster].health, backups, this.drill);
    this.registerOutputs();
  }
}

/** When the default tiers run, for how long they keep, and how old the newest may be: the interval, and two hours. */
const defaultTiers = (timezone: string | undefined): [DefaultTier, TierArgs][] => {
  const zone = timezone === undefined ? {} : { timezone };
  return [
    ["hourly", { schedule: schedules.hourly(zone), ttl: "24h", maxAge: "3h" }],
    ["daily", { schedule: schedules.daily({ at: "02:20", ...zone }), ttl: "720h", maxAge: "26h" }],
    ["weekly", { schedule: schedules.weekly({ at: "03:40", ...zone }), ttl: "8760h", maxAge: "170h" }],
  ];
};

type Tier = [name: string, defaults: TierArgs, said: TierArgs];

/** The tiers that there are to be, with what of them is a default and what is said. */
function declaredTiers(tiers: Record<string, TierArgs | false | undefined>, timezone?: string): Tier[] {
  const defaults = defaultTiers(timezone);
  const names = new Set([...defaults.map(([tier]) => tier), ...Object.keys(tiers)]);
  const all = [...names].flatMap((tier): Tier[] => {
    const said = tiers[tier] ?? {};
    if (said === false) return [];
    const { schedule, maxAge, ...kept } = defaults.find(([known]) => known === tier)?.[1] ?? {};
    if ((said.schedule ?? schedule) === undefined)
      throw new Error(
        `tiers.${tier}: needs a \`schedule\`, since it is none of ${defaults.map(([known]) => known).join(", ")}.`,
      );
    // How old the newest may be hangs on when it is taken.
    return [[tier, said.schedule === undefined ? { schedule, maxAge, ...kept } : kept, said] as Tier];
  });
  if (all.length > 0) return all;
  throw new Error("tiers: all are left out, and nothing would be backed up.");
}

const droppedTiers = (tiers: Record<string, TierArgs | false | undefined>): string[] =>
  Object.keys(tiers).filter((tier) => tiers[tier] === false);

/** The tier that a drill restores. It is there at once whether there is a drill or not, so that one may come later. */
function tierOf({ tier }: ProtectedClusterDrillArgs, declared: readonly Tier[]): string {
  const names = declared.map(([name]) => name);
  const chosen = tier ?? (names.includes("daily") ? "daily" : names[0]);
  if (chosen !== undefined && names.includes(chosen)) return chosen;
  throw new Error(`drill.tier: there is no tier "${chosen}"; there are: ${names.join(", ")}`);
}

function drillOf<K extends string>(
  wish: ProtectedClusterDrillArgs<K>,
  backup: ClusterBackup<K>,
): RestoreArgs<K> {
  const { cluster, tier: _tier, ...said } = given(wish);
  const saysNamespaces = said.includedNamespaces !== undefined || said.excludedNamespaces !== undefined;
  return {
    backup,
    cluster: cluster ?? backup.source.cluster,
    namespaceMapping: { "*": "*-drill" },
    ...(!saysNamespaces && { excludedNamespaces: ["kube-node-lease", "kube-public", "kube-system"] }),
    drill: true,
    triggers: [new Date().toISOString().slice(0, "2026-11".length)],
    ...said,
  };
}

function healthOf<K extends string>(
  location: pulumi.Output<ClusterLocationHealth> | undefined,
  backups: readonly [string, ClusterBackup<K>][],
  drill: Restore<K> | undefined,
): pulumi.Output<ProtectedClusterHealth> {
  const health: pulumi.Output<unknown> = pulumi.output<unknown>({
    ...(location && { location }),
    backups: Object.fromEntries(backups.map(([tier, backup]) => [tier, backup.health])),
    ...(drill && { drill: drill.health }),
  });
  return health as pulumi.Output<ProtectedClusterHealth>;
}

/** Told by its clusters, which are resources or their coordinates, and else the ways to them. */
const isLocation = <K extends string>(place: Location<K> | BackupLocationArgs<K>): place is Location<K> =>
  Object.values<object>(place.clusters ?? {}).some((cluster) => "locationName" in cluster);

/** Without what is undefined, which stands for the default here as everywhere. */
const given = <A extends object>(args: A): A =>
  Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as A;
