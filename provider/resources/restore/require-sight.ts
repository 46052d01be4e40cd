import { Problem } from "../../errors.ts";
import { isDrill, type RestoreOptions, verifies } from "./options.ts";
import type { TargetCluster } from "./look-at-target.ts";
import type { Selected } from "./select-items.ts";

interface Words {
  /** What is to be compared: `Restore velero/r has restored`. */
  place: string;
  undone: string;
}

/** What these credentials may not see proves nothing, and is not called missing: a comparison needs the right to list all kinds. */
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

/** Tells whether the target could say what it has of an object: what stands behind its kind may be down. */
export const isInSight = ({ resource, object }: Selected, { silent, down }: Sight): boolean =>
  !down.has(resource) && !silent.includes(object.apiVersion ?? "");

/** The kinds among `items` of which the target cannot say what it has, each with the reason, in words. */
export function outOfSight(items: readonly Selected[], { silent, down }: Sight): string[] {
  const mute = silent.filter((version) => items.some(({ object }) => object.apiVersion === version));
  return [
    ...mute.map((version) => `the server of ${version} does not answer there`),
    ...[...down].map(([kind, why]) => `${kind} cannot be listed there (${why.replace(/\.$/, "")})`),
  ];
}

/** What could not be looked at is not compared, and a comparison without it is no success. */
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
    code: "ApiSilent",
    property: isDrill(options) ? "drill" : "verify",
    what: `${unseen} of ${items.length} objects that ${place} cannot be compared with the backup`,
    said: kinds.join("; "),
    todo: `${undone} See kubectl get apiservices, and the conversion webhook of a kind's CustomResourceDefinition; or leave these kinds out with excludedResources.`,
  });
}
