import { Problem } from "../../core/errors.ts";
import {
  describeOwnerOf,
  isSameOwner,
  type Owned,
  type Owner,
  ownerIn,
  ownerLabel,
  ownersOf,
} from "../../core/identity.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { clusterLabel } from "../../kubernetes/connection.ts";
import { isOwnedBy, ownedByAnother } from "../../kubernetes/ensure.ts";
import { backups, locations, secrets } from "../../kubernetes/resources.ts";
import { readMarker, refusalOf } from "../../rules/attach.ts";
import { prefixTaken, readClaimInCluster } from "../../rules/claim.ts";
import type { ClusterLocationInputs, ClusterLocationOutputs } from "../../schemas/cluster-location.ts";
import { identityOf, prefixOf, trimSlashes } from "../../store/coordinates.ts";
import { pluginConfig } from "../../store/plugin-config.ts";
import type { StorageConfig } from "../../store/storage-config.ts";
import { kindOf, programAccess, resolveStorage, veleroAccess } from "../../store/store-access.ts";
import { formerLineagesOf, orphanedLabel } from "../../velero/manifests.ts";
import { backupMetadataKey } from "../../velero/backup-files.ts";
import { newestFirst, stateOf } from "../../velero/phases.ts";
import type { Session } from "../../session.ts";
import type { Backup, BackupStorageLocation } from "../../velero/types.ts";

/**
 * Returns true if an existing location has to be adopted, and has not been. A name that an earlier incarnation adopted,
 * or that was only left in the program, does not count.
 */
export const isAdopting = ({ adopt, locationName, adopted }: Partial<ClusterLocationOutputs>): boolean =>
  adopt !== undefined && adopt === locationName && adopted !== true;

/**
 * Returns the live location that is adopted. Throws if it cannot be adopted, before anything is changed. A location
 * that a killed run has adopted is found again.
 */
export async function findAdopted(
  client: KubernetesClient,
  desired: ClusterLocationInputs & Owned,
): Promise<BackupStorageLocation> {
  const { namespace, locationName: name } = desired;
  const what = `BackupStorageLocation ${namespace}/${name} in cluster "${client.label.key}"`;
  const property = `${client.label.property}.adopt`;
  const { items } = await client.list<BackupStorageLocation>({ type: locations, namespace });
  const live = items.find(({ metadata }) => metadata.name === name);
  if (!live) {
    const there = items.map(({ metadata }) => metadata.name).join(", ");
    throw new Problem({
      code: "NothingToAdopt",
      property,
      what: `there is no ${what}, but ${there || "no other one either"}`,
      todo: "Name the one to take over, or leave `adopt` out to have one made.",
    });
  }
  if (live.metadata.labels?.[ownerLabel] !== undefined && !isOwnedBy(live, ownersOf(desired))) {
    const { words, remedy } = describeOwnerOf(live, ownersOf(desired));
    throw new Problem({
      code: "AdoptedTaken",
      property,
      what: `${what} ${words}`,
      todo: `Nothing was changed. ${remedy ?? "Use that one by its handle (`locationFrom`), or destroy it first."}`,
    });
  }
  if (!liesThere(live, desired)) throw elsewhere(live, desired, { property, what });
  await refuseSecret(client, desired);
  return live;
}

/** Refuses a foreign Secret with the location's name, because our Secret has that name. */
async function refuseSecret(client: KubernetesClient, desired: ClusterLocationInputs & Owned): Promise<void> {
  const { storage, declaredAs } = veleroAccess(desired, desired.cluster);
  if (pluginConfig(resolveStorage(client.session.secrets, storage, declaredAs)).credentialFile === undefined)
    return;
  const { namespace, locationName: name } = desired;
  const live = await client.get({ type: secrets, name, namespace });
  if (!live || isOwnedBy(live, ownersOf(desired))) return;
  throw new Problem({
    code: "AdoptedTaken",
    property: `${client.label.property}.adopt`,
    what:
      `Secret ${namespace}/${name} in cluster "${client.label.key}", whose name is that of the location and so of its ` +
      `Secret, ${describeOwnerOf(live, ownersOf(desired)).words}`,
    todo:
      "Nothing was changed. Have Velero go on with it (credentials: { existingSecret: { name, key } }), or give it " +
      "another name.",
  });
}

