import { allDependencies, type ResourceState } from "./resource-state.ts";
import { parseProviderReference } from "./urn.ts";

/** Who depends on whom in a list of resources that is sorted topologically (pkg/resource/graph). */
export class DependencyGraph {
  readonly #resources: ResourceState[];
  readonly #indexes: Map<ResourceState, number>;

  constructor(resources: ResourceState[]) {
    this.#resources = resources;
    this.#indexes = new Map(resources.map((state, i) => [state, i]));
  }

  contains(state: ResourceState): boolean {
    return this.#indexes.has(state);
  }

  /** All that depend on `root`, directly or not, in dependency order. Children count only where asked for. */
  dependingOn(root: ResourceState, ignore: Set<string>, includeChildren: boolean): ResourceState[] {
    const start = this.#indexes.get(root);
    if (start === undefined) return [];
    const set = new Set([root.urn]);
    const isDependent = (candidate: ResourceState): boolean => {
      if (ignore.has(candidate.urn)) return false;
      if (includeChildren && set.has(candidate.parent)) return true;
      if (candidate.deletedWith !== "" && set.has(candidate.deletedWith)) return true;
      if (candidate.provider !== "" && set.has(parseProviderReference(candidate.provider).urn)) return true;
      const needed = [...candidate.dependencies, ...Object.values(candidate.propertyDependencies).flat()];
      return [...needed, ...candidate.replaceWith].some((urn) => set.has(urn));
    };
    const dependents: ResourceState[] = [];
    for (const candidate of this.#resources.slice(start + 1)) {
      if (!isDependent(candidate)) continue;
      dependents.push(candidate);
      set.add(candidate.urn);
    }
    return dependents;
  }

  /** What `state` needs directly: parent, provider and dependencies; of a component also its children. */
  dependenciesOf(state: ResourceState): Set<ResourceState> {
    const needed = new Set(allDependencies({ ...state, parent: "" }));
    if (state.provider !== "") needed.add(parseProviderReference(state.provider).urn);
    const before = this.#resources.slice(0, this.#indexes.get(state) ?? this.#resources.length);
    const found = new Set<ResourceState>();
    for (const candidate of before) {
      if (candidate.urn === state.parent) found.add(candidate);
      if (!needed.has(candidate.urn)) continue;
      found.add(candidate);
      if (candidate.custom) continue;
      for (const child of before) if (child.parent === candidate.urn) found.add(child);
    }
    return found;
  }

  /** Antichains of what may be deleted side by side, dependents first (step_generator.go, ScheduleDeletes). */
  scheduleDeletes(condemned: Set<ResourceState>): ResourceState[][] {
    const left = new Set(condemned);
    const antichains: ResourceState[][] = [];
    while (left.size > 0) {
      const round = [...left].filter((state) =>
        [...this.dependenciesOf(state)].every((needed) => !left.has(needed)),
      );
      for (const state of round) left.delete(state);
      antichains.push(round);
    }
    return antichains.toReversed();
  }
}
