import * as v from "valibot";
import type { ClusterLocationHealth } from "../../model/health.ts";
import type { ClusterLocationResults } from "../../model/location-results.ts";
import type { CommonInputs, KindOfInputs } from "../core/check.ts";
import type { CheckedResources } from "../core/session.ts";
import {
  deletionPolicy,
  duration,
  identity,
  onUnhealthy,
  preflight,
  secret,
  text,
  timeouts,
} from "../core/fields.ts";
import type { Failure } from "../core/handler.ts";
import { objectName, type Owner, safeName } from "../core/identity.ts";
import { contentOf } from "../core/secrets.ts";
import { metadataEntries } from "../core/user-metadata.ts";
import { validate } from "../core/validate.ts";
import { assumeUnchanged, hasUnknown, isUnknown, same, UNKNOWN } from "../core/values.ts";
import { type Connection, connection } from "../kubernetes/connection.ts";
import { identityOf, prefixOf, trimSlashes } from "../store/coordinates.ts";
import { access, anyCredentials, storage, type StorageConfig } from "../store/storage-config.ts";
import { accessRules } from "../store/store-access.ts";
import { under } from "../velero/backup-files.ts";

/** A cluster whose backups this cluster may restore. */
const source = v.strictObject({
  cluster: text,
  prefix: v.optional(text),
  // The source's store, if it is not the reader's own.
  storage: v.optional(storage),
});

export type Source = v.InferOutput<typeof source>;

const clusterLocationSchema = v.strictObject({
  ...identity,
  // The name of the BackupLocation.
  location: text,
  cluster: text,
  connection,
  storage,
  // The cluster's own credentials, which replace those of the storage.
  credentials: v.optional(anyCredentials),
  access: v.optional(access),
  // The namespace of Velero.
  namespace: text,
  requestedAccessMode: v.optional(v.picklist(["ReadWrite", "ReadOnly"])),
  prefix: v.optional(text),
  // The store of an offline cluster's backups, if it is not `storage`. `prefix` is then a prefix in that store.
  ownStorage: v.optional(storage),
  reads: v.optional(v.array(source)),
  default: v.optional(v.boolean()),
  takeOver: v.optional(text),
  // It has an effect in the create alone.
  adopt: v.optional(text),
  ...metadataEntries,
  onUnhealthy: v.optional(onUnhealthy),
  // All locations of an installation share it.
  repositoryPassword: v.optional(secret),
  validationFrequency: v.optional(duration),
  deletionPolicy: v.optional(deletionPolicy),
  timeouts: v.optional(timeouts),
  preflight: v.optional(preflight),
});

/** Check computes these outputs, so that previews know them. */
type ComputedNames = Pick<ClusterLocationResults, "locationName" | "storePrefix" | "readLocations">;

/** A location in one cluster. BackupLocation makes one for each of its `clusters`. */
export interface ClusterLocationInputs
  extends CommonInputs, v.InferOutput<typeof clusterLocationSchema>, ComputedNames {
  health: ClusterLocationHealth;
}

/**
 * Returns the prefix of a cluster: a folder below the store's prefix, named after the cluster key unless `prefix` is
 * set.
 */
export function storePrefixOf(storage: StorageConfig, cluster: string, prefix: string | undefined): string {
  if (isUnknown(storage)) return UNKNOWN;
  return under(prefixOf(storage), trimSlashes(prefix ?? safeName(cluster)));
}

/**
 * Returns the inputs whose change needs another location name: the place in the store, and the namespace
 * (docs/design/rules.md#replacement-of-a-location).
 */
export function placeOf(inputs: ClusterLocationInputs): Record<string, unknown> {
  if (isUnknown(inputs.storage)) return { storage: UNKNOWN };
  return {
    storage: identityOf(inputs.storage),
    // If the cluster has a store of its own, `prefix` belongs to that store. The prefix in this store stays unchanged.
    prefix: inputs.ownStorage
      ? inputs.storePrefix
      : storePrefixOf(inputs.storage, inputs.cluster, inputs.prefix),
    namespace: inputs.namespace,
  };
}

/**
 * Returns the inputs whose change replaces the location. A location is found by its name, so adopting another one
 * replaces this one.
 */
export const locationReplacedBy = (inputs: ClusterLocationInputs): Record<string, unknown> => ({
  ...placeOf(inputs),
  locationName: inputs.locationName,
});

function declaredAs({ cluster, reads }: ClusterLocationInputs, path: string): string {
  const [, index, within] = /^reads\.(\d+)\.(storage.*)$/.exec(path) ?? [];
  if (within !== undefined) return `clusters.${reads?.[Number(index)]?.cluster}.${within}`;
  if (
    /^(storage|access|timeouts|owner|onUnhealthy|repositoryPassword|validationFrequency|deletionPolicy|adoptLineage|labels|annotations)\b/.test(
      path,
    )
  )
    return path;
  return `clusters.${cluster}.${path
    .replace(/^connection\./, "")
    .replace(/^requestedAccessMode/, "accessMode")
    .replace(/^ownStorage/, "storage")}`;
}

