import type { KubernetesObject } from "../../kubernetes/resources.ts";
import { isDrill, type RestoreOptions } from "./options.ts";
import type { Selected } from "./select-items.ts";
import { wouldPatch } from "./would-patch.ts";

/** What a restore would do with one object. */
export type Fate = "create" | "exists" | "update" | "notRestorable" | "missingKind";

/** What a restore would do, in numbers, to be seen in a preview. */
export interface Plan {
  create: number;
  /** There already, and left as they are. */
  exists: number;
  /** There already, other than in the backup, and patched: under `existingResourcePolicy: "update"`, and ServiceAccounts always. */
  update: number;
  /** Such as volumes whose data the target's storage makes anew. */
  notRestorable: number;
  /** Kinds that the target does not know, and that the backup does not bring along. */
  missingKinds: string[];
}

/** What the target has of what is to be restored. */
export interface Target {
  /** Whether it serves the kind, or will once the backup's own definitions are there. */
  knows(item: Selected): boolean;
  /** The object in its place, if there is one: all of it where it is to be compared, else its name alone. */
  find(item: Selected): KubernetesObject | undefined;
}

export function fateOf(item: Selected, target: Target, options: RestoreOptions): Fate {
  if (!target.knows(item)) return "missingKind";
  if (isProvisionedAnew(item)) return "notRestorable";
  const live = target.find(item);
  if (!live) return "create";
  return wouldPatch(item, live, options) ? "update" : "exists";
}

export function planOf(items: readonly Selected[], target: Target, options: RestoreOptions): Plan {
  // A drill goes into namespaces of its own, and clears away first what an earlier one has left there.
  const isCleared = ({ resource, intoNamespace }: Selected): boolean =>
    isDrill(options) && (resource === "namespaces" || intoNamespace !== undefined);
  const before: Target = {
    knows: (item) => target.knows(item),
    find: (item) => (isCleared(item) ? undefined : target.find(item)),
  };
  const fates = items.map((item) => fateOf(item, before, options));
  const count = (fate: Fate) => fates.filter((each) => each === fate).length;
  const missing = items.filter((_, index) => fates[index] === "missingKind").map(({ resource }) => resource);
  return {
    create: count("create"),
    exists: count("exists"),
    update: count("update"),
    notRestorable: count("notRestorable"),
    missingKinds: [...new Set(missing)].toSorted(),
  };
}

/** A volume whose claim takes a new one: its storage deletes the disk with it, so that the old one is not to be had. */
const isProvisionedAnew = ({ resource, object }: Selected): boolean =>
  resource === "persistentvolumes" &&
  (object["spec"] as { persistentVolumeReclaimPolicy?: string } | undefined)
    ?.persistentVolumeReclaimPolicy === "Delete";