/** The place of a location's data, in Velero's terms. */
interface AdoptedPlace {
  provider: string;
  bucket: string;
  /** Azure's storage account, which contains the container. */
  account: string | undefined;
  prefix: string;
}

interface DeclaredStore {
  cluster: string;
  storage: StorageConfig;
  storePrefix: string;
}

/** Returns true if a location in the cluster is at the declared place. */
export const liesThere = (live: BackupStorageLocation, declared: DeclaredStore): boolean =>
  placeInWords(livePlace(live)) === placeInWords(declaredPlace(declared));

/** Explains why a location at another place cannot be adopted, and how to declare that place. */
export function elsewhere(
  live: BackupStorageLocation,
  declared: DeclaredStore,
  { property, what }: { property: string; what: string },
): Problem {
  const [there, here] = [livePlace(live), declaredPlace(declared)];
  return new Problem({
    code: "AdoptedElsewhere",
    property,
    what: `${what} lies at ${placeInWords(there)}, and is declared at ${placeInWords(here)}`,
    todo: `Nothing was changed. ${adviceOnPlaces(there, here, declared)}`,
  });
}

function adviceOnPlaces(
  there: AdoptedPlace,
  here: AdoptedPlace,
  { cluster, storage }: DeclaredStore,
): string {
  if (placeInWords({ ...there, prefix: "" }) !== placeInWords({ ...here, prefix: "" })) {
    return "Declare the store in which it lies, or adopt it in another BackupLocation.";
  }
  const [kind, above] = [kindOf(storage), prefixOf(storage)];
  const own = (folder: string) => `clusters.${cluster}.prefix: "${folder}"`;
  if (there.prefix === "") {
    return (
      "One in the root of a bucket cannot be declared: Velero would call it Unavailable for the folder of any other " +
      "cluster. Back up to another bucket, or copy what is there below a folder; from the root it can be read under a " +
      'key of its own, with `offline: true`, `storage` and `prefix: "/"`.'
    );
  }
  if (above === "") return `Set ${own(there.prefix)}.`;
  if (there.prefix.startsWith(`${above}/`)) return `Set ${own(there.prefix.slice(above.length + 1))}.`;
  const [, folders, last = ""] = /^(?:(.*)\/)?([^/]+)$/.exec(there.prefix) ?? [];
  return folders === undefined
    ? `Take storage.${kind}.prefix out, and set ${own(last)}.`
    : `Set storage.${kind}.prefix: "${folders}" and ${own(last)}.`;
}

