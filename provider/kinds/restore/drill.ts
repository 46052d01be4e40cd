import type { Deadline } from "../../core/deadline.ts";
import { Problem, wordsOf } from "../../core/errors.ts";
import { nameOf, ownedBy, ownersOf, stampOf } from "../../core/identity.ts";
import type { Progress } from "../../core/notices.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isIncarnation, isOwnedBy } from "../../kubernetes/ensure.ts";
import { isAbsent, isConflict, isForbidden, isOfOneKind } from "../../kubernetes/kubernetes-error.ts";
import {
  configMaps,
  type KubernetesObject,
  namespaces,
  persistentVolumeClaims,
  persistentVolumes,
  type ResourceType,
  restores,
  snapshotContents,
} from "../../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../../kubernetes/wait.ts";
import { namespacesIn, type Selected } from "../../restore-model/choose-items.ts";
import { mapNamespace } from "../../schemas/restore-options.ts";
import { type RestoredItem, restoredItems } from "../../velero/backup-files.ts";
import { drillLabel, excludedLabel, restoreNameLabel, acceptedLabel } from "../../velero/manifests.ts";
import { restoreStateOf } from "../../velero/phases.ts";
import type { Restore } from "../../velero/types.ts";
import { veleroFile } from "../../velero/velero-file.ts";
import type { RestoreInCluster, SourcePlace } from "./part.ts";
import { awaitRestore } from "./run-restore.ts";

/** The clocks of Velero and of the API server may differ by this much. */
const CLOCKS_MS = 60_000;

/**
 * Checks that the drill restores something, that every namespace is mapped to another name, and that none of the
 * targets is in use.
 */
export async function requireRoom(
  client: KubernetesClient,
  part: RestoreInCluster,
  { backupName, items }: { backupName: string; items: readonly Selected[] },
): Promise<void> {
  if (items.length === 0) {
    throw new Problem({
      code: "NothingToRestore",
      property: "drill",
      what: `nothing of Backup ${backupName} would be restored into cluster "${client.label.key}", which would prove nothing`,
      todo: "See what the backup holds, and what includedNamespaces and the other filters leave of it.",
    });
  }
  const unmapped = namespacesIn(items).filter((name) => {
    const into = mapNamespace(name, part.whole.namespaceMapping);
    return into === undefined || into === name;
  });
  if (unmapped.length > 0) {
    throw new Problem({
      code: "NotMapped",
      property: "namespaceMapping",
      what: `maps ${unmapped.join(", ")} nowhere, and a drill restores nothing into a namespace that lives`,
      todo: 'Map all of them, { "*": "*-drill" }, or leave some out with excludedNamespaces.',
    });
  }
  const { items: present } = await client.list({ type: namespaces });
  const targets = new Set(items.map(({ intoNamespace }) => intoNamespace));
  const foreign = present.filter(
    ({ metadata }) => targets.has(metadata.name) && !isDrilled(part)({ metadata }),
  );
  if (foreign.length > 0) throw taken(client, foreign.map(({ metadata }) => metadata.name).join(", "));
}

const taken = (client: KubernetesClient, names: string) =>
  new Problem({
    code: "NamespaceTaken",
    property: "namespaceMapping",
    what: `leads into ${names} of cluster "${client.label.key}", which is there already and was not made by this drill`,
    todo: "Map to names that nobody uses; or remove it by hand, where a drill has left it that could not know what it made.",
  });

const markOf = (part: RestoreInCluster): Record<string, string> => ({
  ...stampOf(part).labels,
  [drillLabel]: "true",
  [excludedLabel]: "true",
});

/**
 * Creates the namespaces of a drill as Velero would (velero `pkg/restore/restore.go`, getNamespace), but with our
 * labels from the beginning: Velero applies no modifiers to namespaces. Without the labels, a backup would include
 * them, and a killed run would leave them behind. Each existing one is reported, even if a later one fails.
 */
