import { Problem } from "../../errors.ts";
import type { RestoreOptions } from "./options.ts";
import { isDrill } from "./options.ts";
import type { Plan } from "./plan.ts";
import type { Selected } from "./select-items.ts";

/** What of a target has to be as the backup takes it for granted. */
export interface Surroundings {
  cluster: string;
  storageClasses: readonly string[] | undefined;
  /** Of namespaces that are being deleted: nothing can be restored into those. */
  terminating: readonly string[];
}

/** Everything that keeps the restore from working, all at once; nothing has been begun. */
export function requirementsMissing(
  items: readonly Selected[],
  plan: Plan,
  options: RestoreOptions,
  { cluster, storageClasses, terminating }: Surroundings,
): Problem | undefined {
  const complaints = [
    ...plan.missingKinds.map((kind) => `it does not know ${kind} (install what defines it, or exclude it with excludedResources)`),
    ...(storageClasses ? missingClasses(items, options, storageClasses) : []).map(
      (name) => `it has no storage class "${name}" (make one, map it with storageClassMapping, or leave volumes out with restorePVs: false)`,
    ),
    ...terminatingTargets(items, terminating).map(
      (name) => `namespace "${name}" is being deleted there (wait, or see what keeps it: kubectl get namespace ${name} -o yaml)`,
    ),
    ...(isDrill(options) ? sharedDisks(items) : []).map(
      (name) => `volume "${name}" has reclaim policy Retain and would mount the source's own disk, which no drill may touch (exclude persistentvolumes, or set restorePVs: false)`,
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
  const brought = items.filter(({ resource }) => resource === "storageclasses.storage.k8s.io").map(({ name }) => name);
  return [...new Set(wanted)].filter((name) => !present.includes(name) && !brought.includes(name)).toSorted();
}

const terminatingTargets = (items: readonly Selected[], terminating: readonly string[]): string[] => {
  const into = new Set(items.map(({ intoNamespace }) => intoNamespace));
  return terminating.filter((name) => into.has(name));
};

const sharedDisks = (items: readonly Selected[]): string[] =>
  items
    .filter(
      ({ resource, object }) =>
        resource === "persistentvolumes" &&
        (object["spec"] as { persistentVolumeReclaimPolicy?: string } | undefined)?.persistentVolumeReclaimPolicy ===
          "Retain",
    )
    .map(({ name }) => name);
