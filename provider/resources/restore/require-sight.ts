import { Problem } from "../../errors.ts";
import { isDrill, type RestoreOptions, verifies } from "./options.ts";
import type { TargetCluster } from "./look-at-target.ts";
import type { Selected } from "./select-items.ts";

/** What cannot be seen proves nothing, and is not called missing: a comparison needs sight of all kinds. */
export function requireSight(
  items: readonly Selected[],
  { hidden, silent }: Pick<TargetCluster, "hidden" | "silent">,
  options: RestoreOptions,
  { place, undone }: { place: string; undone: string },
): void {
  if (!verifies(options)) return;
  const mute = silent.filter((version) => items.some(({ object }) => object.apiVersion === version));
  if (mute.length > 0) {
    throw new Problem({
      code: "ApiSilent",
      property: isDrill(options) ? "drill" : "verify",
      what: `what ${place} cannot be compared with the backup: the server of ${mute.join(", ")} does not answer there`,
      todo: `${undone} See kubectl get apiservices, or leave its kinds out with excludedResources.`,
    });
  }
  if (hidden.length === 0) return;
  throw new Problem({
    code: "Forbidden",
    property: isDrill(options) ? "drill" : "verify",
    what: `what ${place} cannot be compared with the backup: these credentials may not list ${hidden.join(", ")} there`,
    todo: `${undone} Give the kubeconfig's user the right to list them, or leave them out with excludedResources.`,
  });
}