export async function makeRoom(
  client: KubernetesClient,
  part: RestoreInCluster,
  items: readonly Selected[],
  report: (found: { drilled: string[] }) => void,
): Promise<void> {
  const made: string[] = [];
  const wanted = items.filter(({ resource }) => resource === "namespaces");
  for (const { name, object } of wanted) {
    const { "kubernetes.io/metadata.name": _name, ...labels } = object.metadata.labels ?? {};
    const metadata = {
      name,
      labels: { ...labels, ...markOf(part) },
      annotations: { ...object.metadata.annotations, ...stampOf(part).annotations },
    };
    await client.create(namespaces, { metadata }).catch(async (error: unknown) => {
      if (!isConflict(error)) throw error;
      // A create is repeated if its response was lost. Then it conflicts with itself.
      const live = await client.get({ type: namespaces, name });
      if (!live || !isIncarnation(live, part.incarnation) || !isDrilled(part)(live))
        throw taken(client, name);
    });
    made.push(name);
    report({ drilled: [...made] });
  }
}

const isDrilled =
  (part: RestoreInCluster) =>
  (namespace: { metadata: { name: string; labels?: Record<string, string> } }): boolean =>
    namespace.metadata.labels?.[drillLabel] === "true" && isOwnedBy(namespace, ownersOf(part));

/**
 * Labels namespaces that a drill's restore created although they were not planned. So only those are ever removed, and
 * not a namespace that somebody created with the same name while the drill's run was dead. Returns the names of all
 * namespaces of this resource's drills.
 */
export async function markDrilled(
  client: KubernetesClient,
  part: RestoreInCluster,
  { status }: Restore,
  restored: readonly RestoredItem[],
): Promise<string[]> {
  const made = new Set(
    restored
      .filter(({ kind, action }) => kind === "v1/Namespace" && action === "created")
      .map(({ name }) => name),
  );
  const { items } = await client.list({ type: namespaces });
  const latest = Date.parse(status?.completionTimestamp ?? "") + CLOCKS_MS;
  const marked = items.filter(isDrilled(part));
  const unmarked = items.filter(
    (each) =>
      made.has(each.metadata.name) &&
      !isDrilled(part)(each) &&
      Date.parse(each.metadata.creationTimestamp ?? "") <= latest,
  );
  for (const { metadata } of unmarked) {
    const { name, uid } = metadata;
    await client.patch({ type: namespaces, name }, { metadata: { uid, labels: markOf(part) } });
  }
  return [...marked, ...unmarked].map(({ metadata }) => metadata.name);
}

/** Returns the existing namespaces of this resource's drills. */
export const drilledNow = async (
  client: KubernetesClient,
  part: RestoreInCluster,
): Promise<KubernetesObject[]> => {
  const labelSelector = `${drillLabel}=true,${ownedBy(ownersOf(part))}`;
  const { items } = await client.list({ type: namespaces, labelSelector });
  return items;
};

/** The removed namespaces of earlier drills, and the objects that stay outside of them, in words. */
interface Cleared {
  namespaces: string[];
  left: string[];
}

/** Removes everything that drills of this resource have left, and waits until it is gone. */
export async function clearDrill(
  client: KubernetesClient,
  part: RestoreInCluster,
  deadline: Deadline,
): Promise<Cleared> {
  const items = await drilledNow(client, part);
  const leftovers = await releaseLeftovers(client, items);
  await Promise.all(items.map((namespace) => removeNamespace(client, namespace, deadline)));
  return {
    namespaces: items.map(({ metadata }) => metadata.name),
    left: await awaitLeftovers(client, leftovers, deadline),
  };
}

/** Warns of objects that a drill could not remove. */
export function tellLeft(client: KubernetesClient, part: RestoreInCluster, left: readonly string[]): void {
  if (left.length === 0) return;
  client.session.notices.warn(
    nameOf(part.owner),
    `warning: a drill has left in cluster "${client.label.key}" what it could not remove: ${left.slice(0, OBJECTS_SHOWN).join(", ")}${left.length > OBJECTS_SHOWN ? `, and ${left.length - OBJECTS_SHOWN} more` : ""}. See whose each is, and remove it by hand once nobody needs it`,
  );
}

const OBJECTS_SHOWN = 10;

