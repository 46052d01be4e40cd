import { Problem } from "../../errors.ts";
import { isDrill, type RestoreOptions, verifies } from "./options.ts";
import type { TargetCluster } from "./look-at-target.ts";

/** What cannot be seen proves nothing, and is not called missing: a comparison needs sight of all kinds. */
export function requireSight(
  { hidden }: TargetCluster,
  options: RestoreOptions,
  { place, undone }: { place: string; undone: string },
): void {
  if (!verifies(options) || hidden.length === 0) return;
  throw new Problem({
    code: "Forbidden",
    property: isDrill(options) ? "drill" : "verify",
    what: `what ${place} cannot be compared with the backup: these credentials may not list ${hidden.join(", ")} there`,
    todo: `${undone} Give the kubeconfig's user the right to list them, or leave them out with excludedResources.`,
  });
}
