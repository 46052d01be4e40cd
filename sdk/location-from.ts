import * as pulumi from "@pulumi/pulumi";
import { hideAccess } from "./cluster-access.ts";
import type { Location, LocationCluster, OnUnhealthy, Preflight } from "./cluster-location.ts";
import { type ConnectionArgs, connectionOf } from "./connection-args.ts";
import type { LocationHandle } from "./location-handle.ts";
import { markSecrets } from "./secrets.ts";
import { VeleroResource } from "./velero-resource.ts";
import type { AccessArgs } from "./storage-args.ts";

/** The connections that another stack's location does not include. */
export interface LocationFromArgs<K extends string> {
  /** The connections of this stack to the clusters, with its own permissions, under the keys of the location. */
  clusters: Record<K, ConnectionArgs>;
  /**
   * The access of this stack to the store. It is used before a backup gets its name, and after the backup has ended.
   * Without it, this library asks Velero for the state of the volumes, through a URL that Velero signs. If this stack
   * may not create downloadrequests in Velero's namespace, or if that URL does not work from here, a Completed backup
   * is accepted without that check.
   *
   * @default no access to the store
   */
  access?: AccessArgs;
  /**
   * Decides whether previews check the clusters: see {@link BackupLocationArgs.preflight}.
   *
   * @default `on`
   */
  preflight?: Preflight;
  /**
   * Decides about an up for a cluster that is unreachable or unhealthy: see {@link BackupLocationArgs.onUnhealthy}.
   *
   * @default `fail`
   */
  onUnhealthy?: OnUnhealthy;
  /**
   * The lineage of a state of this stack that is lost for good: see {@link BackupLocationArgs.adoptLineage}.
   *
   * @default nothing is adopted
   */
  adoptLineage?: pulumi.Input<string>;
}

/**
 * This stack's use of a location that another stack owns. It keeps the lineage of the objects that this stack creates
 * on the location. {@link locationFrom} creates it.
 */
export class SharedLocation<K extends string = string> extends VeleroResource implements Location<K> {
  /** @internal */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/velero:SharedLocation";

  /**
   * A random id. Together with a resource's URN it identifies the owner of each object. It is created once and kept in
   * state.
   */
  declare readonly lineage: pulumi.Output<string>;

  /** The location's clusters, with this stack's connections. */
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
 * Returns a location that another stack owns, for every argument `location`. `name` is the name of a resource for this
 * use, a {@link SharedLocation}.
 *
 * If its owner destroys it, it stays in the cluster as long as a backup or schedule of another stack uses it. The last
 * of those users removes it when it is destroyed itself, or moves to another location. That needs the permissions to
 * delete backupstoragelocations and secrets in Velero's namespace, and `access` to release the claim in the store.
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
  // The compiler does not check a JavaScript program.
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

/** Returns the store of the handle. This stack has no credentials for it but those of its `access`. */
const storageFrom = (handle: pulumi.Output<LocationHandle>): pulumi.Inputs =>
  handle.apply(({ store: { kind, ...coordinates } }) => ({
    [kind]: { ...coordinates, credentials: { ambient: {} } },
  }));