async function removeNamespace(
  client: KubernetesClient,
  { metadata: { name, uid } }: KubernetesObject,
  deadline: Deadline,
): Promise<void> {
  await client.delete({ type: namespaces, name }, { uid });
  await waitFor(
    client,
    { type: namespaces, name },
    (live) => (live?.metadata.uid === uid ? undefined : true),
    {
      deadline,
      what: `namespace ${name} of an earlier drill in cluster "${client.label.key}" is not gone`,
      todo: `See what keeps it: kubectl get namespace ${name} -o yaml.`,
    },
  );
}

interface PersistentVolume extends KubernetesObject {
  spec: { persistentVolumeReclaimPolicy?: string; claimRef?: { namespace?: string; uid?: string } };
}

interface SnapshotContent extends KubernetesObject {
  spec: { deletionPolicy?: string; volumeSnapshotRef?: { namespace?: string } };
}

/** Objects that a drill created outside of its namespaces, and that would stay when these are deleted. */
interface Leftovers {
  objects: readonly { type: ResourceType; name: string; uid: string | undefined }[];
  /** The kinds that these credentials may not list, in words. */
  unseen: readonly string[];
}

/** Storage may take this long to remove a disk. */
const CLEANUP_TIMEOUT_MS = 60_000;

/**
 * Prepares the deletion of a drill's namespaces, so that the volumes of its claims and the snapshots of its restore are
 * deleted as well. A volume with the reclaim policy Retain would stay with its disk. A volume that was provisioned for
 * a claim there gets Delete: its name or its creation time shows that. Any other volume may have existed before, and
 * its disk may hold somebody's data: it stays. A VolumeSnapshotContent of Velero's restore retains the snapshot, which
 * belongs to the backup (velero `pkg/restore/actions/csi/volumesnapshotcontent_action.go`), and is deleted. Any other
 * one is not touched, because its deletion could delete the snapshot.
 */
export async function releaseLeftovers(
  client: KubernetesClient,
  namespaces: readonly KubernetesObject[],
): Promise<Leftovers> {
  if (namespaces.length === 0) return { objects: [], unseen: [] };
  const [volumes, contents] = await Promise.all([
    seen<PersistentVolume>(client, persistentVolumes),
    seen<SnapshotContent>(client, snapshotContents),
  ]);
  const drilled = (name: string | undefined) => namespaces.find(({ metadata }) => metadata.name === name);
  const ofClaims = (volumes.found ?? []).filter(({ spec }) => drilled(spec.claimRef?.namespace));
  const ofSnapshots = (contents.found ?? []).filter(({ spec }) => drilled(spec.volumeSnapshotRef?.namespace));
  const retained = ofClaims.filter(
    ({ metadata, spec }) =>
      spec.persistentVolumeReclaimPolicy === "Retain" &&
      metadata.annotations?.["pv.kubernetes.io/provisioned-by"] !== undefined,
  );
  const isYounger = ({ metadata, spec }: PersistentVolume): boolean =>
    madeAt(metadata) > madeAt(drilled(spec.claimRef?.namespace)?.metadata);
  const claims = retained.every(isYounger) ? new Set() : await claimsIn(client, namespaces);
  for (const volume of retained) {
    const { metadata, spec } = volume;
    const { name, uid } = metadata;
    const claim = spec.claimRef?.uid;
    // Times are whole seconds. Provisioners name a volume by the uid of its claim.
    const isNamedFor = claims.has(claim) && name.endsWith(`-${claim}`);
    if (!isYounger(volume) && !isNamedFor) continue;
    const change = { metadata: { uid }, spec: { persistentVolumeReclaimPolicy: "Delete" } };
    await client.patch({ type: persistentVolumes, name }, change);
  }
  for (const { metadata, spec } of ofSnapshots) {
    const { name, uid, labels } = metadata;
    if (spec.deletionPolicy === "Retain" && labels?.[restoreNameLabel] !== undefined)
      await client.delete({ type: snapshotContents, name }, { uid });
  }
  const placed = (type: ResourceType, objects: readonly KubernetesObject[]) =>
    objects.map(({ metadata: { name, uid } }) => ({ type, name, uid }));
  return {
    objects: [...placed(persistentVolumes, ofClaims), ...placed(snapshotContents, ofSnapshots)],
    unseen: Object.entries({ PersistentVolumes: volumes, VolumeSnapshotContents: contents }).flatMap(
      ([kind, { unseen }]) =>
        unseen === undefined ? [] : [`${kind} of its claims, if there are any: ${unseen}`],
    ),
  };
}

