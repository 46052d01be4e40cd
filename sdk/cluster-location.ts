import * as pulumi from "@pulumi/pulumi";
import { type ClusterAccess, hideAccess } from "./cluster-access.ts";
import type { LocationPhase } from "./phases.ts";
import { VeleroResource } from "./velero-resource.ts";

/**
 * A BackupLocation as one of its clusters sees it: the Secret with the credentials, the BackupStorageLocation and the
 * read-only ones of `reads`. Made by BackupLocation, never by hand: `location.clusters.east`.
 */
export class ClusterLocation extends VeleroResource implements LocationCluster {
  /** @internal */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/velero:ClusterLocation";

  /** Name of the BackupStorageLocation in the cluster. */
  declare readonly locationName: pulumi.Output<string>;
  /** Velero's namespace. */
  declare readonly namespace: pulumi.Output<string>;
  /** Folder in the bucket to which this cluster backs up. */
  declare readonly storePrefix: pulumi.Output<string>;
  /** Names of the read-only locations, by the key of the cluster that they read. */
  declare readonly readLocations: pulumi.Output<Record<string, string>>;
  /** `ReadWrite`, or `ReadOnly` where writing could destroy what lies at the prefix: `message` says why. Undefined before an up has come to the cluster. */
  declare readonly accessMode: pulumi.Output<"ReadWrite" | "ReadOnly" | undefined>;
  /** Velero's verdict, as of the last up or refresh. Undefined for a cluster that is offline or was skipped before it had one. */
  declare readonly phase: pulumi.Output<LocationPhase | undefined>;
  /** The reason why `health` or `accessMode` is not as usual, and what to do about it. Undefined while there is nothing to say. */
  declare readonly message: pulumi.Output<string | undefined>;
  /** The time of Velero's last validation, as of the last up or refresh: `2026-11-23T02:00:00Z`. */
  declare readonly lastValidated: pulumi.Output<string | undefined>;
  /** The time when Velero last read the backups in the store, as of the last up or refresh: `2026-11-23T02:00:00Z`. */
  declare readonly lastSynced: pulumi.Output<string | undefined>;
  /** Velero's version, `v1.18.3`, when the location was last made or changed; absent where it could not be told. */
  declare readonly serverVersion: pulumi.Output<string | undefined>;
  /** As expected, or as the last refresh found it, which then is drift. The next up repairs or names it. */
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
      // As the program has them, not as this resource's outputs: of a new cluster those are all unknown in a preview,
      // and every backup of every other cluster would show a false change (seen with Pulumi's CLI).
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
    // Pulumi's SDK keeps an output for every input, secrets among them.
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

/** What begins with two underscores is Pulumi's own, which enumerates some of it. */
const isOwn = (key: string): boolean => !/^__(?!provider$)/.test(key);

/** A cluster of a location, as every program may see it: by which names Velero knows the location there. */
export interface LocationCluster {
  /** Name of the BackupStorageLocation in the cluster. */
  readonly locationName: pulumi.Output<string>;
  /** Velero's namespace. */
  readonly namespace: pulumi.Output<string>;
  /** Folder in the bucket to which this cluster backs up. */
  readonly storePrefix: pulumi.Output<string>;
  /** Names of the read-only locations, by the key of the cluster that they read. */
  readonly readLocations: pulumi.Output<Record<string, string>>;
}

/**
 * The health of a cluster's location. `Healthy` is expected, or `Offline` where that was declared. A refresh finds what
 * is, and anything else is drift. The resource's `message` says why.
 *
 * - `Missing`: the BackupStorageLocation is gone, or one of `reads`, or a Secret that they name.
 * - `Drifted`: someone else has changed one of them (access mode, place, config, keys, frequency of validations) or made
 *   it anew, or the claim on the prefix is gone or another's.
 * - `Unhealthy`: Velero calls one of them Unavailable, or has another default; or an up was not finished.
 * - `Unknown`: the cluster cannot be reached, or its Velero has not looked at the location for much longer than
 *   `validationFrequency` says. Of a location that leaves that to the server: no location there was validated or synced
 *   within ten minutes, and the server does not answer.
 *
 * Secrets that a refresh may not read, and a store that it cannot ask, count as unchanged.
 */
export type ClusterLocationHealth = "Healthy" | "Offline" | "Missing" | "Drifted" | "Unhealthy" | "Unknown";

/** Whether previews look at store and clusters: see {@link BackupLocationArgs.preflight}. */
export type Preflight = "on" | "strict" | "off";

/** What a cluster that cannot be reached or served does to an up: see {@link BackupLocationArgs.onUnhealthy}. */
export type OnUnhealthy = "fail" | "skip";

/** A location that backups can go to: a BackupLocation, or another stack's by `locationFrom`. */
export interface Location<K extends string = string> {
  /** Its clusters by key. */
  readonly clusters: { readonly [P in K]: LocationCluster };
}
