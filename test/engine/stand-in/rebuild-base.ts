import type { ResourceState, Snapshot } from "./resource-state.ts";

/**
 * Puts what a refresh found into the snapshot, in place: what is gone is dropped, and with it every reference to it;
 * an orphaned child is nobody's child (deployment_executor.go, rebuildBaseState).
 */
export function rebuildBase(
  snapshot: Snapshot,
  refreshed: Map<ResourceState, ResourceState | undefined>,
): void {
  const present = new Set<string>();
  const resources: ResourceState[] = [];
  for (const old of snapshot.resources) {
    const state = refreshed.has(old) ? refreshed.get(old) : old;
    if (state === undefined) continue;
    const isPresent = (urn: string): boolean => present.has(urn);
    state.dependencies = state.dependencies.filter(isPresent);
    state.propertyDependencies = Object.fromEntries(
      Object.entries(state.propertyDependencies).map(([key, urns]) => [key, urns.filter(isPresent)]),
    );
    state.replaceWith = state.replaceWith.filter(isPresent);
    if (!isPresent(state.deletedWith)) state.deletedWith = "";
    resources.push(state);
    present.add(state.urn);
  }
  for (const state of resources) if (!present.has(state.parent)) state.parent = "";
  snapshot.resources = resources;
}
