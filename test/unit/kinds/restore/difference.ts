import type { KubernetesObject } from "../../../../provider/kubernetes/resources.ts";
import type { RestoreOptions } from "../../../../provider/velero/restore-option-entries.ts";
import { verify } from "../../../../provider/restore-model/verify.ts";
import { captured, placeOf, selected, targetWith } from "./captured.ts";

export type Content = Record<string, unknown>;

/** What is said of one object of that kind; undefined: nothing. */
export function difference(
  resource: string,
  before: Content,
  after: Content,
  options: RestoreOptions = {},
): string | undefined {
  const item = selected(captured(resource, "shop/x", before));
  const live = captured(resource, "shop/x", after).object as KubernetesObject;
  // A second object, since a drill of nothing is refused.
  const other = selected(captured("configmaps", "shop/other"));
  const target = targetWith({ [placeOf(item)]: live, [placeOf(other)]: other.object });
  try {
    verify([item, other], target, options, { place: "Restore velero/r" });
    return undefined;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return new RegExp(`${resource} shop/x (.*?)[.] `).exec(said)?.[1] ?? said;
  }
}
