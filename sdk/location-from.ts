import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess, Location, OnUnhealthy, Preflight } from "./cluster-location.ts";
import { type ConnectionArgs, connectionOf } from "./connection-args.ts";
import type { LocationHandle } from "./location-handle.ts";
import { markSecrets } from "./secrets.ts";
import type { AccessArgs } from "./storage-args.ts";

/** What another stack's location does not bring along: the ways in. */
export interface LocationFromArgs<K extends string> {
  /** How this stack reaches the clusters: its own rights, under the keys of the location. */
  clusters: Record<K, ConnectionArgs>;
  /**
   * How this stack reaches the store, to look there before a backup is named and after it has ended. Default: not at
   * all; then Velero is asked for what became of the volumes, by a URL that it signs. Where this stack may not create
   * downloadrequests in Velero's namespace, or that URL leads nowhere from here, a Completed backup is believed.
   */
  access?: AccessArgs;
  /** Whether previews look at the clusters: see {@link BackupLocationArgs.preflight}. Default: `on`. */
  preflight?: Preflight;
  /** What a cluster that cannot be reached or served does to an up: see {@link BackupLocationArgs.onUnhealthy}. Default: `fail`. */
  onUnhealthy?: OnUnhealthy;
}

/**
 * A location that another stack owns, to be used wherever a `location` is asked for.
 *
 * When its owner destroys it, it stays in the cluster as long as a backup or schedule of another stack uses it. The
 * last of those removes it when it is destroyed, or moves to another location: that takes the right to delete
 * backupstoragelocations and secrets in Velero's namespace, and `access` to release the claim in the store.
 *
 * @example
 * ```ts
 * const platform = new pulumi.StackReference("acme/platform/prod");
 * const location = velero.locationFrom(platform.requireOutput("backups"), { clusters: { east: { provider: east } } });
 * new velero.ClusterBackup("shop", { location, cluster: "east", schedule: "@daily", includedNamespaces: ["shop"] });
 * ```
 */
export function locationFrom<K extends string>(
  handle: pulumi.Input<LocationHandle>,
  { clusters, access, preflight, onUnhealthy }: LocationFromArgs<K>,
): Location<K> {
  const given: pulumi.Output<unknown> = pulumi.output<unknown>(handle);
  const known = given.apply(readHandle);
  const storage = access === undefined || access === "none" ? undefined : storageFrom(known);
  const entries = Object.entries(clusters) as [K, ConnectionArgs][];
  return {
    clusters: Object.fromEntries(
      entries.map(([key, connection]) => {
        const at = known.apply((value) => clusterOf(value, key));
        const cluster: ClusterAccess = {
          owner: at.apply(({ owner }) => owner),
          locationName: at.apply(({ locationName }) => locationName),
          namespace: at.apply(({ namespace }) => namespace),
          storePrefix: at.apply(({ storePrefix }) => storePrefix),
          offline: at.apply(({ offline }) => offline),
          readLocations: at.apply(({ readLocations }) => readLocations),
          readOnly: at.apply(({ readOnly }) => readOnly),
          connection: connectionOf(connection),
          storage,
          credentials: undefined,
          access: storage && markSecrets(access),
          preflight,
          onUnhealthy,
        };
        return [key, cluster];
      }),
    ) as Record<K, ClusterAccess>,
  };
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
