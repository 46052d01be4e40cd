import type * as pulumi from "@pulumi/pulumi";
import { ClusterLocation, type Location, type OnUnhealthy, type Preflight } from "./cluster-location.ts";
import { type ConnectionArgs, connectionOf } from "./connection-args.ts";
import { handleOf, type LocationHandle } from "./location-handle.ts";
import type { MetadataArgs } from "./metadata-args.ts";
import { markSecrets, type SecretInput } from "./secrets.ts";
import type { StoreFacts } from "./store-facts.ts";
import type { AccessArgs, CredentialsArgs, StorageArgs } from "./storage-args.ts";
import type { TimeoutsArgs } from "./timeouts-args.ts";
import { VeleroResource } from "./velero-resource.ts";

/** Where backups are stored, and which clusters store there. */
export interface BackupLocationArgs<K extends string = string> extends MetadataArgs {
  /** Where backups are stored. */
  storage: StorageArgs;
  /** The clusters that use it, under keys of your choice; every other resource names a cluster by its key. */
  clusters: Record<K, ClusterArgs<NoInfer<K>>>;
  /**
   * How the program itself comes to the store.
   *
   * @default as Velero does, where that works outside of the cluster
   */
  access?: AccessArgs;
  /**
   * How long an operation on this location may wait.
   *
   * @default `30m` for each operation
   */
  timeouts?: TimeoutsArgs;
  /**
   * Whether previews look at store and clusters, read-only, where inputs have changed: a definite refusal (a wrong key,
   * a forbidden bucket) fails the preview; what cannot be reached from here, or may be made by the same up, is told.
   * `strict` makes that a failure, too.
   *
   * @default `on`
   */
  preflight?: Preflight;
  /**
   * What a cluster does to an up that cannot be reached, in which no Velero works, or whose Velero does not get through
   * to the store. `fail`: its location and backups fail, and the up with them; the other clusters' are made all the
   * same. `skip`: they are told and left `Unhealthy` in their outputs, with the reason as `message`; the up succeeds,
   * and the next one tries again. What the store refuses and what is declared wrongly always fails, and so does what
   * has to be deleted in such a cluster.
   *
   * @default `fail`
   * @example
   * ```ts
   * new velero.BackupLocation("fleet", { storage, clusters: { east, west, edge }, onUnhealthy: "skip" });
   * ```
   */
  onUnhealthy?: OnUnhealthy;
  /**
   * Password of the repositories in which Velero keeps file copies of volumes; at least 8 characters. The clusters get
   * the same one, so that they can restore each other's. A Velero has one for all of its locations, in the Secret
   * `velero-repo-credentials` of its namespace, and takes up a new one without a restart.
   *
   * It takes the place of Velero's constant, or of nothing; any other password, and the constant once there are repositories
   * (BackupRepository objects, which it takes the right to list), is a refusal that changes nothing, since a repository
   * keeps the password with which it was made. So it cannot be rotated. The Secret is never deleted, by a destroy
   * neither: without it the copies cannot be read. Keep the password elsewhere, too; it dies with the last cluster.
   *
   * @default what is there, which is a constant of Velero's that everybody knows, unless someone has set another
   * @example
   * ```ts
   * new velero.BackupLocation("primary", { storage, clusters, repositoryPassword: config.requireSecret("repositoryPassword") });
   * ```
   */
  repositoryPassword?: SecretInput;
  /**
   * How often Velero looks whether it gets through to the store, in every cluster: `spec.validationFrequency` of the
   * BackupStorageLocations. A Go duration. Velero looks every ten seconds at the most. `"0"`: never by itself, but only
   * when its server starts and when the location is made or changed. A change of it is an update in place.
   *
   * The location says it in the cluster, so the server's own `--store-validation-frequency` does not matter.
   *
   * @default `1m`; a location that was adopted keeps its own, or its server's
   * @example
   * ```ts
   * new velero.BackupLocation("archive", { storage, clusters, validationFrequency: "1h" });
   * ```
   */
  validationFrequency?: pulumi.Input<string>;
  /**
   * Decides about stored backups when this resource goes, or when a cluster is taken out of `clusters`.
   *
   * - `retain`: everything stays, and no longer expires.
   * - `delete`: Velero deletes every backup, with its snapshots; then all that is left below the cluster's own prefix
   *   goes. Nothing is deleted where the prefix does not carry this location's claim, where a backup there was not made
   *   by this stack, and by a replacement; while another stack uses the location it stays whole. The policy in force is
   *   that of the last up.
   *
   * @default "retain"
   * @example
   * ```ts
   * new velero.BackupLocation("review", { storage, clusters: { review }, deletionPolicy: "delete" });
   * ```
   */
  deletionPolicy?: pulumi.Input<"retain" | "delete">;
  /**
   * The lineage of a stack of the same project and name whose state is lost for good: this location then owns all that
   * the lost one made, in the store and in the clusters, and so do the resources that hang on it. A preview that meets
   * such objects is refused, and prints the value. It acts when a resource is created; take it out afterwards.
   *
   * @default nothing is taken back
   * @example
   * ```ts
   * new velero.BackupLocation("primary", { storage, clusters, adoptLineage: "3f9c0a54be17d208" });
   * ```
   */
  adoptLineage?: pulumi.Input<string>;
}

