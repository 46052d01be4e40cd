import { drillRules, type DrillShape } from "./drill-rules.ts";
import { globToRegExp } from "./glob.ts";
import { isDrill, type RestoreOptions } from "./options.ts";

/** A rule of Velero's resource modifiers (velero `internal/resourcemodifiers`). */
export interface ModifierRule {
  conditions: {
    groupResource: string;
    resourceNameRegex?: string;
    namespaces?: string[];
    labelSelector?: object;
    matches?: { path: string; value?: string }[];
  };
  patches?: JsonPatch[];
  mergePatches?: { patchData: string }[];
  strategicPatches?: { patchData: string }[];
}

export interface JsonPatch {
  operation: string;
  path: string;
  from?: string | undefined;
  value?: string | undefined;
}

/**
 * A StatefulSet has a claim template for each of its volumes; a rule for one that is missing does no harm
 * (docs/design/velero-facts.md#resource-modifiers).
 */
const CLAIM_TEMPLATES = 8;

/** All rules of a restore, or undefined where it has none: the user's own come first. A drill has some in any shape. */
export function modifierRules(
  options: RestoreOptions,
  shape: DrillShape = { servicePorts: 0, consumers: [] },
): ModifierRule[] | undefined {
  const rules = [
    ...(options.resourceModifiers ?? []),
    ...Object.entries(options.storageClassMapping ?? {}).flatMap(([from, to]) => storageClassRules(from, to)),
    ...(isDrill(options) ? drillRules(shape) : []),
  ];
  return rules.length > 0 ? rules : undefined;
}

/** All rules match the object as it was before the first of them, so that two classes can be swapped. */
function storageClassRules(from: string, to: string): ModifierRule[] {
  const rule = (groupResource: string, path: string): ModifierRule => ({
    conditions: { groupResource, matches: [{ path, value: from }] },
    patches: [{ operation: "replace", path, value: to }],
  });
  return [
    rule("persistentvolumeclaims", "/spec/storageClassName"),
    rule("persistentvolumes", "/spec/storageClassName"),
    ...Array.from({ length: CLAIM_TEMPLATES }, (_, index) =>
      rule("statefulsets.apps", `/spec/volumeClaimTemplates/${index}/spec/storageClassName`),
    ),
  ];
}

/** Whether the user's own rules may change objects of that kind on their way in: Velero reads `groupResource` as a glob. */
export const changesKind = ({ resourceModifiers = [] }: RestoreOptions, resource: string): boolean =>
  resourceModifiers.some(({ conditions: { groupResource } }) =>
    globToRegExp(groupResource, ".").test(resource),
  );
