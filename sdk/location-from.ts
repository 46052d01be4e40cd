import * as pulumi from "@pulumi/pulumi";
import { hideAccess } from "./cluster-access.ts";
import type { Location, LocationCluster, OnUnhealthy, Preflight } from "./cluster-location.ts";
import { type ConnectionArgs, connectionOf } from "./connection-args.ts";
import type { LocationHandle } from "./location-handle.ts";
import { markSecrets } from "./secrets.ts";
import { VeleroResource } from "./velero-resource.ts";
import type { AccessArgs } from "./storage-args.ts";

/** What another stack's location does not bring along: the ways in. */
export interface LocationFromArgs<K extends string> {
  /** How this stack reaches the clusters: its own rights, under the keys of the location. */
  clusters: Record<K, ConnectionArgs>;
  /**
   * How this stack reaches the store, to look there before a backup is named and after it has ended. Without
   * it Velero is asked for what became of the volumes, by a URL that it signs. Where this stack may not create
   * downloadrequests in Velero's namespace, or that URL leads nowhere from here, a Completed backup is believed.
   *
   * @default no way to the store
   */
  access?: AccessArgs;
  /**
   * Whether previews look at the clusters: see {@link BackupLocationArgs.preflight}.
   *
   * @default `on`
   */
  preflight?: Preflight;
  /**
   * What a cluster that cannot be reached or served does to an up: see {@link BackupLocationArgs.onUnhealthy}.
   *
   * @default `fail`
   */
  onUnhealthy?: OnUnhealthy;
  /**
   * The lineage of a state of this stack's that is lost for good: see {@link BackupLocationArgs.adoptLineage}.
   *
   * @default nothing is taken back
   */
  adoptLineage?: pulumi.Input<string>;
}

/**
 * The use of a location that another stack owns: it stands in this stack's state with the lineage of all that the stack
 * makes there. Made by {@link locationFrom}.
 */
export class SharedLocation<K extends string = string> extends VeleroResource implements Location<K> {
  /** @internal */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/velero:SharedLocation";

  /** A random id: with a resource's URN it tells the owner of each object. Made once, kept in state. */
  declare readonly lineage: pulumi.Output<string>;

  /** The location's clusters as this stack reaches them. */
  readonly clusters: { readonly [P in K]: LocationCluster };

  /** @internal */
  constructor(
    name: string,
    handle: pulumi.Input<LocationHandle>,
    { clusters, access, preflight, onUnhealthy, adoptLineage }: LocationFromArgs<K>,
    opts: pulumi.CustomResourceOptions | undefined,
  ) {
    super("SharedLocation", name, { lineage: undefined, adoptLineage }, opts);
    const given: pulumi.Output<unknown> = pulumi.output<unknown>(handle);
    const known = given.apply(readHandle);
    const storage = access === undefined || access === "none" ? undefined : storageFrom(known);
    const common = {
      usersLineage: this.lineage,
      adoptLineage,
      storage,
      credentials: undefined,
      access: storage && markSecrets(access),
      preflight,
      onUnhealthy,
    };
    const entries = Object.entries(clusters) as [K, ConnectionArgs][];
    this.clusters = Object.fromEntries(
      entries.map(([key, connection]): [K, LocationCluster] => {
        const at = known.apply((value) => clusterOf(value, key));
        const visible = {
          locationName: at.apply(({ locationName }) => locationName),
          namespace: at.apply(({ namespace }) => namespace),
          storePrefix: at.apply(({ storePrefix }) => storePrefix),
          readLocations: at.apply(({ readLocations = {} }) => readLocations),
        };
        hideAccess(visible, {
          ...visible,
          owner: at.apply(({ owner }) => owner),
          lineage: at.apply(({ lineage }) => lineage),
          offline: at.apply(({ offline }) => offline),
          readOnly: at.apply(({ readOnly }) => readOnly),
          ...common,
          connection: connectionOf(connection),
        });
        return [key, visible];
      }),
    ) as { [P in K]: LocationCluster };
  }
}

/**
 * A location that another stack owns, to be used wherever a `location` is asked for. `name` is that of a resource
 * which stands for this use, a {@link SharedLocation}.
 *
 * When its owner destroys it, it stays in the cluster as long as a backup or schedule of another stack uses it. The
 * last of those removes it when it is destroyed, or moves to another location: that takes the right to delete
 * backupstoragelocations and secrets in Velero's namespace, and `access` to release the claim in the store.
 *
 * @example
 * ```ts
 * const platform = new pulumi.StackReference("acme/platform/prod");
 * const location = velero.locationFrom("platform", platform.requireOutput("backups"), {
 *   clusters: { east: { provider: east } },
 * });
 * new velero.ClusterBackup("shop", { location, cluster: "east", schedule: "@daily", includedNamespaces: ["shop"] });
 * ```
 */
export function locationFrom<K extends string>(
  name: string,
  handle: pulumi.Input<LocationHandle>,
  args: LocationFromArgs<K>,
  opts?: pulumi.CustomResourceOptions,
): SharedLocation<K> {
  // No compiler checks a program in JavaScript.
  const { clusters } = (args ?? {}) as Partial<LocationFromArgs<K>>;
  if (typeof name !== "string" || typeof clusters !== "object") {
    throw new Error(
      "velero.locationFrom takes a name for this stack's use of the location, the handle, and " +
        '`{ clusters }`: locationFrom("platform", handle, { clusters: { east: { provider: east } } }).',
    );
  }
  return new SharedLocation(name, handle, args, opts);
}

function readHandle(value: unknown): LocationHandle {
  const { version } = (value ?? {}) as Partial<LocationHandle>;
  if (version === 1) return value as LocationHandle;
  throw new Error(
    version === undefined
      ? "locationFrom: this is no location's handle. Export `location.handle` in the stack that owns the location."
      : `locationFrom: the handle has version ${String(version)}, and this pulumi-velero knows version 1. Install a newer one.`,
  );
}

function clusterOf({ clusters }: LocationHandle, key: string): LocationHandle["clusters"][string] {
  const found = clusters[key];
  if (found) return found;
  throw new Error(
    `locationFrom: the location has no cluster "${key}"; it has: ${Object.keys(clusters).join(", ")}`,
  );
}

/** The store of the handle, of which this stack knows no keys but those of its `access`. */
const storageFrom = (handle: pulumi.Output<LocationHandle>): pulumi.Inputs =>
  handle.apply(({ store: { kind, ...coordinates } }) => ({
    [kind]: { ...coordinates, credentials: { ambient: {} } },
  }));
