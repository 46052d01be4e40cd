import type { Alias, Goal } from "./goal.ts";
import type { ResourceState } from "./resource-state.ts";
import { makeUrn, parseUrn, STACK_TYPE } from "./urn.ts";

/** Finds the old resource of a goal under its URN or one of its former ones (step_generator.go, getOldResource). */
export class AliasResolver {
  /** Former URN → URN. */
  readonly #aliased: Map<string, string>;
  /** URN → the former URN under which it was found. */
  readonly #foundAs = new Map<string, string>();
  readonly #stack: string;
  readonly #project: string;

  constructor(stack: string, project: string, aliased: Map<string, string>) {
    this.#stack = stack;
    this.#project = project;
    this.#aliased = aliased;
  }

  find(
    urn: string,
    goal: Pick<Goal, "name" | "type" | "parent" | "aliases">,
    olds: ReadonlyMap<string, ResourceState>,
    seen: ReadonlySet<string>,
  ): { old: ResourceState | undefined; alias: string | undefined } {
    const claimed = this.#aliased.get(urn);
    if (claimed !== undefined)
      throw new Error(`Duplicate resource URN '${urn}' conflicting with alias on '${claimed}'`);
    for (const candidate of [urn, ...this.#formerUrns(goal)]) {
      const old = olds.get(candidate);
      if (old === undefined) continue;
      if (candidate === urn) return { old, alias: undefined };
      if (seen.has(candidate))
        throw new Error(`Duplicate resource alias '${candidate}' applied to resource '${urn}'`);
      const other = this.#aliased.get(candidate);
      if (other !== undefined && other !== urn) {
        throw new Error(`Duplicate resource alias '${candidate}' applied to '${urn}' and '${other}'`);
      }
      this.#aliased.set(candidate, urn);
      this.#foundAs.set(urn, candidate);
      return { old, alias: candidate };
    }
    return { old: undefined, alias: undefined };
  }

  #formerUrns(goal: Pick<Goal, "name" | "type" | "parent" | "aliases">): string[] {
    const own = goal.aliases.map((alias) => this.#resolve(alias, goal));
    const parentAlias = this.#foundAs.get(goal.parent);
    if (goal.parent === "" || parentAlias === undefined) return own;
    const parentName = parseUrn(goal.parent).name;
    const inherited = [
      this.#inherit(goal.type, goal.name, parentName, parentAlias),
      ...own.map((urn) => this.#inherit(parseUrn(urn).type, parseUrn(urn).name, parentName, parentAlias)),
    ];
    return [...own, ...inherited];
  }

  #resolve(alias: Alias, goal: Pick<Goal, "name" | "type" | "parent">): string {
    if ("urn" in alias) return alias.urn;
    let parent = alias.parent === "" ? goal.parent : (this.#foundAs.get(alias.parent) ?? alias.parent);
    if (alias.noParent || (parent !== "" && parseUrn(parent).qualifiedType === STACK_TYPE)) parent = "";
    return makeUrn(
      alias.stack || this.#stack,
      alias.project || this.#project,
      parent,
      alias.type || goal.type,
      alias.name || goal.name,
    );
  }

  /** A child whose name begins with its parent's had the parent's former name there. */
  #inherit(type: string, name: string, parentName: string, parentAlias: string): string {
    const formerName = name.startsWith(parentName)
      ? parseUrn(parentAlias).name + name.slice(parentName.length)
      : name;
    return makeUrn(this.#stack, this.#project, parentAlias, type, formerName);
  }
}
