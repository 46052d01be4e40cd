import type { SelectionInputs } from "./selection.ts";

/** The words by which the API knows namespaces, and the one for everything. */
const NAMESPACES = ["namespaces", "namespace", "ns", "*"];

/**
 * Tells whether a selection asks for certain objects in its namespaces, by kind or by label. A namespace itself is then
 * none of them: Velero stores it beside whatever it stores, and without anything in it.
 */
export function isFiltered({
  labelSelector,
  orLabelSelectors = [],
  includedResources = [],
  includedNamespaceScopedResources = [],
  includedClusterScopedResources = [],
  resourcePolicy = {},
}: SelectionInputs): boolean {
  const kinds = [
    ...includedResources,
    ...includedNamespaceScopedResources,
    ...includedClusterScopedResources,
  ];
  if (kinds.some((word) => NAMESPACES.includes(word.toLowerCase()))) return false;
  return (
    labelSelector !== undefined ||
    orLabelSelectors.length > 0 ||
    kinds.length > 0 ||
    resourcePolicy["namespacedFilterPolicies"] !== undefined
  );
}
