import { Problem } from "../core/errors.ts";
import { hasUnknown, shortHash } from "../core/values.ts";
import { type ClusterLocationInputs, type Source, storePrefixOf } from "../schemas/cluster-location.ts";
import { prefixOf } from "../store/coordinates.ts";
import type { LifecycleRule, Retention, StoreFacts } from "../../model/store-facts.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { checksumOf } from "../store/s3.ts";
import type { AwsStorage, StorageConfig } from "../store/storage-config.ts";
import type { StoreErrorCode } from "../store/store-error.ts";
import {
  programAccess,
  resolveStorage,
  type StoreDeclaration,
  trialAccess,
  type StoreAccess,
  fromOutside,
  worksAnywhere,
} from "../store/store-access.ts";
import { foldersWithData } from "./claim.ts";
import { type Finding, findingIn, warning } from "./finding.ts";
import { shared } from "./preflight.ts";
import type { Session } from "../session.ts";
import { LEGAL_FOLDERS } from "../velero/backup-files.ts";

/** Returns the access of a reader to a source with its own store. */
export const sourceAccess = (storage: NonNullable<Source["storage"]>, cluster: string): StoreAccess => ({
  storage,
  declaredAs: (path) => path.replace(/^storage\b/, `clusters.${cluster}.storage`),
});

/**
 * Checks, read-only, whether a source's own credentials can read its store, before Velero gets them. Credentials that
 * exist only in the cluster cannot be checked. Returns a warning, if there is one.
 */
export async function warningOfSource(
  session: Session,
  { cluster, prefix, storage }: Source,
  { access }: Pick<ClusterLocationInputs, "access">,
): Promise<string | undefined> {
  if (!storage || access === "none" || !worksAnywhere(storage)) return undefined;
  const store = session.stores.open(fromOutside(sourceAccess(storage, cluster)));
  const place = storePrefixOf(storage, cluster, prefix);
  const { folders } = await store.children(place && `${place}/`);
  if (folders.some((folder) => LEGAL_FOLDERS.includes(folder))) return undefined;
  return (
    `clusters.${cluster}.prefix: nothing of Velero's lies at ${place}/ in ${store.address}. ` +
    "Look whether bucket and prefix are those to which that cluster's Velero writes"
  );
}

/**
 * Explains the effects of the bucket's retention on backups. Velero writes a backup's metadata twice, and kopia its own
 * again and again. So if objects cannot be replaced, no backup ever ends
 * (docs/design/velero-facts.md#retention-and-object-lock).
 */
export function retentionAdvice(facts: StoreFacts, storage: StorageConfig, address: string): string[] {
  const { retention = "unknown", objectLock } = facts;
  if (typeof retention === "object") {
    const kept = `${address} keeps every object${periodOf(retention)} (${retention.mode})`;
    if (retention.forbidsOverwriting) throw immutable(storage, kept);
    if (lacksChecksum(storage)) throw checksumWanted(storage, kept);
    return [
      `${kept}: backups that expire or are deleted before stay as versions, and go on costing, and so does what kopia's ` +
        "maintenance tidies up. A shorter ttl frees nothing. Let a lifecycle rule for noncurrent versions remove them.",
    ];
  }
  if (objectLock !== "on") return [];
  return [
    `${address} has object lock, and so keeps versions: backups that expire or are deleted stay as versions, and go on ` +
      "costing, until their retention, if any, is over and a lifecycle rule for noncurrent versions removes them.",
  ];
}

const immutable = (storage: StorageConfig, kept: string) =>
  new Problem({
    code: "Immutable",
    property:
      "azure" in storage ? "storage.azure.container" : `storage.${Object.keys(storage).join()}.bucket`,
    what: `${kept}, and lets nothing take its place, which Velero cannot live with: it writes a backup's metadata twice`,
    todo:
      "azure" in storage
        ? "Remove the policy or hold, or take a container with version-level immutability."
        : "Remove it, switch Object Versioning on, or take another bucket.",
  });

const checksumWanted = (storage: { aws: AwsStorage }, kept: string) => {
  const isDeclared = storage.aws.checksumAlgorithm !== undefined;
  return new Problem({
    code: "Immutable",
    property: isDeclared ? "storage.aws.checksumAlgorithm" : "storage.aws.endpoint",
    what:
      `${kept}, for which AWS demands a checksum, and Velero's plugin ` +
      (isDeclared ? "is declared to send none" : "does not send one to an `endpoint` unless it is declared"),
    todo: 'Declare `checksumAlgorithm: "CRC32"`, or leave `endpoint` and `checksumAlgorithm` out and give `region`.',
  });
};

const lacksChecksum = (storage: StorageConfig): storage is { aws: AwsStorage } =>
  "aws" in storage && checksumOf(storage.aws) === "" && isAmazons(storage.aws.endpoint);

const isAmazons = (endpoint: string | undefined): boolean =>
  endpoint === undefined ||
  (URL.canParse(endpoint) && /\.amazonaws\.com(\.cn)?$/i.test(new URL(endpoint).hostname));

function periodOf({ days }: Retention): string {
  if (days === undefined) return "";
  return Number.isInteger(days)
    ? ` for ${days} ${days === 1 ? "day" : "days"}`
    : ` for ${(days * 24).toFixed(1)} hours`;
}

/**
 * Describes the effects of the bucket's lifecycle rules on the backups below a prefix. Velero does not notice them: an
 * incomplete backup still looks complete, and a kopia repository breaks when one old blob is missing.
 */