/** Returns the uids of the existing claims. */
async function claimsIn(
  client: KubernetesClient,
  namespaces: readonly KubernetesObject[],
): Promise<Set<string | undefined>> {
  const lists = await Promise.all(
    namespaces.map(({ metadata }) => seen(client, persistentVolumeClaims, metadata.name)),
  );
  return new Set(lists.flatMap(({ found }) => found ?? []).map(({ metadata }) => metadata.uid));
}

/** All times are from one clock, the API server's. An object without a time counts as the youngest. */
const madeAt = (metadata: KubernetesObject["metadata"] | undefined): number => {
  const time = Date.parse(metadata?.creationTimestamp ?? "");
  return Number.isNaN(time) ? Infinity : time;
};

/** Returns what stays although the namespaces are deleted. Storage needs a moment. */
export async function awaitLeftovers(
  client: KubernetesClient,
  { objects, unseen }: Leftovers,
  deadline: Deadline,
): Promise<string[]> {
  const limit: Deadline = {
    name: deadline.name,
    signal: AbortSignal.any([deadline.signal, AbortSignal.timeout(CLEANUP_TIMEOUT_MS)]),
  };
  const left = await Promise.all(
    objects.map(async ({ type, name, uid }) => {
      try {
        await waitFor(client, { type, name }, (live) => (live?.metadata.uid === uid ? undefined : true), {
          deadline: limit,
          what: "",
          todo: "",
        });
        return [];
      } catch (error) {
        if (!(error instanceof WaitTimeout)) throw error;
        return [`${type.kind} ${name}`];
      }
    }),
  );
  return [...left.flat(), ...unseen];
}

/**
 * Lists the objects of a kind, in a namespace or in all. The list is empty if the kind is not served. Otherwise it
 * returns the reason why they cannot be listed.
 */
async function seen<T extends KubernetesObject>(
  client: KubernetesClient,
  type: ResourceType,
  namespace?: string,
): Promise<{ found?: T[]; unseen?: string }> {
  try {
    return { found: (await client.list<T>({ type, ...(namespace !== undefined && { namespace }) })).items };
  } catch (error) {
    if (isForbidden(error)) return { unseen: "these credentials may not list them" };
    if (isOfOneKind(error)) return { unseen: wordsOf(error) };
    if (isAbsent(error)) return { found: [] };
    throw error;
  }
}

/**
 * Labels the namespaces of earlier drills of this resource whose run was killed before it could. No `up` continues such
 * a drill, because its triggers are different now, and the next drill would find its names taken. Their Restores and
 * modifier rules are removed.
 */
export async function markLeftDrills(
  client: KubernetesClient,
  part: RestoreInCluster,
  { location, store, storePrefix }: SourcePlace,
  how: { deadline: Deadline; progress: Progress },
): Promise<void> {
  const { namespace } = part.target.location;
  const { items } = await client.list<Restore>({
    type: restores,
    namespace,
    labelSelector: `${drillLabel}=true,${ownedBy(ownersOf(part))}`,
  });
  const left = items.filter(
    ({ metadata: { labels = {}, deletionTimestamp } }) =>
      labels[acceptedLabel] === undefined && deletionTimestamp === undefined,
  );
  for (const restore of left) {
    const ended = await awaitRestore(client, restore, how);
    const { name } = restore.metadata;
    const list = await veleroFile(
      "restoreItems",
      { client, ...location, storePrefix, name, store },
      "velero",
    );
    if (list) await markDrilled(client, part, ended, restoredItems(list));
    // The drill's objects have to be removed by hand. The namespaces are then reported as taken.
    else if (restoreStateOf(ended) !== "refused") continue;
    // A state may not know this Restore. It is removed last, because everything else is found through it.
    const rules = restore.spec.resourceModifier?.name;
    if (rules !== undefined) await client.delete({ type: configMaps, name: rules, namespace });
    await client.delete({ type: restores, name, namespace }, { uid: restore.metadata.uid });
  }
}
