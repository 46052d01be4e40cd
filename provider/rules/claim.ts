import { Problem } from "../core/errors.ts";
import { incarnationLabel, type Owner, ownersOf } from "../core/identity.ts";
import { shortHash } from "../core/values.ts";
import type { KubernetesClient } from "../kubernetes/client.ts";
import type { OpenCluster } from "../kubernetes/clusters.ts";
import { isOwnedBy, metadataEdits, metadataPatch } from "../kubernetes/ensure.ts";
import { isConflict } from "../kubernetes/kubernetes-error.ts";
import { configMaps, type KubernetesObject, locations } from "../kubernetes/resources.ts";
import type { ClusterLocationInputs, ClusterLocationOutputs } from "../schemas/cluster-location.ts";
import { endpointOf, identityOf } from "../store/coordinates.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { StoreError } from "../store/store-error.ts";
import { LEGAL_FOLDERS, under } from "../velero/backup-files.ts";
import { isExpired } from "../velero/phases.ts";
import type { AccessMode } from "../velero/types.ts";
import {
  attach,
  type Claimant,
  claimPrefix,
  isMarkedBy,
  type Marker,
  markerText,
  parseMarker,
  type PrefixFindings,
  readMarker,
  type Refusal,
  wasMarkedBy,
  writeMarker,
} from "./attach.ts";
import { ours } from "./one-key-per-cluster.ts";
import { storedBackups } from "./stored-backups.ts";

interface ClaimContext {
  /** The place where the claim is kept. */
  place: ClaimPlace;
  /** The store with the data below the prefix. Undefined if the program has no access to it, and so cannot list it. */
  store: ObjectStore | undefined;
  /** Our own claim from another place, where it was kept before the program had access to the store. */
  inherited?: Marker | undefined;
  /** Returns true if the cluster's own Velero already writes there. It is called only if the answer matters. */
  isWriting: () => Promise<boolean>;
  /** The property, for messages. */
  property: string;
}

/**
 * Claims the prefix for this location as far as that is safe, and returns the access mode. A second run finds its own
 * marker. If two claimants come at the same time, the place decides.
 */
export async function claim(
  prefix: string,
  claimant: Claimant & { incarnation: string; mustFindClaim: boolean },
  { place, store, inherited, isWriting, property }: ClaimContext,
): Promise<{ accessMode: AccessMode; notice?: string }> {
  const marker = await place.read();
  const found = await look(marker ?? inherited, { store, isWriting }, prefix, claimant);
  if (claimant.mustFindClaim && store && !found.marker) throw notTheSameStore(store, prefix);
  const attachment = attach(found, claimant, prefix);
  if ("refused" in attachment) throw prefixTaken(attachment, property);
  if (attachment.accessMode === "ReadOnly") return attachment;
  if (store && (!found.marker || !isMarkedBy(found.marker, claimant.owners)))
    await refuseNested(store, prefix, property);

  const ours = markerFor(claimant, found.marker);
  if (marker) {
    if (markerText(marker) !== markerText(ours)) await place.write(ours);
  } else if (!(await place.create(ours))) {
    const winner = await place.read();
    if (!winner || !isMarkedBy(winner, claimant.owners)) {
      throw new Problem({
        code: "PrefixTaken",
        property,
        what: `${prefix}/ was claimed by ${winner?.owner ?? "somebody else"} at this very moment`,
        todo: "Choose another prefix.",
      });
    }
  }
  return attachment;
}

export const prefixTaken = ({ refused, remedy }: Refusal, property: string): Problem =>
  new Problem({ code: "PrefixTaken", property, what: refused, todo: `Nothing was changed. ${remedy}` });

/** A new endpoint has to show the old data before anything is changed. */
const notTheSameStore = (store: ObjectStore, prefix: string) =>
  new Problem({
    code: "NotTheSameStore",
    property: "storage",
    what: `${store.address} does not hold this location's claim (${prefix}/metadata/), so it is not the store that was used so far`,
    todo: "Nothing was changed. Copy the data there first, or declare a new location.",
  });

/**
 * Gathers the facts about the prefix. Without access to the store, the prefix counts as empty. A notice of the location
 * then says what is not protected.
 */
async function look(
  marker: Marker | undefined,
  { store, isWriting }: Pick<ClaimContext, "store" | "isWriting">,
  prefix: string,
  { owners, cluster }: Claimant,
): Promise<PrefixFindings> {
  if (!store) return { marker, empty: true, writing: false, expired: [] };
  const empty = (await foldersWithData(store, prefix)).length === 0;
  const isOfCluster = !marker || marker.cluster.uid === cluster.uid;
  const settled = marker && marker.released === undefined && isMarkedBy(marker, owners) && isOfCluster;
  const writing = !settled && !empty && (await isWriting());
  // The expired backups need the metadata of every backup. So they are read only if they decide something.
  const isDecided = settled || empty || (writing && isOfCluster);
  return { marker, empty, writing, expired: isDecided ? [] : await expiredBackups(store, prefix) };
}