export function lifecycleAdvice({ lifecycle = [] }: StoreFacts, address: string, prefix: string): string[] {
  if (lifecycle === "unknown") return [];
  return lifecycle
    .filter((rule) => touches(rule, `${prefix}/`))
    .map((rule) => wordsFor(rule, address, prefix));
}

/** The prefixes of stores are strings, and not folders. */
const touches = (rule: LifecycleRule, folder: string): boolean =>
  folder.startsWith(rule.prefix) || rule.prefix.startsWith(folder);

function wordsFor(rule: LifecycleRule, address: string, prefix: string): string {
  const name = rule.name === undefined ? "a lifecycle rule" : `lifecycle rule "${rule.name}"`;
  const reach = rule.prefix === "" ? "everything" : `what begins with "${rule.prefix}"`;
  const remedy = `Exempt ${prefix}/ from the rule: Velero deletes what its ttl is over for.`;
  return rule.does === "deletes"
    ? `${name} of ${address} deletes ${reach}${whenIt(rule)}, and so backups below ${prefix}/ with a longer ttl and parts of ` +
        `kopia repositories, which are then broken; Velero does not notice. ${remedy}`
    : `${name} of ${address} archives ${reach}${whenIt(rule)}: backups below ${prefix}/ cannot be restored from then on, ` +
        `nor kopia repositories read, until they are thawed by hand. ${remedy}`;
}

function whenIt({ days, on }: LifecycleRule): string {
  if (days !== undefined) return ` after ${days} ${days === 1 ? "day" : "days"}`;
  return on === undefined ? "" : ` on ${on}`;
}

/** The bucket's lifecycle rules leave the backups below a cluster's prefix alone. */
export async function lifecycleKeepsBackups(
  session: Session,
  { storage, access }: StoreDeclaration,
  storePrefix: string,
): Promise<Finding[]> {
  if (hasUnknown([storage, access, storePrefix])) return [];
  // The bucket is read with the store's own credentials: a cluster's may be limited to its folder.
  const way = programAccess({ storage, access });
  if (!way) return [];
  try {
    const facts = await knownFacts(session, way);
    return lifecycleAdvice(facts, session.stores.open(way).address, storePrefix).map(warning);
  } catch {
    // Another check reports a store that cannot be reached.
    return [];
  }
}

/**
 * Failures that no later step of the same `up` fixes. A missing bucket is not one of them, because the `up` may create
 * it.
 */
export const DEFINITE_STORE_CODES: readonly (StoreErrorCode | "NestedPrefix" | "Immutable")[] = [
  "WrongCredentials",
  "Forbidden",
  "WrongRegion",
  "UntrustedCertificate",
  "ClockSkew",
  "PackageMissing",
  "BadSetting",
  "NestedPrefix",
  "Immutable",
];

/** The program can read the bucket, and no Velero has its root there. It writes nothing. */
export function storeUsable(session: Session, { storage, access }: StoreDeclaration): Promise<Finding[]> {
  if (hasUnknown([storage, access])) return Promise.resolve([]);
  return shared(session, `store ${shortHash(32, storage, access)}`, async () => {
    try {
      const way = programAccess({ storage, access });
      if (!way) return [];
      const store = session.stores.open(way);
      const facts = await knownFacts(session, way);
      const advice = retentionAdvice(facts, storage, store.address);
      await refuseRootOfAnother(store, prefixOf(storage));
      await session.stores.open(trialAccess({ storage, access }))?.inspect();
      return advice.map(warning);
    } catch (error) {
      return findingIn(error, { refusals: DEFINITE_STORE_CODES, open: "all" });
    }
  });
}

/** Returns the facts about a bucket. A process asks once for all clusters. A failure is not cached. */
export function knownFacts(session: Session, way: StoreAccess): Promise<StoreFacts> {
  const key = shortHash(32, resolveStorage(session.secrets, way.storage, way.declaredAs));
  const facts = session.storeFacts.get(key) ?? session.stores.open(way).inspect();
  session.storeFacts.set(key, facts);
  facts.catch(() => session.storeFacts.delete(key));
  return facts;
}

/**
 * Refuses a prefix that is the root of another location: a folder `east/` below it would make that location Unavailable
 * (docs/design/velero-facts.md#nested-prefixes).
 */
export async function refuseRootOfAnother(store: ObjectStore, prefix: string): Promise<void> {
  const velero = await foldersWithData(store, prefix);
  if (velero.length === 0) return;
  throw new Problem({
    code: "NestedPrefix",
    property: "storage",
    what: `${store.address} is already the root of a Velero location${prefix ? ` at ${prefix}/` : ""} (it has ${velero.join(", ")})`,
    todo: "Folders of other clusters below it would make that location Unavailable. Choose another `prefix`.",
  });
}

/**
 * The backups of an offline cluster can be read. The rule is applied once for all readers, for the
 * cluster that declares the store.
 */
export async function offlineBackupsReadable(
  session: Session,
  inputs: ClusterLocationInputs,
): Promise<Finding[]> {
  const { cluster, ownStorage, prefix, access } = inputs;
  if (!ownStorage || hasUnknown([ownStorage, prefix, access])) return [];
  try {
    const odd = await warningOfSource(session, { cluster, prefix, storage: ownStorage }, { access });
    return odd === undefined ? [] : [warning(odd)];
  } catch (error) {
    return findingIn(error, { refusals: DEFINITE_STORE_CODES, open: "all" });
  }
}
