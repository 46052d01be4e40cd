import { DependencyGraph } from "./dependency-graph.ts";
import type { ResourceState, Snapshot } from "./resource-state.ts";

/** The old state, as a deployment looks things up in it. A refresh replaces it. */
export interface Base {
  resources: ResourceState[];
  /** By URN, without those marked for deletion. */
  olds: Map<string, ResourceState>;
  graph: DependencyGraph;
}

export function baseOf({ resources }: Snapshot): Base {
  const olds = new Map(resources.filter((state) => !state.delete).map((state) => [state.urn, state]));
  return { resources, olds, graph: new DependencyGraph(resources) };
}
