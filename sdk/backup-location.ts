import type * as pulumi from "@pulumi/pulumi";
import { ClusterLocation, type Location, type OnUnhealthy, type Preflight } from "./cluster-location.ts";
import { type ConnectionArgs, connectionOf } from "./connection-args.ts";
import { handleOf, type LocationHandle } from "./location-handle.ts";
import type { MetadataArgs } from "./metadata-args.ts";
import { markSecrets, type SecretInput } from "./secrets.ts";
import type { AccessArgs, CredentialsArgs, StorageArgs } from "./storage-args.ts";
import type { TimeoutsArgs } from "./timeouts-args.ts";
import { type Outputs, VeleroResource } from "./velero-resource.ts";
import { backupLocationResults, type BackupLocationResults } from "../model/location-results.ts";

/** The store, and the clusters that use it. */
export interface BackupLocationArgs<K extends string = string> extends MetadataArgs {
  /** The store for the backups. */
  storage: StorageArgs;
  /** The clusters that use the location, under keys of your choice. Every other resource names a cluster by its key. */
  clusters: Record<K, ClusterArgs<NoInfer<K>>>;
  /**
   * The program's own access to the store.
   *
   * @default the access of Velero, if that works outside of the cluster
   */
  access?: AccessArgs;
  /**
   * Timeout of each operation on this location.
   *
   * @default `30m` for each operation
   */
  timeouts?: TimeoutsArgs;
  /**
   * Decides whether previews check store and clusters, read-only, if inputs have changed. A definite refusal (a wrong
   * key, a forbidden bucket) fails the preview. What cannot be reached from here, or may be created by the same `up`,
   * is a warning. With `strict`, that is a failure as well.
   *
   * @default `on`
   */
  preflight?: Preflight;
  /**
   * Decides about an `up` for a cluster that cannot be reached, in which no Velero works, or whose Velero cannot reach
   * the store. `fail`: the cluster's location and backups fail, and the `up` with them. Those of other clusters are
   * still created. `skip`: they are reported and get the health `Unhealthy` in their outputs, with the reason as
   * `message`. The `up` succeeds, and the next one tries again. A refusal by the store and an invalid declaration
   * always fail. A deletion in such a cluster always fails as well.
   *
   * @default `fail`
   * @example
   * ```ts
   * new velero.BackupLocation("fleet", { storage, clusters: { east, west, edge }, onUnhealthy: "skip" });
   * ```
   */
  onUnhealthy?: OnUnhealthy;
  /**
   * Password of the repositories in which Velero keeps file copies of volumes, with at least 8 characters. The clusters
   * get the same password, so that they can restore each other's copies. A Velero has one password for all of its
   * locations, in the Secret `velero-repo-credentials` of its namespace, and reads a new one without a restart.
   *
   * It replaces Velero's constant password, or none. Any other existing password is refused, and so is the constant
   * once there are repositories (BackupRepository objects; the check needs the permission to list them), because a
   * repository keeps the password that it was created with. A refusal changes nothing. So the password cannot be
   * rotated. The Secret is never deleted, not even by a destroy: without it the copies cannot be read. Keep the
   * password elsewhere as well: it is gone with the last cluster.
   *
   * @default the existing one, which is a public constant of Velero unless someone has set another
   * @example
   * ```ts
   * new velero.BackupLocation("primary", { storage, clusters, repositoryPassword: config.requireSecret("repositoryPassword") });
   * ```
   */
  repositoryPassword?: SecretInput;
  /**
   * Interval in which Velero validates its access to the store, in every cluster: `spec.validationFrequency` of the
   * BackupStorageLocations. A Go duration. Velero validates at most every ten seconds. With `"0"`, Velero validates
   * only when its server starts, and when the location is created or changed. A change is an update in place.
   *
   * The location sets the value in the cluster, so the server's own `--store-validation-frequency` has no effect.
   *
   * @default `1m`; an adopted location keeps its own value, or its server's
   * @example
   * ```ts
   * new velero.BackupLocation("archive", { storage, clusters, validationFrequency: "1h" });
   * ```
   */
  validationFrequency?: pulumi.Input<string>;
  /**
   * Decides about stored backups when this resource is removed, or when a cluster is removed from `clusters`.
   *
   * - `retain`: everything stays, and no longer expires.
   * - `delete`: Velero deletes every backup, with its snapshots. Then everything left below the cluster's own prefix is
   *   deleted. Nothing is deleted if the prefix does not have this location's claim, or if a backup there was not made
   *   by this stack. A replacement deletes nothing. While another stack uses the location, all of it stays. The policy
   *   of the last `up` applies.
   *
   * @default "retain"
   * @example
   * ```ts
   * new velero.BackupLocation("review", { storage, clusters: { review }, deletionPolicy: "delete" });
   * ```
   */
  deletionPolicy?: pulumi.Input<"retain" | "delete">;
  /**
   * The lineage of a stack with the same project and name whose state is lost for good. This location then owns
   * everything that the lost stack made, in the store and in the clusters, and so do the resources that depend on it. A
   * preview that finds such objects is refused, and prints the value. It has an effect when a resource is created.
   * Remove it afterwards.
   *
   * @default nothing is adopted
   * @example
   * ```ts
   * new velero.BackupLocation("primary", { storage, clusters, adoptLineage: "3f9c0a54be17d208" });
   * ```
   */
  adoptLineage?: pulumi.Input<string>;
}

