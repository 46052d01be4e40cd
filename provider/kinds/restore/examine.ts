import { Problem } from "../../core/errors.ts";
import { nameOf } from "../../core/identity.ts";
import type { KubernetesClient } from "../../kubernetes/client.ts";
import { freshDiscovery, type Served } from "../../kubernetes/discovery.ts";
import { isForbidden } from "../../kubernetes/kubernetes-error.ts";
import { type KubernetesObject, namespaces, storageClasses } from "../../kubernetes/resources.ts";
import { type Choice, chooseItems, type Selected } from "../../restore-model/choose-items.ts";
import { dataClaims, foreseeLostData } from "../../restore-model/data-claims.ts";
import { planOf, sharedDisks } from "../../restore-model/plan.ts";
import { type KindFinding, kindProblem } from "../../rules/kind-words.ts";
import { judgeRestoredKinds, restoredKindMentions } from "../../rules/selected-kinds.ts";
import { isDrill, provesData, verifies } from "../../schemas/restore-options.ts";
import type { RestoreOptions } from "../../velero/restore-option-entries.ts";
import type { RestorePlan } from "../../../model/restore-results.ts";
import type { ObjectStore } from "../../store/object-store.ts";
import { type Captured, readContents } from "../../velero/backup-contents.ts";
import {
  itemOperationsIn,
  podVolumeBackupsIn,
  savedVolumeNames,
  volumesIn,
  itemOperationsKey,
  podVolumeBackupsKey,
  volumeInfoKey,
} from "../../velero/backup-files.ts";
import { furtherFiles, savedClaims } from "../../volumes/saved-claims.ts";
import { VOLUME_KINDS } from "../../volumes/volume-objects.ts";
import { lookAtTarget, type TargetCluster } from "./look-at-target.ts";
import type { RestoreInCluster } from "./part.ts";

/** The comparison of a backup with a target: the contents of the backup, the selected objects, and the plan. */
export interface Examination extends Choice {
  contents: readonly Captured[];
  target: TargetCluster;
  plan: RestorePlan;
  surroundings: Surroundings;
  /** Names of the volumes whose data the backup holds. */
  savedVolumes: readonly string[];
  /** The reason why the data of some claims would not come back. A drill has that in its `volumes`. */
  lostData: Problem | undefined;
}

/** Reads the backup from the store, and lists the target's objects. A comparison needs complete objects. */
export async function examine(
  client: KubernetesClient,
  {
    store,
    storePrefix,
    backupName,
    veleroNamespace,
  }: { store: ObjectStore; storePrefix: string; backupName: string; veleroNamespace: string },
  options: RestoreOptions,
  { compares = false }: { compares?: boolean } = {},
): Promise<Examination> {
  const contents = await readContents(store, storePrefix, backupName);
  const read = async <T>(keyOf: (prefix: string, backup: string) => string, parse: (file: Buffer) => T) => {
    const file = await store.get(keyOf(storePrefix, backupName));
    return file && parse(file);
  };
  const [noted, { lateClasses, ...around }] = await Promise.all([
    read(volumeInfoKey, volumesIn),
    lookAround(client),
  ]);
  const lines = noted ?? [];
  const files = await furtherFiles({ lines }, contents, {
    podVolumeBackups: () => read(podVolumeBackupsKey, podVolumeBackupsIn),
    operations: () => read(itemOperationsKey, itemOperationsIn),
  });
  const saved = savedClaims(contents, files);
  const savedVolumes = savedVolumeNames(lines);
  const { chosen, ...target } = await lookAtTarget(
    client,
    (kinds) => chooseItems(contents, options, kinds, { saved, lateClasses, veleroNamespace }),
    { ...options, compares },
  );
  const { items } = chosen;
  if (!noted && provesData(options) && items.some(isClaim)) throw dataUnlisted(backupName);
  return {
    ...chosen,
    contents,
    target,
    lostData: isDrill(options)
      ? undefined
      : foreseeLostData(dataClaims(items, saved), target, options, client.label.key),
    plan: planOf(items, target, options),
    surroundings: {
      ...around,
      sharedDisks: sharedDisks(items, contents, savedVolumes),
      outOfSight: outOfSight(items, target),
    },
    savedVolumes,
  };
}

const isClaim = ({ resource }: Selected): boolean => resource === VOLUME_KINDS.claims;

