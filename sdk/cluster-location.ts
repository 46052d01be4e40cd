import * as pulumi from "@pulumi/pulumi";
import { VeleroResource } from "./velero-resource.ts";

/**
 * A BackupLocation as one of its clusters sees it: the Secret with the credentials, the BackupStorageLocation and the
 * read-only ones of `reads`. Made by BackupLocation, never by hand: `location.clusters.east`.
 */
export class ClusterLocation extends VeleroResource implements ClusterAccess {
  /** @internal */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/velero:ClusterLocation";

  declare readonly owner: pulumi.Output<string>;
  declare readonly lineage: pulumi.Output<string>;
  /** Name of the BackupStorageLocation in the cluster. */
  declare readonly locationName: pulumi.Output<string>;
  /** Velero's namespace. */
  declare readonly namespace: pulumi.Output<string>;
  /** Folder in the bucket to which this cluster backs up. */
  declare readonly storePrefix: pulumi.Output<string>;
  /** Names of the read-only locations, by the key of the cluster that they read. */
  declare readonly readLocations: pulumi.Output<Record<string, string>>;
  /** `ReadWrite`, or `ReadOnly` where writing could destroy what lies at the prefix: `message` says why. */
  declare readonly accessMode: pulumi.Output<"ReadWrite" | "ReadOnly">;
  /** Velero's verdict: `Available` or `Unavailable`. */
  declare readonly phase: pulumi.Output<string>;
  declare readonly message: pulumi.Output<string | undefined>;
  declare readonly lastValidated: pulumi.Output<string | undefined>;
  declare readonly lastSynced: pulumi.Output<string | undefined>;
  /** Velero's version, `v1.18.3`, when the location was last made or changed; absent where it could not be told. */
  declare readonly serverVersion: pulumi.Output<string | undefined>;
  /**
   * `Healthy`, `Offline`, or `Unhealthy` where `onUnhealthy` let it be skipped. A refresh finds what is, and anything
   * else is drift, which the next up repairs or names; `message` says what it is:
   *
   * - `Missing`: the BackupStorageLocation is gone, or one of `reads`, or a Secret that they name.
   * - `Drifted`: someone else has changed one of them (access mode, place, config, keys) or made it anew, or the claim
   *   on the prefix is gone or another's.
   * - `Unhealthy`: Velero calls one of them Unavailable, or has another default; or an up was not finished.
   * - `Unknown`: the cluster cannot be reached, or its Velero has not looked at the location for long.
   *
   * Secrets that a refresh may not read, and a store that it cannot ask, count as unchanged.
   */
  declare readonly health: pulumi.Output<string>;

  readonly connection: pulumi.Inputs;
  readonly storage: pulumi.Inputs;
  readonly credentials: pulumi.Inputs | undefined;
  readonly access: pulumi.Inputs | string | undefined;
  readonly preflight: Preflight | undefined;
  readonly onUnhealthy: OnUnhealthy | undefined;
  readonly readOnly: pulumi.Output<true | undefined> | undefined;
  readonly ownStorage: pulumi.Inputs | undefined;
  readonly ownPrefix: pulumi.Input<string> | undefined;
  readonly adoptLineage: pulumi.Input<string> | undefined;

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
    const outputs = [
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
    super(
      "ClusterLocation",
      name,
      { ...Object.fromEntries(outputs.map((output) => [output, undefined])), ...props },
      opts,
    );
    // As the program has them, not as this resource's outputs: of a new cluster those are all unknown in a preview,
    // and every backup of every other cluster would show a false change (pulumi-dynamic 9.8b).
    this.connection = props.connection;
    this.storage = props.storage ?? {};
    this.credentials = props.credentials;
    this.access = props.access;
    this.preflight = props.preflight;
    this.onUnhealthy = props.onUnhealthy;
    this.ownStorage = props.ownStorage;
    this.ownPrefix = props.prefix;
    this.adoptLineage = props.adoptLineage;
    const { requestedAccessMode: mode } = props;
    this.readOnly =
      mode === undefined
        ? undefined
        : pulumi.output(mode).apply((known) => (known === "ReadOnly" ? true : undefined));
  }
}

/** What other resources need of a cluster's location: coordinates from its outputs, ways to it from the program. */
export interface ClusterAccess {
  owner: pulumi.Input<string>;
  /** The lineage of the ClusterLocation. */
  lineage: pulumi.Input<string>;
  /** The lineage of what this program hangs on the location. Default: the location's. */
  usersLineage?: pulumi.Input<string>;
  /** The lineage of a state of this program's that was lost. */
  adoptLineage?: pulumi.Input<string> | undefined;
  locationName: pulumi.Input<string>;
  namespace: pulumi.Input<string>;
  storePrefix: pulumi.Input<string>;
  /** Of another stack's: its owner has declared the cluster offline. */
  offline?: pulumi.Input<true | undefined>;
  /** Of an offline cluster: where its backups are, if not in `storage`. */
  ownStorage?: pulumi.Inputs | undefined;
  /** And in which folder of that. */
  ownPrefix?: pulumi.Input<string> | undefined;
  /** Names of the read-only locations, by the key of the cluster that they read. */
  readLocations?: pulumi.Input<Record<string, string> | undefined>;
  /** Declared so: no backup goes there. */
  readOnly?: pulumi.Input<true | undefined> | undefined;
  connection: pulumi.Inputs;
  storage: pulumi.Inputs | undefined;
  /** That cluster's own, in place of the storage's. */
  credentials: pulumi.Inputs | undefined;
  access: pulumi.Inputs | string | undefined;
  preflight: Preflight | undefined;
  onUnhealthy: OnUnhealthy | undefined;
}

/** Whether previews look at store and clusters: see {@link BackupLocationArgs.preflight}. */
export type Preflight = "on" | "strict" | "off";

/** What a cluster that cannot be reached or served does to an up: see {@link BackupLocationArgs.onUnhealthy}. */
export type OnUnhealthy = "fail" | "skip";

/** A location that backups can go to: a BackupLocation, or another stack's by `locationFrom`. */
export interface Location<K extends string = string> {
  readonly clusters: { readonly [P in K]: ClusterAccess };
}

/** The part of a resource's inputs that says who owns what it makes on a location. */
export const ownershipOn = ({
  lineage,
  usersLineage = lineage,
  adoptLineage,
}: ClusterAccess): pulumi.Inputs => ({
  lineage: usersLineage,
  adoptLineage,
});

/** The location of a cluster as the provider refers to it. */
export const referenceTo = ({
  owner,
  lineage,
  locationName,
  namespace,
  storePrefix,
  offline,
}: ClusterAccess): pulumi.Inputs => ({ owner, lineage, locationName, namespace, storePrefix, offline });

export function clusterAccess<K extends string>(location: Location<K>, cluster: K): ClusterAccess {
  const access: ClusterAccess | undefined = location.clusters[cluster];
  if (access) return access;
  const known = Object.keys(location.clusters).join(", ");
  throw new Error(`cluster: the location has no cluster "${cluster}"; it has: ${known}`);
}