/** A connection, and the settings of that cluster. */
export interface ClusterArgs<K extends string = string> extends ConnectionArgs {
  /**
   * Namespace in which Velero runs. A change makes a new location there.
   *
   * @default `velero`
   */
  namespace?: pulumi.Input<string>;
  /**
   * With `ReadOnly`, no backup is stored, and no prefix is claimed.
   *
   * @default `ReadWrite` if that is safe
   */
  accessMode?: pulumi.Input<"ReadWrite" | "ReadOnly">;
  /**
   * Folder of this cluster below the store's prefix. Only one cluster ever backs up to a prefix. A change makes a new
   * location. The data at the old prefix stays, no longer expires, and can be read through a key with `offline: true`
   * and the old prefix. With an own `storage`, it is the folder below that store's prefix, `"/"` for its root.
   *
   * @default the cluster key, with unsafe characters replaced
   */
  prefix?: pulumi.Input<string>;
  /**
   * The store of an `offline` cluster's backups, if it is not the location's own: a replica, another bucket, another
   * kind of store, with credentials for it. The credentials are checked, read-only, before a cluster gets them. To
   * restore from that store, they need put and delete on `restores/*` there (Velero writes its logs there). Only with
   * `offline: true`.
   *
   * @default the location's own store
   * @example
   * ```ts
   * clusters: {
   *   dr: { provider: dr, reads: ["east"] },
   *   // Another stack's, as its plain Velero stores it, replicated to another region.
   *   east: { offline: true, prefix: "/", storage: { aws: { bucket: "velero-replica", region: "eu-central-1", credentials } } },
   * }
   * ```
   */
  storage?: StorageArgs;
  /**
   * Clusters whose backups this cluster can restore, or `"all"` of them.
   *
   * @default no other cluster
   */
  reads?: readonly K[] | "all";
  /**
   * If true, the location is Velero's default location in this cluster.
   *
   * @default false; an adopted location keeps its value
   */
  default?: pulumi.Input<boolean>;
  /**
   * Resources that have to be created first, such as Velero itself.
   *
   * @default nothing
   */
  dependsOn?: pulumi.CustomResourceOptions["dependsOn"];
  /**
   * Credentials of this cluster, for the same kind of store. They replace those of the storage, and may be limited to
   * the cluster's prefix.
   *
   * @default those of the location's storage
   */
  credentials?: CredentialsArgs;
  /**
   * Makes a prefix writable that was attached read-only. The message with the reason prints the value, which is valid
   * only for that case.
   *
   * @default nothing is taken over
   */
  takeOver?: pulumi.Input<string>;
  /**
   * Name of a BackupStorageLocation that exists in Velero's namespace. It is adopted, with its backups, instead of
   * creating a new one: dynamic resources cannot be imported. The next preview is empty.
   *
   * It has to be in the declared place: provider, bucket and prefix are compared, and a mismatch is reported with the
   * values to set. So its `prefix` usually has to be given here. A location in the root of a bucket cannot be declared.
   * The declared properties are changed in it, and all others stay. The preview shows both. Its credentials are written
   * to a Secret with its name. The Secret that it used before stays. If it is writable it stays writable, because its
   * Velero writes there in any case. These cases are refused before anything is changed: a location that does not exist
   * (the existing ones are listed), a location of another resource of this project, an existing Secret with its name,
   * and backups that are not in the declared store. Afterwards the location is like any other: a destroy removes it
   * from the cluster, and the stored data stays.
   *
   * It has an effect when this cluster's location is created, like Pulumi's `import`. Later it changes nothing, whether
   * it is removed or left in the program. A name other than the current one replaces the location.
   *
   * @default a new location is created
   * @example
   * ```ts
   * new velero.BackupLocation("primary", {
   *   storage, // the bucket and prefix of `velero install --prefix prod`
   *   clusters: { east: { provider: east, adopt: "default", prefix: "prod" } },
   * });
   * ```
   */
  adopt?: pulumi.Input<string>;
}