const dataUnlisted = (backupName: string) =>
  new Problem({
    code: "DataNotProven",
    property: "drill",
    what: `nobody can say of which claims Backup ${backupName} holds the data, so that no drill can prove it: Velero's list of its volumes (volumeinfo) is not in the store`,
    todo: 'A drill of objects alone is drill: { data: "objectsOnly" }.',
  });

interface StorageClass extends KubernetesObject {
  volumeBindingMode?: string;
}

/** Reads facts about the target that do not depend on the restored objects. */
export async function lookAround(
  client: KubernetesClient,
): Promise<Surroundings & { lateClasses: readonly string[] }> {
  const [classes, every] = await Promise.all([
    client.list<StorageClass>({ type: storageClasses }).catch(noneIfForbidden),
    client.list({ type: namespaces }).catch(noneIfForbidden),
  ]);
  const named = (all: readonly KubernetesObject[]) => all.map(({ metadata }) => metadata.name);
  return {
    cluster: client.label.key,
    storageClasses: classes && named(classes.items),
    lateClasses: named(
      (classes?.items ?? []).filter(({ volumeBindingMode }) => volumeBindingMode === "WaitForFirstConsumer"),
    ),
    terminating: named(
      (every?.items ?? []).filter(({ metadata }) => metadata.deletionTimestamp !== undefined),
    ),
    sharedDisks: [],
    outOfSight: [],
  };
}

/** Facts that the credentials may not read do not stop a restore. */
function noneIfForbidden(error: unknown): undefined {
  if (!isForbidden(error)) throw error;
}

/** The facts about a target that a restore depends on. */
export interface Surroundings {
  cluster: string;
  storageClasses: readonly string[] | undefined;
  /** Namespaces that are being deleted. Nothing can be restored into them. */
  terminating: readonly string[];
  /** Volumes that would be the source's own disks. */
  sharedDisks: readonly string[];
  /** Kinds that the cluster cannot list, with the reasons, in words. */
  outOfSight: readonly string[];
}

/** Returns everything that would make the restore fail, as one problem. Nothing has begun yet. */
export function requirementsMissing(
  items: readonly Selected[],
  { missingKinds }: Pick<RestorePlan, "missingKinds">,
  options: RestoreOptions,
  { cluster, storageClasses, terminating, sharedDisks, outOfSight }: Surroundings,
): Problem | undefined {
  const complaints = [
    ...missingKinds.map(
      (kind) =>
        `it does not know ${kind}${inVersion(kind, items)} (install what defines it, or exclude it with excludedResources)`,
    ),
    ...(storageClasses ? missingClasses(items, options, storageClasses) : []).map(
      (name) =>
        `it has no storage class "${name}" (make one, map it with storageClassMapping, or leave volumes out with restorePVs: false)`,
    ),
    // Velero waits until it has listed each kind, in all namespaces and without a timeout, and restores nothing else in
    // the meantime (velero v1.18.3 `pkg/restore/restore.go`, WaitForCacheSync in execute and in getResource).
    ...outOfSight.map(
      (words) =>
        `${words}, so that Velero may wait for it without end (mend it, or exclude it with excludedResources: all the rest is then restored)`,
    ),
    ...terminatingTargets(items, terminating).map(
      (name) =>
        `namespace "${name}" is being deleted there (wait, or see what keeps it: kubectl get namespace ${name} -o yaml)`,
    ),
    ...(isDrill(options) && options.restorePVs !== false ? sharedDisks : []).map(
      (name) =>
        `volume "${name}" has reclaim policy Retain, and the backup holds no data of it: it would be the source's own disk, which no drill may touch (set restorePVs: false for a claim without it)`,
    ),
  ];
  if (complaints.length === 0) return undefined;
  return new Problem({
    code: "TargetNotReady",
    what: `cluster "${cluster}" cannot take up what the backup holds, and nothing was restored`,
    said: complaints.join("; "),
    todo: "Then run up again.",
  });
}

/** Often, the target only lacks the version. */
function inVersion(kind: string, items: readonly Selected[]): string {
  const { apiVersion } = items.find(({ resource }) => resource === kind)?.object ?? {};
  return apiVersion === undefined ? "" : ` in version ${apiVersion}`;
}