/** A connection, and what is particular to that cluster. */
export interface ClusterArgs<K extends string = string> extends ConnectionArgs {
  /**
   * Namespace in which Velero runs. Changing it makes a new location there.
   *
   * @default `velero`
   */
  namespace?: pulumi.Input<string>;
  /**
   * `ReadOnly`: nothing is backed up to it, and nothing claimed in the store.
   *
   * @default `ReadWrite` where that is safe
   */
  accessMode?: pulumi.Input<"ReadWrite" | "ReadOnly">;
  /**
   * Folder of this cluster below the store's prefix. One cluster backs up to a prefix, ever. Changing it makes a new
   * location; what lies at the old place stays and no longer expires, and can be read through a key with `offline:
   * true` and the old prefix. With an own `storage`: the folder below that store's prefix, `"/"` for its root.
   *
   * @default a safe form of its key
   */
  prefix?: pulumi.Input<string>;
  /**
   * Where an `offline` cluster's backups are, if not in the location's own store: a replica, another bucket, another
   * kind of store, with the keys that reach it. They are tried, read-only, before a cluster gets them, and need put and
   * delete on `restores/*` there to restore from it (Velero writes its logs there). Only with `offline: true`.
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
   * Clusters whose backups this one can restore, or `"all"` of them.
   *
   * @default no other cluster
   */
  reads?: readonly K[] | "all";
  /**
   * Velero's default location in this cluster.
   *
   * @default false; one that was adopted stays what it was
   */
  default?: pulumi.Input<boolean>;
  /**
   * What has to be there first, such as Velero itself.
   *
   * @default nothing
   */
  dependsOn?: pulumi.CustomResourceOptions["dependsOn"];
  /**
   * Keys of this cluster's own, of the same kind of store, in place of the storage's: such as may reach its prefix only.
   *
   * @default those of the location's storage
   */
  credentials?: CredentialsArgs;
  /**
   * Makes a prefix writable that was attached read-only; the value is printed with the reason and fits only that case.
   *
   * @default nothing is taken over
   */
  takeOver?: pulumi.Input<string>;
  /**
   * Name of a BackupStorageLocation that exists in Velero's namespace and is taken over, with the backups in it, in
   * place of a new one: dynamic resources cannot be imported. The next preview is empty.
   *
   * It has to lie where this one is declared: provider, bucket and prefix are compared, and a mismatch is told with
   * what to set; so its `prefix` usually has to be given here. One in the root of a bucket cannot be declared. What
   * is declared changes there, and what no property says stays: the preview tells both. Its keys go into a Secret of its
   * name; the one that it used so far stays. If it is
   * writable it stays so: its Velero writes there anyway. Refused, before anything is changed, is also one that is not
   * there (those that are, are listed), that another resource of this project owns, for which a Secret of its
   * name exists already, or whose backups are not in the declared store. From then on it is like any other: a destroy
   * takes it out of the cluster, and what is stored stays.
   *
   * It acts when this cluster's location is created, as Pulumi's `import` does: dropped later, or left in the program, it
   * changes nothing, and another name than the present one replaces the location.
   *
   * @default a new location is made
   * @example
   * ```ts
   * new velero.BackupLocation("primary", {
   *   storage, // the bucket in which `velero install --prefix prod` has put it
   *   clusters: { east: { provider: east, adopt: "default", prefix: "prod" } },
   * });
   * ```
   */
  adopt?: pulumi.Input<string>;
}

/**
 * A place in an object store for backups, and the clusters that use it.
 *
 * It inspects the bucket and probes it (writes, reads, lists and deletes one object below `<prefix>/metadata/`). For
 * each cluster it makes a child, a {@link ClusterLocation}: credentials and a BackupStorageLocation, waited for until
 * Velero calls it `Available`. Every cluster writes below its own `<prefix>/<key>/`, which is claimed by a marker.
 *
 * Destroying it takes the location out of the clusters; what is stored stays, and no longer expires. Where schedules
 * or backups of other stacks still use it (`locationFrom`), the location object stays in that cluster, with its Secret,
 * its claim and its data, labelled `pulumi-velero.io/leaving`; the last of them removes it when it goes. Declared again
 * meanwhile, it is this resource's again.
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

  /** What the bucket is, as found by the last up or refresh. */
  declare readonly store: pulumi.Output<StoreFacts>;
  /** `Healthy`; after a refresh `Missing` where the bucket is gone, `Unknown` where it could not be asked: that is drift. */
  declare readonly health: pulumi.Output<LocationHealth>;
  /** The reason why `health` is not `Healthy`. */
  declare readonly message: pulumi.Output<string | undefined>;
  /** A random id of this stack's location: with the URN it tells the owner of each object. Made once, kept in state. */
  declare readonly lineage: pulumi.Output<string>;

  /** The location as each cluster sees it. */
  readonly clusters: { readonly [P in K]: ClusterLocation };

  /** Coordinates without connections and secrets, made to be exported: see {@link locationFrom}. */
  readonly handle: pulumi.Output<LocationHandle>;

  constructor(name: string, args: BackupLocationArgs<K>, opts?: pulumi.CustomResourceOptions) {
    // What is misspelt goes along, here and below, for the provider to complain about.
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
        store: undefined,
        health: undefined,
        message: undefined,
        lineage: undefined,
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

/**
 * The folder of each cluster, `""` where none is said, and false where the cluster does not write: a preview counts by
 * them what goes with a cluster that is taken out.
 */
const prefixesOf = (clusters: Record<string, ClusterArgs> | undefined): pulumi.Inputs =>
  Object.fromEntries(
    Object.entries(clusters ?? {}).map(([key, { offline, accessMode, prefix = "" }]) => [
      key,
      offline === true || accessMode === "ReadOnly" ? false : prefix,
    ]),
  );

/** How a store is: `Missing` where its bucket is gone, `Unknown` where it could not be asked. */
export type LocationHealth = "Healthy" | "Missing" | "Unknown";

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