/**
 * A place in an object store for backups, and the clusters that use it.
 *
 * It inspects the bucket and probes it (it writes, reads, lists and deletes one object below `<prefix>/metadata/`). For
 * each cluster it creates a child, a {@link ClusterLocation}: credentials and a BackupStorageLocation. It waits until
 * Velero calls the location `Available`. Every cluster writes below its own `<prefix>/<key>/`, which a marker claims.
 *
 * A destroy removes the location from the clusters. The stored data stays, and no longer expires. If schedules or
 * backups of other stacks still use it (`locationFrom`), the location object stays in that cluster, with its Secret,
 * its claim and its data, and gets the label `pulumi-velero.io/orphaned`. The last of those users removes it when it is
 * destroyed itself. If it is declared again before, it belongs to this resource again.
 *
 * @example
 * ```ts
 * const config = new pulumi.Config();
 * const location = new velero.BackupLocation("primary", {
 *   storage: {
 *     minio: {
 *       bucket: "backups",
 *       endpoint: "https://minio.example.com:9000",
 *       credentials: {
 *         static: {
 *           accessKeyId: config.requireSecret("minioAccessKey"),
 *           secretAccessKey: config.requireSecret("minioSecretKey"),
 *         },
 *       },
 *     },
 *   },
 *   clusters: {
 *     east: { provider: east },
 *     dr: { kubeconfig: config.requireSecret("drKubeconfig"), reads: ["east"] },
 *   },
 * });
 * ```
 */
export class BackupLocation<K extends string = string> extends VeleroResource implements Location<K> {
  /** @internal */
  static readonly __pulumiType = "pulumi-nodejs:dynamic/velero:BackupLocation";

  /** The location in each cluster. */
  readonly clusters: { readonly [P in K]: ClusterLocation };

  /** Coordinates without connections and secrets, for an export: see {@link locationFrom}. */
  readonly handle: pulumi.Output<LocationHandle>;

  constructor(name: string, args: BackupLocationArgs<K>, opts?: pulumi.CustomResourceOptions) {
    // Unknown properties are passed on, here and below, so that the provider reports them.
    const {
      storage: declaredStorage,
      access: declaredAccess,
      clusters,
      timeouts,
      preflight,
      onUnhealthy,
      repositoryPassword,
      validationFrequency,
      deletionPolicy,
      adoptLineage,
      labels,
      annotations,
      ...others
    } = args;
    const storage = markSecrets(declaredStorage);
    const access = markSecrets(declaredAccess);
    super(
      "BackupLocation",
      name,
      {
        ...backupLocationResults,
        storage,
        access,
        timeouts,
        preflight,
        adoptLineage,
        deletionPolicy,
        ...(deletionPolicy !== undefined && { prefixes: prefixesOf(clusters) }),
        ...others,
      },
      opts,
    );
    const all = Object.entries(clusters ?? {}) as [K, ClusterArgs][];
    const locations = all.map(([key, cluster]) => {
      const {
        namespace = "velero",
        accessMode,
        prefix,
        takeOver,
        adopt,
        dependsOn,
        reads,
        default: isDefault,
        credentials,
        storage: ownStorage,
        ...connection
      } = cluster;
      const props = {
        location: name,
        cluster: key,
        connection: connectionOf(connection),
        storage,
        credentials: markSecrets(credentials),
        access,
        namespace,
        requestedAccessMode: accessMode,
        prefix,
        ownStorage: markSecrets(ownStorage),
        reads: sourcesOf(key, reads, clusters),
        default: isDefault,
        takeOver,
        adopt,
        timeouts,
        preflight,
        onUnhealthy,
        validationFrequency,
        lineage: this.lineage,
        adoptLineage,
        deletionPolicy,
        labels,
        annotations,
        ...markSecrets({ repositoryPassword }),
      };
      const location = new ClusterLocation(`${name}-${key}`, props, {
        parent: this,
        ...(dependsOn ? { dependsOn } : {}),
      });
      return [key, location] as const;
    });
    this.clusters = Object.fromEntries(locations) as { [P in K]: ClusterLocation };
    this.handle = handleOf(declaredStorage, this);
  }
}

// The parameters of the class have to be repeated.
// oxlint-disable-next-line no-unused-vars
export interface BackupLocation<K extends string = string> extends Outputs<BackupLocationResults> {}

/**
 * Returns the folder of each cluster: `""` if none is declared, and false if the cluster does not write. A preview uses
 * them to count the backups that are deleted with a removed cluster.
 */
const prefixesOf = (clusters: Record<string, ClusterArgs> | undefined): pulumi.Inputs =>
  Object.fromEntries(
    Object.entries(clusters ?? {}).map(([key, { offline, accessMode, prefix = "" }]) => [
      key,
      offline === true || accessMode === "ReadOnly" ? false : prefix,
    ]),
  );

function sourcesOf(
  key: string,
  reads: ClusterArgs["reads"],
  clusters: Record<string, ClusterArgs>,
): pulumi.Inputs[] | undefined {
  if (reads === undefined) return undefined;
  const sources = reads === "all" ? Object.keys(clusters).filter((other) => other !== key) : reads;
  return sources.map((cluster) => {
    const source = clusters[cluster];
    if (!source) {
      throw new Error(
        `clusters.${key}.reads: there is no cluster "${cluster}"; there are: ${Object.keys(clusters).join(", ")}`,
      );
    }
    return { cluster, prefix: source.prefix, storage: markSecrets(source.storage) };
  });
}
