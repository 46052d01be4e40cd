import * as pulumi from "@pulumi/pulumi";
import type { BackupHealth, ClusterLocationHealth, RestoreHealth } from "../model/health.ts";
import { BackupLocation, type BackupLocationArgs } from "./backup-location.ts";
import { ClusterBackup, type ClusterBackupArgs } from "./cluster-backup.ts";
import type { Location } from "./cluster-location.ts";
import type {
  DefaultTier,
  ProtectedClusterArgs,
  ProtectedClusterDrillArgs,
  TierArgs,
} from "./protected-cluster-args.ts";
import { refuseOptions } from "./refuse-options.ts";
import { Restore, type RestoreArgs } from "./restore.ts";
import { schedules } from "./schedules.ts";
import { ownerOf, typeOf } from "./velero-resource.ts";

/** The health of the parts of a {@link ProtectedCluster}, each in the words of its kind. */
export interface ProtectedClusterHealth {
  /** Health of the cluster's location, if the component has its own. */
  location?: ClusterLocationHealth;
  /** Health of the backups, by tier. */
  backups: Record<string, BackupHealth>;
  /** Health of the drill, if there is one. */
  drill?: RestoreHealth;
}

/**
 * A cluster with all that protects it: a location, backups in tiers (hourly ones kept for a day, daily ones for a
 * month, weekly ones for a year) and, if requested, a drill every month.
 *
 * It consists of this package's other resources: {@link BackupLocation} (`<name>`, unless one is given), a
 * {@link ClusterBackup} for each tier (`<name>-daily`) and a {@link Restore} (`<name>-drill`). All of their arguments
 * can be given here, and the others have defaults. When the first up has ended there is a backup, and if a drill is
 * requested, that backup has been restored: the drill's tier takes one as soon as it is created.
 *
 * A tier that is added later takes no backup at once, unless it is the drill's or sets `runNow`. A drill that changes
 * to another tier fails until that tier has a backup. The tier's `triggers` take one at once.
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

  /** The location: the given one, or the component's own. */
  readonly location: Location<K>;
  /** The backups by tier. A tier that `tiers` names may have been left out. */
  readonly backups: { readonly [P in Exclude<DefaultTier, T>]: ClusterBackup<K> } & {
    readonly [P in T]?: ClusterBackup<K>;
  };
  /** The drill. Undefined if none is requested. */
  readonly drill: Restore<K> | undefined;
  /** Health of the parts, from the last up or refresh. */
  readonly health: pulumi.Output<ProtectedClusterHealth>;

  constructor(name: string, args: ProtectedClusterArgs<K, T>, opts?: pulumi.ComponentResourceOptions) {
    refuseOptions("ProtectedCluster", opts);
    super(ProtectedCluster.__pulumiType, name, {}, opts);
    // Unknown properties are passed on with the tiers, so that the provider reports misspelt ones.
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
        // One of the remaining tiers checks what is deleted with the dropped ones.
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

/**
 * The schedules of the default tiers, how long their backups are kept, and the maximum age of the newest one: the
 * interval plus two hours.
 */
const defaultTiers = (timezone: string | undefined): [DefaultTier, TierArgs][] => {
  const zone = timezone === undefined ? {} : { timezone };
  return [
    ["hourly", { schedule: schedules.hourly(zone), ttl: "24h", maxAge: "3h" }],
    ["daily", { schedule: schedules.daily({ at: "02:20", ...zone }), ttl: "720h", maxAge: "26h" }],
    ["weekly", { schedule: schedules.weekly({ at: "03:40", ...zone }), ttl: "8760h", maxAge: "170h" }],
  ];
};

type Tier = [name: string, defaults: TierArgs, said: TierArgs];

/** Returns the tiers to create, with their defaults and their own settings. */
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
    // The default maximum age fits only the default schedule.
    return [[tier, said.schedule === undefined ? { schedule, maxAge, ...kept } : kept, said] as Tier];
  });
  if (all.length > 0) return all;
  throw new Error("tiers: all are left out, and nothing would be backed up.");
}

const droppedTiers = (tiers: Record<string, TierArgs | false | undefined>): string[] =>
  Object.keys(tiers).filter((tier) => tiers[tier] === false);

/**
 * Returns the tier that a drill restores. It takes a backup at once even without a drill, so that a drill can be added
 * later.
 */
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

/** A location has clusters that are resources or coordinates. The arguments of a BackupLocation have connections. */
const isLocation = <K extends string>(place: Location<K> | BackupLocationArgs<K>): place is Location<K> =>
  Object.values<object>(place.clusters ?? {}).some((cluster) => "locationName" in cluster);

/** Returns the arguments without undefined values: undefined means the default. */
const given = <A extends object>(args: A): A =>
  Object.fromEntries(Object.entries(args).filter(([, value]) => value !== undefined)) as A;
