import type { ServedKind } from "../../kubernetes/discovery.ts";
import type { SavedClaims } from "../volumes/saved-claims.ts";
import { drilledOptions } from "./drilled-options.ts";
import { isDrill, provesData, type RestoreOptions } from "./options.ts";
import { planVolumes, type VolumePlan } from "./plan-volumes.ts";
import type { Captured } from "../read-contents.ts";
import { MOVED_DATA, namespacesIn, type Selected, selectItems } from "./select-items.ts";

/** The objects of a backup that are restored, and the options by which they are. */
export interface Choice {
  items: readonly Selected[];
  /** Those that are declared, or what a drill makes of them. */
  options: RestoreOptions;
  /** In a drill: the fate of the data of claims. */
  volumes?: VolumePlan;
}

export interface Circumstances {
  saved: SavedClaims;
  /** Storage classes of the target that make no volume before a pod mounts the claim. */
  lateClasses: readonly string[];
  /** Velero's own namespace in the target. */
  veleroNamespace: string;
}

/** Chooses what a restore takes of a backup, under the options that it comes to. */
export function chooseItems(
  contents: readonly Captured[],
  options: RestoreOptions,
  kinds: readonly ServedKind[],
  { saved, lateClasses, veleroNamespace }: Circumstances,
): Choice {
  const select = (under: RestoreOptions): Choice => {
    const items = selectItems(contents, under, kinds);
    const moved = namespacesOfMovedData(contents, items);
    if (under.namespaceMapping === undefined || moved.length === 0) return { items, options: under };
    const namespaceMapping = {
      ...under.namespaceMapping,
      ...Object.fromEntries(moved.map((name) => [name, veleroNamespace])),
    };
    const redirected = { ...under, namespaceMapping };
    return { items: selectItems(contents, redirected, kinds), options: redirected };
  };
  if (!isDrill(options)) return select(options);
  const veleroNamespaces = [veleroNamespace, ...namespacesWith(contents, VELEROS)];
  const drilled = (withPods: boolean) => select(drilledOptions(options, { withPods, veleroNamespaces }));
  const whole = drilled(true);
  const volumes = planVolumes(whole.items, saved, { lateClasses, options });
  const chosen = provesData(options) && volumes.needsPods ? whole : drilled(false);
  return { ...chosen, volumes: within(volumes, chosen.items) };
}

/** A claim that only a pod would have brought along is not restored without it. */
function within(volumes: VolumePlan, items: readonly Selected[]): VolumePlan {
  const restored = new Set(
    items
      .filter(({ resource }) => resource === "persistentvolumeclaims")
      .map(({ namespace, name }) => `${namespace}/${name}`),
  );
  return {
    ...volumes,
    claims: volumes.claims.filter(({ namespace, claim }) => restored.has(`${namespace}/${claim}`)),
  };
}

/** Kinds whose objects lie in Velero's own namespace alone. */
const VELEROS = [MOVED_DATA, "backupstoragelocations.velero.io"];

const namespacesWith = (contents: readonly Captured[], resources: readonly string[]): string[] =>
  namespacesIn(contents.filter(({ resource }) => resources.includes(resource)));

/**
 * Namespaces of which a restore only reads objects, whatever its filters: a backup with moved data holds some of Velero's
 * own namespace (velero `pkg/restore/restore.go`, resourceMustHave). Velero would make the namespace that the mapping
 * says for them, and a mapping of `*` says one; so they are mapped to Velero's own, which is there.
 */
const namespacesOfMovedData = (contents: readonly Captured[], items: readonly Selected[]): string[] => {
  const restored = namespacesIn(items);
  return namespacesWith(contents, [MOVED_DATA]).filter((name) => !restored.includes(name));
};
