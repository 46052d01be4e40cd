import * as pulumi from "@pulumi/pulumi";
import { type ClusterAccess, hideAccess } from "./cluster-access.ts";
import type { LocationPhase } from "./phases.ts";
import { VeleroResource } from "./velero-resource.ts";

/**
 * A BackupLocation in one of its clusters: the Secret with the credentials, the BackupStorageLocation, and the
 * read-only locations of `reads`. BackupLocation creates it, and programs do not: `location.clusters.east`.
 */
export class ClusterLocation extends VeleroResource implements LocationCluster {
  /** @internal */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/velero:ClusterLocation";

  /** Name of the BackupStorageLocation in the cluster. */
  declare readonly locationName: pulumi.Output<string>;
  /** Velero's namespace. */
  declare readonly namespace: pulumi.Output<string>;
  /** Folder in the bucket that this cluster backs up to. */
  declare readonly storePrefix: pulumi.Output<string>;
  /** Names of the read-only locations, by the key of the cluster that they read. */
  declare readonly readLocations: pulumi.Output<Record<string, string>>;
  /**
   * `ReadWrite`, or `ReadOnly` if writing could destroy data at the prefix: `message` gives the reason. Undefined
   * before an up has reached the cluster.
   */
  declare readonly accessMode: pulumi.Output<"ReadWrite" | "ReadOnly" | undefined>;
  /**
   * Velero's phase of the location, from the last up or refresh. Undefined for a cluster that is offline, or was
   * skipped before it had one.
   */
  declare readonly phase: pulumi.Output<LocationPhase | undefined>;
  /** The reason why `health` or `accessMode` is not as usual, and the remedy. Undefined if there is none. */
  declare readonly message: pulumi.Output<string | undefined>;
  /** Time of Velero's last validation, from the last up or refresh: `2026-11-23T02:00:00Z`. */
  declare readonly lastValidated: pulumi.Output<string | undefined>;
  /** Time when Velero last read the backups in the store, from the last up or refresh: `2026-11-23T02:00:00Z`. */
  declare readonly lastSynced: pulumi.Output<string | undefined>;
  /** Velero's version, `v1.18.3`, when the location was last created or changed. Undefined if it is not known. */
  declare readonly serverVersion: pulumi.Output<string | undefined>;
  /**
   * The expected health, or the health that the last refresh found. Another value than the expected one is drift, which
   * the next up repairs or reports.
   */
  declare readonly health: pulumi.Output<ClusterLocationHealth>;

  /** @internal */
  constructor(
    name: string,
    props: pulumi.Inputs &
      Pick<
        ClusterAccess,
        "connection" | "storage" | "credentials" | "access" | "preflight" | "onUnhealthy"
      > & {
        requestedAccessMode: pulumi.Input<"ReadWrite" | "ReadOnly"> | undefined;
        ownStorage: pulumi.Inputs | undefined;
        prefix: pulumi.Input<string> | undefined;
        adoptLineage: pulumi.Input<string> | undefined;
      },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      "ClusterLocation",
      name,
      { ...Object.fromEntries(OUTPUTS.map((output) => [output, undefined])), ...props },
      opts,
    );
    const {
      requestedAccessMode: mode,
      storage = {},
      prefix: ownPrefix,
      connection,
      credentials,
      access,
      preflight,
      onUnhealthy,
      ownStorage,
      adoptLineage,
    } = props;
    const { locationName, namespace, storePrefix, readLocations } = this;
    const { owner, lineage } = this as unknown as Pick<ClusterAccess, "owner" | "lineage">;
    hideAccess(this, {
      owner,
      lineage,
      locationName,
      namespace,
      storePrefix,
      readLocations,
      // These are the program's values, and not this resource's outputs. In a preview, all outputs of a new cluster are
      // unknown, and every backup of every other cluster would show a false change (seen with Pulumi's CLI).
      connection,
      storage,
      credentials,
      access,
      preflight,
      onUnhealthy,
      ownStorage,
      ownPrefix,
      adoptLineage,
      readOnly:
        mode === undefined
          ? undefined
          : pulumi.output(mode).apply((known) => (known === "ReadOnly" ? true : undefined)),
    });
    // Pulumi's SDK keeps an output for every input, including secrets.
    for (const key of Object.keys(this).filter(isOwn)) {
      if (!VISIBLE.includes(key)) Object.defineProperty(this, key, { enumerable: false });
    }
  }
}

const OUTPUTS = [
  "locationName",
  "storePrefix",
  "readLocations",
  "accessMode",
  "phase",
  "message",
  "lastValidated",
  "lastSynced",
  "serverVersion",
  "health",
];
const VISIBLE = ["id", "urn", "namespace", ...OUTPUTS];

/** Names with two underscores are Pulumi's own, and Pulumi enumerates some of them. */
const isOwn = (key: string): boolean => !/^__(?!provider$)/.test(key);

/** A cluster of a location as every program may see it: the names of the location in that cluster's Velero. */
export interface LocationCluster {
  /** Name of the BackupStorageLocation in the cluster. */
  readonly locationName: pulumi.Output<string>;
  /** Velero's namespace. */
  readonly namespace: pulumi.Output<string>;
  /** Folder in the bucket that this cluster backs up to. */
  readonly storePrefix: pulumi.Output<string>;
  /** Names of the read-only locations, by the key of the cluster that they read. */
  readonly readLocations: pulumi.Output<Record<string, string>>;
}

/**
 * The health of a cluster's location. `Healthy` is expected, or `Offline` if that is declared. A refresh finds the
 * actual value, and any other value is drift. The resource's `message` gives the reason.
 *
 * - `Missing`: the BackupStorageLocation is gone, or one of `reads`, or a Secret that they name.
 * - `Drifted`: someone else changed one of them (access mode, place, config, keys, validation frequency) or created it
 *   anew, or the claim on the prefix is gone or belongs to another owner.
 * - `Unhealthy`: Velero calls one of them Unavailable, or has another default location, or an up was not finished.
 * - `Unknown`: the cluster cannot be reached, or its Velero has not validated the location for much longer than
 *   `validationFrequency`. If the location leaves the frequency to the server: no location there was validated or
 *   synced within ten minutes, and the server does not answer.
 *
 * Secrets that a refresh may not read, and a store that it cannot reach, count as unchanged.
 */
export type ClusterLocationHealth = "Healthy" | "Offline" | "Missing" | "Drifted" | "Unhealthy" | "Unknown";

/** Decides whether previews check store and clusters: see {@link BackupLocationArgs.preflight}. */
export type Preflight = "on" | "strict" | "off";

/** Decides about an up for a cluster that is unreachable or unhealthy: see {@link BackupLocationArgs.onUnhealthy}. */
export type OnUnhealthy = "fail" | "skip";

/** A location for backups: a BackupLocation, or another stack's by `locationFrom`. */
export interface Location<K extends string = string> {
  /** Its clusters by key. */
  readonly clusters: { readonly [P in K]: LocationCluster };
}
