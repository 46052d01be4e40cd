import { wordsOf } from "../../errors.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { isAbsent, isForbidden, isOfOneKind } from "../../kubernetes/kubernetes-error.ts";
import {
  type KubernetesObject,
  persistentVolumeClaims,
  persistentVolumes,
  type ResourceType,
  snapshotContents,
} from "../../kubernetes/resources.ts";
import { waitFor, WaitTimeout } from "../../kubernetes/wait.ts";
import type { Deadline } from "../../lifecycle/deadline.ts";
import { restoreNameLabel } from "../../velero/labels.ts";

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