async function expiredBackups(store: ObjectStore, prefix: string): Promise<string[]> {
  const now = new Date();
  return (await storedBackups(store, prefix))
    .filter(({ expiration }) => isExpired(expiration, now))
    .map(({ name }) => name);
}

function markerFor(
  { owners, incarnation, cluster }: Claimant & { incarnation: string },
  found?: Marker,
): Marker {
  const [present = { owner: "", lineage: "" }, ...former] = owners;
  // These are only earlier names of the same resource: an owner that held the prefix and released it has no claim any
  // more.
  const ofOurLineage = ({ lineage }: Owner) => lineage === present.lineage;
  const known =
    found && isMarkedBy(found, owners.filter(ofOurLineage)) ? [found.owner, ...found.formerOwners] : [];
  const urns = former.filter(ofOurLineage).map(({ owner }) => owner);
  return {
    version: 1,
    ...present,
    formerOwners: [...new Set([...urns, ...known])].filter((urn) => urn !== present.owner),
    incarnation,
    cluster: { key: cluster.key, uid: cluster.uid },
  };
}

/** Marks a prefix as released, if our own incarnation holds it. The data stays unchanged. */
export async function release(
  store: ObjectStore,
  prefix: string,
  incarnation: string,
  now: Date,
): Promise<void> {
  const marker = await readMarker(store, prefix);
  if (marker?.incarnation !== incarnation || marker.released !== undefined) return;
  await writeMarker(store, prefix, { ...marker, released: now.toISOString() });
}

/**
 * Refuses a prefix inside another location, or with another location inside: Velero calls a location Unavailable as
 * soon as a folder that is not its own appears directly below it (docs/design/velero-facts.md#nested-prefixes). It
 * finds only what the credentials may read.
 */
async function refuseNested(store: ObjectStore, prefix: string, property: string): Promise<void> {
  const { folders } = await store.children(`${prefix}/`);
  const foreign = folders.filter((folder) => !LEGAL_FOLDERS.includes(folder));
  if (foreign.length > 0) {
    const [first = ""] = foreign;
    const owner = (await readMarker(store, under(prefix, first)))?.owner;
    throw nested(
      property,
      `${prefix}/ in ${store.address} has ${first}/ below it, ${owner ? `which belongs to ${owner}` : "which is not Velero's"}`,
    );
  }
  for (const enclosing of ancestorsOf(prefix)) {
    const marker = await readMarker(store, enclosing).catch(unlessForbidden);
    if (marker && marker.released === undefined) {
      throw nested(
        property,
        `${prefix}/ in ${store.address} lies below ${enclosing || "its root"}/, which belongs to ${marker.owner}`,
      );
    }
  }
}

/** Credentials that are limited to this prefix may not read above it. */
function unlessForbidden(error: unknown): undefined {
  if (error instanceof StoreError && error.code === "Forbidden") return undefined;
  throw error;
}

/** Returns the parent folders: `a/b/c` → `""`, `a`, `a/b`. */
function ancestorsOf(prefix: string): string[] {
  const parts = prefix.split("/");
  return parts.map((_part, depth) => parts.slice(0, depth).join("/"));
}

const nested = (property: string, what: string) =>
  new Problem({
    code: "NestedPrefix",
    property,
    what,
    todo: "Velero calls a location Unavailable that has another one's folder below it. Choose a prefix beside it.",
  });

/** Only we write to `metadata/`. */
const DATA_FOLDERS = LEGAL_FOLDERS.filter((folder) => folder !== "metadata");

/**
 * Returns the folders directly below `prefix` that hold Velero's data. It lists objects and not folder names: on a
 * versioned bucket, MinIO lists folders that have only delete markers.
 */
export async function foldersWithData(store: ObjectStore, prefix: string): Promise<string[]> {
  const found = await Promise.all(
    DATA_FOLDERS.map(async (folder) =>
      (await hasObjects(store, under(prefix, `${folder}/`))) ? [folder] : [],
    ),
  );
  return found.flat();
}

async function hasObjects(store: ObjectStore, prefix: string): Promise<boolean> {
  for await (const _object of store.list(prefix)) return true;
  return false;
}

/**
 * The place where the claim on a prefix is kept: the store, or the cluster if the program has no access to the store.
 */
interface ClaimPlace {
  read(): Promise<Marker | undefined>;
  write(marker: Marker): Promise<void>;
  /** Writes the claim if there is none. Returns false if another owner wrote one first. */
  create(marker: Marker): Promise<boolean>;
}

export const claimInStore = (store: ObjectStore, prefix: string): ClaimPlace => ({
  read: () => readMarker(store, prefix),
  write: (marker) => writeMarker(store, prefix, marker),
  create: (marker) => claimPrefix(store, prefix, marker),
});

interface ClaimConfigMap extends KubernetesObject {
  data?: Record<string, string>;
}

