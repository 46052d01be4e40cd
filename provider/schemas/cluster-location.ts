import type { CheckedResources } from "../core/checked-resources.ts";
import * as v from "valibot";
import type { CommonInputs, KindOfInputs, Preflight } from "../core/check.ts";
import type { Timeouts } from "../core/deadline.ts";
import type { Failure } from "../core/handler.ts";
import { objectName, safeName, type UserMetadata } from "../core/identity.ts";
import { contentOf, type Secret } from "../core/references.ts";
import { validate } from "../core/validate.ts";
import { assumeUnchanged, hasUnknown, isUnknown, same, UNKNOWN } from "../core/values.ts";
import type { Connection } from "../kubernetes/connection.ts";
import { identityOf, prefixOf, trimSlashes } from "../store/coordinates.ts";
import type { Access, Credentials, StorageConfig } from "../store/storage-config.ts";
import { under } from "../velero/layout.ts";
import type { AccessMode } from "../velero/types.ts";
import * as schemas from "./common.ts";
import type { OnUnhealthy } from "./common.ts";
import { metadataEntries } from "./metadata.ts";
import { access, anyCredentials, storage, wayRules } from "./storage.ts";

export type ClusterLocationHealth = "Healthy" | "Offline" | "Missing" | "Drifted" | "Unhealthy" | "Unknown";

/** A location as one cluster sees it. Made by BackupLocation, one for each of its `clusters`. */
export interface ClusterLocationInputs extends CommonInputs, UserMetadata {
  health: ClusterLocationHealth;
  /** Name of the BackupLocation. */
  location: string;
  /** Key of the cluster. */
  cluster: string;
  connection: Connection;
  storage: StorageConfig;
  /** This cluster's own, in place of the storage's. */
  credentials?: Credentials | undefined;
  access?: Access | undefined;
  /** Namespace of Velero. */
  namespace: string;
  requestedAccessMode?: AccessMode | undefined;
  prefix?: string | undefined;
  /** Of an offline cluster: where its backups are, if not in `storage`. Its `prefix` is then one of that store. */
  ownStorage?: StorageConfig | undefined;
  reads?: Source[] | undefined;
  default?: boolean | undefined;
  takeOver?: string | undefined;
  /** Name of a location that exists and is taken over when this one is created; what is left of it then says nothing. */
  adopt?: string | undefined;
  onUnhealthy?: OnUnhealthy | undefined;
  /** Velero's for file copies of volumes, one for all locations of an installation. */
  repositoryPassword?: Secret | undefined;
  /** How often Velero looks at the location and at those of `reads`. */
  validationFrequency?: string | undefined;
  /** Tells what becomes of stored backups when the location goes. */
  deletionPolicy?: "retain" | "delete" | undefined;
  timeouts?: Timeouts | undefined;
  preflight?: Preflight | undefined;
  /** Computed: the BackupStorageLocation's name, its Secret's too. */
  locationName: string;
  /** Computed: where in the bucket this cluster writes. */
  storePrefix: string;
  /** Computed: name of the read-only location for each cluster of `reads`. */
  readLocations: Record<string, string>;
}

/** A cluster whose backups this one may restore. */
export interface Source {
  cluster: string;
  prefix?: string | undefined;
  /** Where it is not the reader's own. */
  storage?: StorageConfig | undefined;
}

const schema = v.strictObject({
  ...schemas.identity,
  location: schemas.text,
  cluster: schemas.text,
  connection: schemas.connection,
  storage,
  credentials: v.optional(anyCredentials),
  access: v.optional(access),
  namespace: schemas.text,
  requestedAccessMode: v.optional(v.picklist(["ReadWrite", "ReadOnly"])),
  prefix: v.optional(schemas.text),
  ownStorage: v.optional(storage),
  reads: v.optional(
    v.array(
      v.strictObject({
        cluster: schemas.text,
        prefix: v.optional(schemas.text),
        storage: v.optional(storage),
      }),
    ),
  ),
  default: v.optional(v.boolean()),
  takeOver: v.optional(schemas.text),
  adopt: v.optional(schemas.text),
  ...metadataEntries,
  onUnhealthy: v.optional(schemas.onUnhealthy),
  repositoryPassword: v.optional(schemas.secret),
  validationFrequency: v.optional(schemas.duration),
  deletionPolicy: v.optional(schemas.deletionPolicy),
  timeouts: v.optional(schemas.timeouts),
  preflight: v.optional(schemas.preflight),
});

/** Below the store's prefix every cluster has a folder of its own, named after its key unless it says otherwise. */
export function storePrefixOf(storage: StorageConfig, cluster: string, prefix: string | undefined): string {
  if (isUnknown(storage)) return UNKNOWN;
  return under(prefixOf(storage), trimSlashes(prefix ?? safeName(cluster)));
}

/**
 * The inputs that cannot change under one name: the place in the store, and the namespace
 * (docs/design/rules.md#replacement-of-a-location).
 */
export function placeOf(inputs: ClusterLocationInputs): Record<string, unknown> {
  if (isUnknown(inputs.storage)) return { storage: UNKNOWN };
  return {
    storage: identityOf(inputs.storage),
    // With a store of its own its `prefix` says nothing of this one: it stays where it was.
    prefix: inputs.ownStorage
      ? inputs.storePrefix
      : storePrefixOf(inputs.storage, inputs.cluster, inputs.prefix),
    namespace: inputs.namespace,
  };
}

/** A location is found by its name: another one that is to be adopted takes the place of this one. */
export const replacedBy = (inputs: ClusterLocationInputs): Record<string, unknown> => ({
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
  schema,
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
    ...wayRules(news).map(({ path, reason }) => ({ path: declaredAs(news, path), reason })),
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

/** Where the data is, in words; another namespace of Velero is another location, but no move of the data. */
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
 * The old name while nothing that replaces has changed, so that an alias, which changes the owner, keeps it. What
 * `adopt` names counts once, when it is set.
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

/** Without a folder of its own a cluster would take the whole bucket, and the folders of all others with it. */
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

/** A store of its own is for reading what somebody else writes: here one location's clusters write to one store. */
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

/** Of a reference what it stands for here; one that leads nowhere is complained of elsewhere. */
function passwordRules({ repositoryPassword: declared }: ClusterLocationInputs): Failure[] {
  if (declared === undefined || hasUnknown(declared) || validate(schemas.secret, declared).length > 0)
    return [];
  const content = contentOf(declared);
  if (content === undefined || content.trim().length >= SHORTEST_PASSWORD) return [];
  return [{ path: "repositoryPassword", reason: `must have at least ${SHORTEST_PASSWORD} characters` }];
}

/** A program may say these of a cluster. The connection holds what the SDK has found no other place for. */
export const namesOfCluster: readonly string[] = [
  ...["provider", "kubeconfig", "ambient", "offline", "context", "dependsOn", "namespace", "accessMode"],
  ...["prefix", "takeOver", "adopt", "reads", "default", "credentials", "storage"],
];