function missingClasses(
  items: readonly Selected[],
  { restorePVs, storageClassMapping = {} }: RestoreOptions,
  present: readonly string[],
): string[] {
  if (restorePVs === false) return [];
  const wanted = items
    .filter(({ resource }) => resource === "persistentvolumeclaims")
    .map(({ object }) => (object["spec"] as { storageClassName?: string } | undefined)?.storageClassName)
    .filter((name): name is string => Boolean(name))
    .map((name) => storageClassMapping[name] ?? name);
  const brought = items
    .filter(({ resource }) => resource === "storageclasses.storage.k8s.io")
    .map(({ name }) => name);
  return [...new Set(wanted)].filter((name) => !present.includes(name) && !brought.includes(name)).toSorted();
}

const terminatingTargets = (items: readonly Selected[], terminating: readonly string[]): string[] => {
  const into = new Set(
    items.map(({ resource, name, intoNamespace }) => (resource === "namespaces" ? name : intoNamespace)),
  );
  return terminating.filter((name) => into.has(name));
};

interface Words {
  /** The subject of the comparison: `Restore velero/r has restored`. */
  place: string;
  undone: string;
}

/**
 * Throws if the credentials may not list a kind: a comparison needs the permission to list all kinds. Objects that may
 * not be listed are not reported as missing.
 */
export function requireSight(
  { hidden }: Pick<TargetCluster, "hidden">,
  options: RestoreOptions,
  { place, undone }: Words,
): void {
  if (!verifies(options) || hidden.length === 0) return;
  throw new Problem({
    code: "Forbidden",
    property: isDrill(options) ? "drill" : "verify",
    what: `what ${place} cannot be compared with the backup: these credentials may not list ${hidden.join(", ")} there`,
    todo: `${undone} Give the kubeconfig's user the right to list them, or leave them out with excludedResources.`,
  });
}

type Sight = Pick<TargetCluster, "silent" | "down">;

/** Returns true if the target could list the object's kind: the server behind a kind may be unavailable. */
export const isInSight = ({ resource, object }: Selected, { silent, down }: Sight): boolean =>
  !down.has(resource) && !silent.includes(object.apiVersion ?? "");

/** Returns the kinds among `items` that the target cannot list, with the reasons, in words. */
export function outOfSight(items: readonly Selected[], { silent, down }: Sight): string[] {
  const mute = silent.filter((version) => items.some(({ object }) => object.apiVersion === version));
  return [
    ...mute.map((version) => `the server of ${version} does not answer there`),
    ...[...down].map(([kind, why]) => `${kind} cannot be listed there (${why.replace(/\.$/, "")})`),
  ];
}

/** Returns the problem of a comparison that cannot include all objects. Such a comparison is no success. */
export function sightProblem(
  items: readonly Selected[],
  target: Sight,
  options: RestoreOptions,
  { place, undone }: Words,
): Problem | undefined {
  const kinds = outOfSight(items, target);
  if (!verifies(options) || kinds.length === 0) return undefined;
  const unseen = items.filter((item) => !isInSight(item, target)).length;
  return new Problem({
    code: "ApiServerNotResponding",
    property: isDrill(options) ? "drill" : "verify",
    what: `${unseen} of ${items.length} objects that ${place} cannot be compared with the backup`,
    said: kinds.join("; "),
    todo: `${undone} See kubectl get apiservices, and the conversion webhook of a kind's CustomResourceDefinition; or leave these kinds out with excludedResources.`,
  });
}

/** Refuses declared kinds that Velero cannot resolve, before anything is restored. */
export async function requireRestoredKinds(
  client: KubernetesClient,
  { whole, owner, target }: RestoreInCluster,
  examined: Examination | undefined,
): Promise<void> {
  if (restoredKindMentions(whole).length === 0) return;
  const served = examined?.target ?? (await freshDiscovery(client));
  const findings = restoredKindFindings(whole, { ...served, cluster: target.cluster }, examined?.contents);
  const problem = kindProblem(
    findings.filter(({ weight }) => weight !== "idle"),
    "Nothing was restored.",
  );
  if (problem) throw problem;
  for (const { path, reason } of findings) client.session.notices.warn(nameOf(owner), `${path}: ${reason}`);
}

/** Judges the declared kinds by those that the target serves and, if the backup can be read, by those that it holds. */
export const restoredKindFindings = (
  options: RestoreOptions,
  { kinds, silent, cluster }: Served & { cluster: string },
  contents: readonly Captured[] | undefined,
): KindFinding[] =>
  judgeRestoredKinds(options, {
    cluster,
    kinds,
    silent,
    ...(contents && { stored: [...new Set(contents.map(({ resource }) => resource))] }),
  });