function livePlace({ spec }: BackupStorageLocation): AdoptedPlace {
  const provider = spec.provider.replace(/^velero\.io\//, "");
  return {
    provider,
    bucket: trimSlashes(spec.objectStorage.bucket),
    account: provider === "azure" ? (spec.config?.["storageAccount"] ?? "?") : undefined,
    prefix: trimSlashes(spec.objectStorage.prefix ?? ""),
  };
}

function declaredPlace({ storage, storePrefix }: DeclaredStore): AdoptedPlace {
  const { provider = "", bucket, container = "", storageAccount } = identityOf(storage);
  return {
    // Velero's plugin for AWS serves every S3-compatible store.
    provider: provider === "minio" ? "aws" : provider,
    bucket: bucket ?? container,
    account: storageAccount,
    prefix: storePrefix,
  };
}

const placeInWords = ({ provider, bucket, account, prefix }: AdoptedPlace): string =>
  `${provider} bucket "${bucket}"${account === undefined ? "" : ` of account "${account}"`}, ` +
  (prefix === "" ? "its root" : `prefix "${prefix}"`);

const LOOKED_FOR = 5;

/**
 * Checks that the declared store is the location's own: another server may have a bucket with the same name, and its
 * address can be written in several ways. At least one of the backups that Velero knows has to be in the declared
 * store.
 */
export async function refuseAnotherStore(
  session: Session,
  client: KubernetesClient,
  desired: ClusterLocationInputs,
): Promise<void> {
  const { namespace, locationName, storePrefix, cluster } = desired;
  const store = session.stores.open(programAccess(desired, cluster));
  if (!store) return;
  const { items } = await client.list<Backup>({ type: backups, namespace });
  const theirs = items
    .filter(({ spec }) => spec.storageLocation === locationName)
    .filter((backup) => ["completed", "partiallyFailed"].includes(stateOf(backup)));
  const names = newestFirst(theirs)
    .map(({ metadata }) => metadata.name)
    .slice(0, LOOKED_FOR);
  for (const name of names) if (await store.get(backupMetadataKey(storePrefix, name))) return;
  if (names.length === 0) return;
  throw new Problem({
    code: "NotTheSameStore",
    property: `${client.label.property}.adopt`,
    what:
      `BackupStorageLocation ${namespace}/${locationName} in cluster "${client.label.key}" has the backups ` +
      `${names.join(", ")}, and none of them is at ${storePrefix}/ in ${store.address}`,
    todo: "Nothing was changed. Declare the store in which they are.",
  });
}

/** Throws if another owner's claim on the prefix is in force. It only reads. */
export async function requireFreePrefix(
  session: Session,
  client: KubernetesClient,
  desired: ClusterLocationInputs & Owned,
): Promise<void> {
  if (desired.requestedAccessMode === "ReadOnly") return;
  const store = session.stores.open(programAccess(desired, desired.cluster));
  const marker = store
    ? await readMarker(store, desired.storePrefix)
    : await readClaimInCluster(client, desired);
  const refused = refusalOf(marker, ownersOf(desired), desired.storePrefix);
  if (refused) throw prefixTaken(refused, `${clusterLabel(desired.cluster).property}.prefix`);
}

/** Throws if another owner has a location or a Secret with the location's name. It only reads. */
export async function requireFreeName(
  client: KubernetesClient,
  desired: ClusterLocationInputs & Owned,
): Promise<void> {
  if (isAdopting(desired)) return;
  const { locationName: name, namespace } = desired;
  for (const type of [locations, secrets]) {
    const live = await client.get({ type, name, namespace });
    if (live && !isOwnedBy(live, ownersOf(desired)))
      throw ownedByAnother(client, type, live, ownersOf(desired));
  }
}

/**
 * Returns the earlier owners of this location, the last of which was destroyed and orphaned the location. A location
 * that is declared again has a new lineage. An owner that orphaned a location has no claim on it, as with a released
 * prefix.
 */
export async function findFormerSelves(
  client: KubernetesClient,
  location: ClusterLocationInputs & Owned,
): Promise<Owner[]> {
  const { locationName: name, namespace } = location;
  const live = await client.get({ type: locations, name, namespace });
  const left = live?.metadata.labels?.[orphanedLabel] === undefined ? undefined : ownerIn(live);
  if (!live || !left || !isOwnedBy(live, [left])) return [];
  const owners = ownersOf(location);
  const isNamesake = owners.some(({ owner }) => owner === left.owner);
  if (!isNamesake || owners.some((owner) => isSameOwner(owner, left))) return [];
  return [left, ...formerLineagesOf(live).map((lineage) => ({ ...left, lineage }))];
}

/** Returns the location with its earlier owners as former owners. */
export const withFormerSelves = <T extends Owned>(location: T, selves: readonly Owner[]): T =>
  selves.length > 0 ? { ...location, formerOwners: [...(location.formerOwners ?? []), ...selves] } : location;
