import * as pulumi from "@pulumi/pulumi";
import { type ClusterAccess, hideAccess } from "./cluster-access.ts";
import { type Outputs, VeleroResource } from "./velero-resource.ts";
import { clusterLocationResults, type ClusterLocationResults } from "../model/location-results.ts";

/**
 * A BackupLocation in one of its clusters: the Secret with the credentials, the BackupStorageLocation, and the
 * read-only locations of `reads`. BackupLocation creates it, and programs do not: `location.clusters.east`.
 */
export class ClusterLocation extends VeleroResource implements LocationCluster {
  /** @internal */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/velero:ClusterLocation";

  /** Velero's namespace. */
  declare readonly namespace: pulumi.Output<string>;

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
    super("ClusterLocation", name, { ...clusterLocationResults, ...props }, opts);
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

export interface ClusterLocation extends Outputs<ClusterLocationResults> {}

const VISIBLE = ["id", "urn", "namespace", ...Object.keys(clusterLocationResults)];

/** Names with two underscores are Pulumi's own, and Pulumi enumerates some of them. */
const isOwn = (key: string): boolean => !/^__(?!provider$)/.test(key);

/** A cluster of a location as every program may see it: the names of the location in that cluster's Velero. */
export interface LocationCluster extends Outputs<
  Pick<ClusterLocationResults, "locationName" | "storePrefix" | "readLocations">
> {
  /** Velero's namespace. */
  readonly namespace: pulumi.Output<string>;
}

/** Decides whether previews check store and clusters: see {@link BackupLocationArgs.preflight}. */
export type Preflight = "on" | "strict" | "off";

/** Decides about an up for a cluster that is unreachable or unhealthy: see {@link BackupLocationArgs.onUnhealthy}. */
export type OnUnhealthy = "fail" | "skip";

/** A location for backups: a BackupLocation, or another stack's by `locationFrom`. */
export interface Location<K extends string = string> {
  /** Its clusters by key. */
  readonly clusters: { readonly [P in K]: LocationCluster };
}