export const clusterLocationInputs: KindOfInputs<ClusterLocationInputs> = {
  schema: clusterLocationSchema,
  computedKeys: ["locationName", "storePrefix", "readLocations"],
  declaredAs,
  namesInProgram: (path, names) => (path === "connection" ? namesOfCluster : names),
  secretParts: ({
    storage,
    access,
    connection,
    credentials,
    cluster,
    ownStorage,
    reads,
    repositoryPassword,
  }) => ({
    "": { repositoryPassword },
    storage,
    access: typeof access === "object" ? access : undefined,
    [`clusters.${cluster}`]: { ...connection, credentials },
    ...(ownStorage && { [`clusters.${cluster}.storage`]: ownStorage }),
    ...Object.fromEntries(
      sourcesIn(reads)
        .filter((source) => source.storage !== undefined)
        .map((source) => [`clusters.${source.cluster}.storage`, source.storage]),
    ),
  }),
  expectedHealth: ({ connection }) => (connection.offline ? "Offline" : "Healthy"),
  rules: (news) => [
    ...connectionRules(news.connection, news.cluster),
    ...accessRules(news).map(({ path, reason }) => ({ path: declaredAs(news, path), reason })),
    ...prefixRules(news),
    ...ownStorageRules(news),
    ...readsRules(news),
    ...passwordRules(news),
  ],
  derive: (news, olds, { checked }) => {
    const assumed = olds ? assumeUnchanged(news, olds) : news;
    const storePrefix = olds && assumed.ownStorage ? olds.storePrefix : ownPrefixOf(assumed);
    const placed = { ...assumed, storePrefix };
    const [from, to] = [olds && inStore(olds), inStore(placed)];
    const reads = sourcesIn(assumed.reads);
    return {
      computed: {
        storePrefix: hasUnknown(storePrefix) ? UNKNOWN : storePrefix,
        locationName: nameFor(placed, olds, checked),
        readLocations: Object.fromEntries(
          reads.map((source) => [source.cluster, readNameFor(placed, olds, source)]),
        ),
      },
      notices:
        from !== undefined && from !== to && assumed.connection.offline !== true
          ? [
              `backups move from ${from} to ${to}. What lies at the old place stays, no longer ` +
                "expires, and can still be read through a cluster with `offline: true` and that prefix.",
            ]
          : [],
    };
  },
};

/**
 * Describes where the data is, for a notice. Another namespace of Velero is another location, but does not move the
 * data.
 */
function inStore(inputs: ClusterLocationInputs): string {
  if (isUnknown(inputs.storage)) return UNKNOWN;
  const { provider, bucket } = identityOf(inputs.storage);
  return `${provider} bucket "${bucket}", ${String(placeOf(inputs)["prefix"])}/`;
}

const ownPrefixOf = ({ storage, cluster, prefix, ownStorage }: ClusterLocationInputs): string =>
  storePrefixOf(storage, cluster, ownStorage ? undefined : prefix);

const sourcesIn = (reads: ClusterLocationInputs["reads"]): Source[] =>
  Array.isArray(reads) ? reads.filter((source) => typeof source === "object" && source !== null) : [];

/**
 * Keeps the old name as long as nothing that replaces the location has changed. So an alias, which changes the owner,
 * keeps the name. The value of `adopt` counts once, when it is set.
 */
function nameFor(
  news: ClusterLocationInputs,
  olds: ClusterLocationInputs | undefined,
  checked: CheckedResources,
): string {
  const isLeft = olds ? news.adopt === olds.adopt : checked.isAdoptionSpent(news);
  if (news.adopt !== undefined && !isLeft) return news.adopt;
  const place = placeOf(news);
  if (olds && same(place, placeOf(olds))) return olds.locationName;
  if (olds) checked.spendAdoption(news);
  return hasUnknown(place) ? UNKNOWN : objectName(news.location, news.cluster, news.owner, place);
}

function readNameFor(
  news: ClusterLocationInputs,
  olds: ClusterLocationInputs | undefined,
  source: Source,
): string {
  const placeFor = (inputs: ClusterLocationInputs, { cluster, prefix, storage }: Source) => ({
    ...placeOf(inputs),
    source: storePrefixOf(storage ?? inputs.storage, cluster, prefix),
    ...(storage && { in: isUnknown(storage) ? UNKNOWN : identityOf(storage) }),
  });
  const place = placeFor(news, source);
  const before = olds?.reads?.find(({ cluster }) => cluster === source.cluster);
  const name = olds?.readLocations[source.cluster];
  if (olds && before && name && same(place, placeFor(olds, before))) return name;
  return hasUnknown(place)
    ? UNKNOWN
    : objectName(`${news.location}-reads-${source.cluster}`, news.cluster, news.owner, place);
}

