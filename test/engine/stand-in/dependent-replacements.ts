import type { DependencyGraph } from "./dependency-graph.ts";
import { applyReplaceOnChanges, diffResource } from "./diff-resource.ts";
import { COMPUTED, type PropertyMap } from "./property-value.ts";
import type { Provider } from "./provider.ts";
import type { ResourceState } from "./resource-state.ts";
import { parseProviderReference } from "./urn.ts";

/**
 * Which dependents must go with a resource that is deleted before its replacement: those whose diff asks for a
 * replacement when what depends on it is unknown. Providers see unknowns here in a real update, too
 * (step_generator.go, calculateDependentReplacements).
 */
export async function dependentReplacements(
  root: ResourceState,
  graph: DependencyGraph,
  operatedOn: Set<string>,
  providerOf: (state: ResourceState) => Provider,
): Promise<ResourceState[]> {
  const replaced = new Set([root.urn]);
  const dependents: ResourceState[] = [];
  for (const candidate of graph.dependingOn(root, operatedOn, false)) {
    if (!(await mustBeReplaced(candidate, replaced, providerOf))) continue;
    dependents.push(candidate);
    replaced.add(candidate.urn);
  }
  return dependents;
}

async function mustBeReplaced(
  state: ResourceState,
  replaced: Set<string>,
  providerOf: (state: ResourceState) => Provider,
): Promise<boolean> {
  if (!state.custom || state.external) return false;
  if (state.provider !== "" && replaced.has(parseProviderReference(state.provider).urn)) return true;
  if (state.deletedWith !== "" && replaced.has(state.deletedWith)) return true;
  const changing = Object.keys(state.inputs).filter((key) =>
    (state.propertyDependencies[key] ?? []).some((urn) => replaced.has(urn)),
  );
  if (changing.length === 0) return false;
  const news: PropertyMap = { ...state.inputs };
  for (const key of changing) news[key] = COMPUTED;
  const diff = await diffResource(providerOf(state), {
    urn: state.urn,
    id: state.id,
    oldInputs: state.inputs,
    oldOutputs: state.outputs,
    news,
    ignoreChanges: state.ignoreChanges,
    preview: true,
  });
  return applyReplaceOnChanges(diff, state.replaceOnChanges, false).replaceKeys.length > 0;
}
