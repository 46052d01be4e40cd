import type { Deadline } from "../../core/deadline.ts";
import { Problem, wordsOf } from "../../core/errors.ts";
import { nameOf, ownedBy, ownersOf, stampOf } from "../../core/identity.ts";
import { type Progress, tell } from "../../core/notices.ts";
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
import { namespacesIn, type Selected } from "../../restore-model/select-items.ts";
import { mapNamespace } from "../../schemas/restore-options.ts";
import { type RestoredItem, restoredItems } from "../../velero/backup-files.ts";
import { drillLabel, excludedLabel, restoreNameLabel, settledLabel } from "../../velero/labels.ts";
import { restoreStateOf } from "../../velero/phases.ts";
import type { Restore } from "../../velero/types.ts";
import { veleroFile } from "../../velero/velero-file.ts";
import type { Part, Place } from "./part.ts";
import { awaitRestore } from "./run-restore.ts";

/** By how much the clocks of Velero and of the API server may differ. */
const CLOCKS_MS = 60_000;

/** There has to be something to prove, and every namespace has to go somewhere else, and to where nobody lives. */
export async function requireRoom(
  client: KubernetesClient,
  part: Part,
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

const markOf = (part: Part): Record<string, string> => ({
  ...stampOf(part).labels,
  [drillLabel]: "true",
  [excludedLabel]: "true",
});

/**
 * Makes the namespaces of a drill, as Velero would make them (velero `pkg/restore/restore.go`, getNamespace), but marked
 * from their first moment: Velero applies no rules to namespaces, and until they were marked a backup would take them up
 * and a killed run would leave them behind. Each one that is there is reported, whatever becomes of the others.
 */
export async function makeRoom(
  client: KubernetesClient,
  part: Part,
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
      // A create whose answer was lost on the way, and that was repeated, conflicts with itself.
      const live = await client.get({ type: namespaces, name });
      if (!live || !isIncarnation(live, part.incarnation) || !isDrilled(part)(live))
        throw taken(client, name);
    });
    made.push(name);
    report({ drilled: [...made] });
  }
}

const isDrilled =
  (part: Part) =>
  (namespace: { metadata: { name: string; labels?: Record<string, string> } }): boolean =>
    namespace.metadata.labels?.[drillLabel] === "true" && isOwnedBy(namespace, ownersOf(part));

/**
 * Marks namespaces that a drill's restore has made although they were not foreseen, so that only those are ever removed:
 * not one that somebody has made by that name since, while the run that began the drill was dead. Gives the names of all
 * namespaces that drills of this resource have left.
 */
export async function markDrilled(
  client: KubernetesClient,
  part: Part,
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

/** Lists the namespaces that drills of this resource have made, and that are there. */
export const drilledNow = async (client: KubernetesClient, part: Part): Promise<KubernetesObject[]> => {
  const labelSelector = `${drillLabel}=true,${ownedBy(ownersOf(part))}`;
  const { items } = await client.list({ type: namespaces, labelSelector });
  return items;
};

/** The namespaces of earlier drills that are gone, and the objects that stay outside of them, in words. */
export interface Cleared {
  namespaces: string[];
  left: string[];
}

/** Removes what drills of this resource have left, and waits until it is gone. */
export async function clearDrill(client: KubernetesClient, part: Part, deadline: Deadline): Promise<Cleared> {
  const items = await drilledNow(client, part);
  const leftovers = await releaseLeftovers(client, items);
  await Promise.all(items.map((namespace) => removeNamespace(client, namespace, deadline)));
  return {
    namespaces: items.map(({ metadata }) => metadata.name),
    left: await awaitLeftovers(client, leftovers, deadline),
  };
}

/** Names what a drill could not remove, where there is anything. */
export function tellLeft(client: KubernetesClient, part: Part, left: readonly string[]): void {
  if (left.length === 0) return;
  tell(
    nameOf(part.owner),
    `warning: a drill has left in cluster "${client.label.key}" what it could not remove: ${left.slice(0, SHOWN).join(", ")}${left.length > SHOWN ? `, and ${left.length - SHOWN} more` : ""}. See whose each is, and remove it by hand once nobody needs it`,
  );
}

const SHOWN = 10;

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

/** The objects that a drill has made outside of its namespaces, and that would stay when these are gone. */
export interface Leftovers {
  objects: readonly { type: ResourceType; name: string; uid: string | undefined }[];
  /** The kinds that these credentials may not see, in words. */
  unseen: readonly string[];
}

/** Storage has this time to remove a disk. */
const PATIENCE_MS = 60_000;

/**
 * Sees to it, before the namespaces of a drill go, that the volumes of its claims and the snapshots of its restore go
 * with them. A volume with reclaim policy Retain would stay with its disk: one that was provisioned for a claim there
 * gets Delete, as its name says or its time. Any other one may have been there before, and its disk may hold somebody's
 * data: it stays. A VolumeSnapshotContent of Velero's restore retains the
 * snapshot, which is the backup's (velero `pkg/restore/actions/csi/volumesnapshotcontent_action.go`), and is removed; any
 * other one is not touched, since the snapshot could go with it.
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
    // Times are whole seconds. Provisioners name a volume by the uid of the claim that they make it for.
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

/** The uids of the claims that are there now. */
async function claimsIn(
  client: KubernetesClient,
  namespaces: readonly KubernetesObject[],
): Promise<Set<string | undefined>> {
  const lists = await Promise.all(
    namespaces.map(({ metadata }) => seen(client, persistentVolumeClaims, metadata.name)),
  );
  return new Set(lists.flatMap(({ found }) => found ?? []).map(({ metadata }) => metadata.uid));
}

/** All times are of one clock, the API server's. An object without a time counts as younger than all. */
const madeAt = (metadata: KubernetesObject["metadata"] | undefined): number => {
  const time = Date.parse(metadata?.creationTimestamp ?? "");
  return Number.isNaN(time) ? Infinity : time;
};

/** Names what stays although the namespaces are gone. Storage needs a moment. */
export async function awaitLeftovers(
  client: KubernetesClient,
  { objects, unseen }: Leftovers,
  deadline: Deadline,
): Promise<string[]> {
  const limit: Deadline = {
    name: deadline.name,
    signal: AbortSignal.any([deadline.signal, AbortSignal.timeout(PATIENCE_MS)]),
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

/** Lists all of a kind, in a namespace or in none: none where it is not served, or the reason why they cannot be seen. */
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
 * Marks what earlier drills of this resource have made whose run was killed before it could, and which no up goes on
 * with, since its triggers are others now: next month's drill would find its names taken. Their Restores go, and the rules of these.
 */
export async function markLeftDrills(
  client: KubernetesClient,
  part: Part,
  { location, store, storePrefix }: Place,
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
      labels[settledLabel] === undefined && deletionTimestamp === undefined,
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
    // By hand then: what it has made is named as taken.
    else if (restoreStateOf(ended) !== "refused") continue;
    // No state may know of it. It goes last, since it is what all of this is found by.
    const rules = restore.spec.resourceModifier?.name;
    if (rules !== undefined) await client.delete({ type: configMaps, name: rules, namespace });
    await client.delete({ type: restores, name, namespace }, { uid: restore.metadata.uid });
  }
}