export function connectionRules(connection: Connection, cluster: string): Failure[] {
  if (typeof connection !== "object" || connection === null) return [];
  const ways = [connection.kubeconfig, connection.ambient, connection.offline].filter(
    (way) => way !== undefined,
  );
  if (ways.length === 1) return [];
  const reason =
    ways.length === 0
      ? "has no connection. Give exactly one of `provider` (a k8s.Provider with a kubeconfig of its own: one without " +
        "cannot be used here), `kubeconfig`, `ambient: true` or `offline: true`; the current context is never guessed"
      : "has more than one connection. Give exactly one of `provider`, `kubeconfig`, `ambient` and `offline`";
  return [{ path: `clusters.${cluster}`, reason }];
}

/** A cluster needs a folder of its own. Otherwise its prefix would contain the folders of all other clusters. */
function prefixRules({ prefix, cluster, ownStorage }: ClusterLocationInputs): Failure[] {
  if (ownStorage === undefined && typeof prefix === "string" && prefix.replaceAll("/", "") === "") {
    return [{ path: `clusters.${cluster}.prefix`, reason: "must name a folder below the store's prefix" }];
  }
  if (prefix === undefined && typeof cluster === "string" && safeName(cluster) === "") {
    return [
      {
        path: `clusters.${cluster}`,
        reason: "has no letter a-z or digit to name a folder after: set its `prefix`",
      },
    ];
  }
  return [];
}

/**
 * A cluster's own store is only for reading backups that others write. All clusters of one location write to one store.
 */
function ownStorageRules({ ownStorage, connection, cluster }: ClusterLocationInputs): Failure[] {
  if (ownStorage === undefined || isUnknown(connection) || connection?.offline !== undefined) return [];
  return [
    {
      path: `clusters.${cluster}.storage`,
      reason:
        "is of a cluster with `offline: true` only, to read what lies elsewhere. To back up to another store declare " +
        "another BackupLocation there; for other keys of this one set the cluster's `credentials`",
    },
  ];
}

function readsRules({ reads, cluster }: ClusterLocationInputs): Failure[] {
  return Array.isArray(reads) && reads.some((source: Source | null) => source?.cluster === cluster)
    ? [
        {
          path: `clusters.${cluster}.reads`,
          reason: "names the cluster itself, which reads its own backups anyway",
        },
      ]
    : [];
}

const SHORTEST_PASSWORD = 8;

/** Checks the value behind a reference. Another check reports a reference that cannot be resolved. */
function passwordRules({ repositoryPassword: declared }: ClusterLocationInputs): Failure[] {
  if (declared === undefined || hasUnknown(declared) || validate(secret, declared).length > 0) return [];
  const content = contentOf(declared);
  if (content === undefined || content.trim().length >= SHORTEST_PASSWORD) return [];
  return [{ path: "repositoryPassword", reason: `must have at least ${SHORTEST_PASSWORD} characters` }];
}

/** The names that a program may use in a cluster. The SDK puts all names that it does not know into `connection`. */
export const namesOfCluster: readonly string[] = [
  ...["provider", "kubeconfig", "ambient", "offline", "context", "dependsOn", "namespace", "accessMode"],
  ...["prefix", "takeOver", "adopt", "reads", "default", "credentials", "storage"],
];

export interface ClusterLocationOutputs
  extends ClusterLocationInputs, Partial<Omit<ClusterLocationResults, "health" | keyof ComputedNames>> {
  incarnation: string;
  /** The earlier owners of this resource. */
  formerOwners?: Owner[] | undefined;
  /**
   * Earlier owners that had orphaned their location, which this resource then adopted again. Their other objects do not
   * count as users of the location, and this resource does not delete them: they may belong to a stack of the same
   * name.
   */
  takenBack?: Owner[] | undefined;
  /** Absent if the cluster was never contacted. */
  clusterUid?: string | undefined;
  /** The notice of the attachment. It is the `message` as long as the location is healthy. */
  notice?: string | undefined;
  unfinished?: string | undefined;
  /** Read locations that an unfinished `up` had begun to remove. */
  leavingReads?: string[] | undefined;
  /** True if the location that `adopt` names has been adopted. */
  adopted?: boolean | undefined;
  /** The parts of an adopted location that no property declares. */
  kept?: KeptParts | undefined;
  /** The last applied parts, by the location's name. States of 0.1 do not have them. */
  sent?: Record<string, Sent> | undefined;
}

/** The parts of an adopted location that no property declares. State holds them, and every later `up` sends them. */
export interface KeptParts {
  config?: Record<string, string> | undefined;
  /** The extra fields of its `objectStorage`. */
  objectStorage?: Record<string, unknown> | undefined;
}

/**
 * Hashes of what was written to a location, and to its Secret if the Secret is ours. State holds no secret, and a
 * refresh still has to find edits. The hashes of the location's parts are salted with the incarnation.
 */
export interface Sent {
  location: Partial<Record<LocationPart, string>>;
  secret?: string | undefined;
}

export type LocationPart =
  | "place"
  | "accessMode"
  | "config"
  | "caCert"
  | "credential"
  | "backupSyncPeriod"
  | "validationFrequency";
