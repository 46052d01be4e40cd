import { allDependencies, type ResourceState } from "./resource-state.ts";

/** `--target` with, if wanted, `--target-dependents`; without any, everything is a target. */
export class Targets {
  readonly #urns: Set<string>;
  readonly #withDependents: boolean;
  readonly constrained: boolean;

  constructor(urns: readonly string[], withDependents = false) {
    this.#urns = new Set(urns);
    this.#withDependents = withDependents;
    this.constrained = urns.length > 0;
  }

  has(urn: string): boolean {
    return !this.constrained || this.#urns.has(urn);
  }

  include(state: ResourceState): boolean {
    if (this.has(state.urn)) return true;
    return this.#withDependents && allDependencies(state).some((urn) => this.#urns.has(urn));
  }

  /** Dependents of what is added are targets as well, where dependents count. */
  add(urn: string): void {
    if (this.#withDependents) this.#urns.add(urn);
  }

  get withDependents(): boolean {
    return this.#withDependents;
  }

  missing(known: (urn: string) => boolean): string[] {
    return [...this.#urns].filter((urn) => !known(urn));
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#urns[Symbol.iterator]();
  }
}