const MARKER = "marker.json";

/**
 * Keeps the claim in a ConfigMap in Velero's namespace instead of the marker (docs/design/rules.md#access-none). It
 * only separates locations with the same prefix in the same cluster.
 */
export function claimInCluster(client: KubernetesClient, desired: ClusterLocationOutputs): ClaimPlace {
  const { namespace } = desired;
  const name = claimName(desired);
  const target = { type: configMaps, name, namespace };
  const objectFor = (marker: Marker): ClaimConfigMap => ({
    metadata: ours(desired, name),
    data: { [MARKER]: markerText(marker) },
  });
  return {
    read: () => readClaimInCluster(client, desired),
    write: async (marker) => void (await client.patch(target, objectFor(marker))),
    create: (marker) =>
      client.create(configMaps, objectFor(marker)).then(
        () => true,
        (error: unknown) => {
          if (isConflict(error)) return false;
          throw error;
        },
      ),
  };
}

export async function readClaimInCluster(
  client: KubernetesClient,
  location: ClusterLocationInputs,
): Promise<Marker | undefined> {
  const { namespace } = location;
  const name = claimName(location);
  const found = await client.get<ClaimConfigMap>({ type: configMaps, name, namespace });
  const place = `ConfigMap ${namespace}/${name} in cluster "${client.label.key}"`;
  return found && parseMarker(found.data?.[MARKER] ?? "", place);
}

/** The name includes the endpoint, because two servers may have buckets with the same name. */
const claimName = ({ storage, storePrefix }: ClusterLocationInputs): string =>
  `pulumi-velero-claim-${shortHash(12, identityOf(storage), endpointOf(storage), storePrefix)}`;

/** Updates the labels and annotations of the claim in the cluster to the declared ones. */
export async function labelClaimInCluster(
  client: KubernetesClient,
  desired: ClusterLocationOutputs,
): Promise<void> {
  const target = { type: configMaps, name: claimName(desired), namespace: desired.namespace };
  const live = await client.get(target);
  const change = live && isOwnedBy(live, ownersOf(desired)) ? metadataPatch(live, desired) : undefined;
  if (change) await client.patch(target, change);
}

/** Describes the labels and annotations of the claim in the cluster that someone else changed. */
export async function claimEditsInCluster(
  client: KubernetesClient,
  state: ClusterLocationOutputs,
): Promise<string | undefined> {
  const { namespace } = state;
  const name = claimName(state);
  const live = await client.get({ type: configMaps, name, namespace });
  const edits = live && metadataEdits(live, state);
  return (
    edits && `someone else has changed ${edits} of ConfigMap ${namespace}/${name}; up sets it as declared`
  );
}

/** Removes the claims of this incarnation from the cluster, except for the one of `but`. */
export async function removeClaimsInCluster(
  client: KubernetesClient,
  { namespace, incarnation }: Pick<ClusterLocationOutputs, "namespace" | "incarnation">,
  but?: ClusterLocationOutputs,
): Promise<void> {
  const labelSelector = `${incarnationLabel}=${incarnation}`;
  const { items } = await client.list({ type: configMaps, namespace, labelSelector });
  const stale = items.filter(({ metadata }) => !but || metadata.name !== claimName(but));
  for (const { metadata } of stale) {
    await client.delete({ type: configMaps, name: metadata.name, namespace }, { uid: metadata.uid });
  }
}

/** A ClusterLocation: its owner, its object and its prefix. */
interface ClaimedLocation extends Owner {
  locationName: string;
  namespace: string;
  storePrefix: string;
}

/**
 * Returns the reason why stored data may not be deleted there. Returns undefined if the location holds its claim on the
 * prefix for this cluster: no data is deleted without our own marker (docs/design/rules.md#deleting-data). If the
 * program has no access to the store, the owner of the location object decides.
 */
export async function claimProblem(
  { client, uid }: OpenCluster,
  place: ClaimedLocation,
  store: ObjectStore | undefined,
): Promise<Problem | undefined> {
  const { locationName, namespace, storePrefix } = place;
  const object = `BackupStorageLocation ${namespace}/${locationName} in cluster "${client.label.key}"`;
  const inCluster = await client.get({ type: locations, name: locationName, namespace });
  if (!inCluster) return noClaim(`${object} is gone`);
  if (!store) return isOwnedBy(inCluster, [place]) ? undefined : noClaim(`${object} belongs to someone else`);
  const marker = await readMarker(store, storePrefix);
  const holds = marker && wasMarkedBy(marker, place) && marker.cluster.uid === uid;
  return holds
    ? undefined
    : noClaim(`${storePrefix}/ in ${store.address} does not carry this location's claim`);
}

const noClaim = (why: string) =>
  new Problem({
    code: "NoClaim",
    property: "deletionPolicy",
    what: `stored backups are not deleted, since ${why}`,
    todo: 'Run up to make the location whole again, or keep the backups with deletionPolicy: "retain".',
  });
