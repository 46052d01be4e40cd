import { Problem } from "../../errors.ts";
import type { RestoreOptions } from "./options.ts";
import { isDrill } from "./options.ts";
import type { Plan } from "./plan.ts";
import type { Selected } from "./select-items.ts";

/** What of a target has to be as the backup takes it for granted. */
export interface Surroundings {
  cluster: string;
  storageClasses: readonly string[] | undefined;
  /** Namespaces that are being deleted: nothing can be restored into those. */
  terminating: readonly string[];
  /** Volumes that would be the source's own disks. */
  sharedDisks: readonly string[];
  /** Kinds of which the cluster cannot say what it has, each with the reason, in words. */
  outOfSight: readonly string[];
}

/** Everything that keeps the restore from working, all at once; nothing has been begun. */
export function requirementsMissing(
  items: readonly Selected[],
  { missingKinds }: Pick<Plan, "missingKinds">,
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
    // Velero waits until it has listed each kind, of all namespaces and without a limit, and restores nothing else
    // meanwhile (velero v1.18.3 `pkg/restore/restore.go`, WaitForCacheSync in execute and in getResource).
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

/** Often it is the version alone that the target does not serve. */
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
