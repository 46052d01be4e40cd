import type { ResourceState } from "./resource-state.ts";

/** What a deployment has decided so far, by URN. */
export class OperationLog {
  /** Registered by the program. */
  readonly urns = new Set<string>();
  readonly sames = new Set<string>();
  readonly creates = new Set<string>();
  readonly updates = new Set<string>();
  readonly replaces = new Set<string>();
  readonly reads = new Set<string>();
  readonly deletes = new Set<string>();
  readonly refreshes = new Set<string>();
  /** Not created, as `--target` leaves them out. */
  readonly skippedCreates = new Set<string>();
  /** Deleted before their replacement, in this deployment. */
  readonly pendingDeletes = new Set<ResourceState>();
  /** Former URN → URN. */
  readonly aliased = new Map<string, string>();

  /** Whether the program has dealt with what stands in the state under this URN. */
  isOperatedOn(urn: string): boolean {
    const current = this.aliased.get(urn) ?? urn;
    return [this.sames, this.updates, this.replaces, this.reads, this.refreshes].some((set) =>
      set.has(current),
    );
  }

  /** All that have been decided: they cannot depend on what is still to come. */
  decided(): Set<string> {
    const sets = [this.reads, this.creates, this.sames, this.updates, this.deletes, this.replaces];
    return new Set(sets.flatMap((set) => [...set]));
  }
}
