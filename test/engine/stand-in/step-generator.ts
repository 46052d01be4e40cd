import { AliasResolver } from "./alias-resolver.ts";
import type { DependencyGraph } from "./dependency-graph.ts";
import { dependentReplacements } from "./dependent-replacements.ts";
import { applyReplaceOnChanges, diffResource, ignoreChanges, type KnownDiff } from "./diff-resource.ts";
import type { Goal, ReadGoal } from "./goal.ts";
import { deepEquals } from "./property-value.ts";
import { goalState, readState } from "./goal-state.ts";
import type { ResourceState } from "./resource-state.ts";
import {
  createStep,
  deleteStep,
  readStep,
  type Registered,
  replaceStep,
  sameStep,
  skippedCreateStep,
  type Step,
  type StepContext,
  updateStep,
} from "./step.ts";
import type { Targets } from "./targets.ts";
import { encodeValue } from "./wire.ts";
import { isProviderType, makeUrn, parseProviderReference, parseUrn, STACK_TYPE } from "./urn.ts";

/** The old state: it is rewritten when a refresh comes first. */
export interface Base {
  resources: ResourceState[];
  /** By URN, without those marked for deletion. */
  olds: Map<string, ResourceState>;
  graph: DependencyGraph;
}

export interface GeneratorOptions {
  stack: string;
  project: string;
  base: Base;
  context: StepContext;
  targets: Targets;
  replaceTargets: Set<string>;
  /** Destroying with the program: what it registers is kept as it is, to be deleted afterwards. */
  destroying: boolean;
  error(urn: string, message: string): void;
}

/** Stops a deployment whose error has been reported. */
export class Bail extends Error {}

/** Decides what a registration means for the state, one registration at a time (deploy/step_generator.go). */
export class StepGenerator {
  readonly aliases: AliasResolver;
  readonly urns = new Set<string>();
  readonly sames = new Set<string>();
  readonly creates = new Set<string>();
  readonly updates = new Set<string>();
  readonly replaces = new Set<string>();
  readonly reads = new Set<string>();
  readonly deletes = new Set<string>();
  readonly refreshes = new Set<string>();
  /** Deleted before its replacement, in this deployment. */
  readonly pendingDeletes = new Set<ResourceState>();
  readonly skippedCreates = new Set<string>();
  readonly toDelete: ResourceState[] = [];
  readonly #options: GeneratorOptions;

  constructor(options: GeneratorOptions) {
    this.#options = options;
    this.aliases = new AliasResolver(options.stack, options.project);
  }

  isOperatedOn(urn: string): boolean {
    const current = this.aliases.aliased.get(urn) ?? urn;
    return [this.sames, this.updates, this.replaces, this.reads, this.refreshes].some((set) =>
      set.has(current),
    );
  }

  /** The URN of a goal, refused where another resource of this program has it already. */
  claimUrn(goal: { parent: string; type: string; name: string }): string {
    const urn = makeUrn(this.#options.stack, this.#options.project, goal.parent, goal.type, goal.name);
    if (this.urns.has(urn)) {
      this.#options.error(urn, `Duplicate resource URN '${urn}'; try giving it a unique name`);
      throw new Bail(urn);
    }
    this.urns.add(urn);
    return urn;
  }

  find(urn: string, goal: Goal): { old: ResourceState | undefined; current: ResourceState } {
    const { old, alias } = this.aliases.find(urn, goal, this.#options.base.olds, this.urns);
    return { old, current: goalState(urn, goal, old, alias) };
  }

  async generate(
    urn: string,
    goal: Goal,
    old: ResourceState | undefined,
    current: ResourceState,
    done: (registered: Registered) => void,
  ): Promise<Step[]> {
    const { context, targets } = this.#options;
    if (this.#options.destroying) {
      const steps = this.#keepForDestroy(goal, old, current, done);
      if (steps !== undefined) return steps;
    }
    const isTargeted = isProviderType(goal.type) || goal.type === STACK_TYPE || targets.include(current);
    const recreating = this.deletes.has(urn);
    const replaceTargeted = this.#isReplaceTarget(urn, old);
    const provider = goal.custom ? context.provider(current) : undefined;
    if (provider !== undefined) {
      if (isTargeted) {
        const afresh = recreating || old === undefined || old.external || replaceTargeted;
        const news =
          old === undefined
            ? goal.properties
            : ignoreChanges(goal.properties, old.inputs, goal.ignoreChanges);
        await this.#check(current, afresh ? {} : old.inputs, afresh ? goal.properties : news);
      } else if (old !== undefined) current.inputs = old.inputs;
    } else if (old !== undefined) {
      current.inputs = ignoreChanges(goal.properties, old.inputs, goal.ignoreChanges);
    }

    if (recreating && old !== undefined) {
      this.deletes.delete(urn);
      this.replaces.add(urn);
      const replacing = { old, diff: undefined, pendingDelete: false };
      return [replaceStep(old, current, undefined), createStep(context, current, done, replacing)];
    }
    if (old?.external) {
      this.creates.add(urn);
      const replacing = { old, diff: undefined, pendingDelete: true };
      return [createStep(context, current, done, replacing), replaceStep(old, current, undefined)];
    }
    if (isTargeted) targets.add(urn);
    if (old === undefined) {
      if (isTargeted) {
        this.creates.add(urn);
        return this.#afterSkipped([createStep(context, current, done)]);
      }
      this.sames.add(urn);
      this.skippedCreates.add(urn);
      return [skippedCreateStep(current, done)];
    }
    if (!isTargeted) return this.#untargeted(urn, old, done);
    const diff = await this.#diff(urn, goal, old, current);
    return this.#afterSkipped(await this.#stepsForDiff(urn, goal, old, current, diff, done));
  }

  generateRead(goal: ReadGoal, done: (state: ResourceState) => void): Step[] {
    const urn = this.claimUrn(goal);
    const { old, alias } = this.aliases.find(
      urn,
      { ...goal, aliases: [] },
      this.#options.base.olds,
      this.urns,
    );
    const current = readState(urn, goal, old, alias);
    if (this.#options.destroying) this.toDelete.push(current);
    if (old !== undefined && !old.external && old.id !== goal.id) {
      this.replaces.add(urn);
      return [
        readStep(this.#options.context, old, current, true, done),
        replaceStep(old, current, undefined),
      ];
    }
    this.reads.add(urn);
    return [readStep(this.#options.context, old, current, false, done)];
  }

  async #check(
    current: ResourceState,
    olds: ResourceState["inputs"],
    news: ResourceState["inputs"],
  ): Promise<void> {
    const { context } = this.#options;
    const { urn, type } = current;
    const result = await context.provider(current).check({ urn, olds, news, preview: context.preview });
    const subject = `${type} resource '${parseUrn(urn).name}'`;
    for (const { property, reason } of result.failures) {
      // As the engine does, the whole value of a top-level property is printed, secrets and all.
      const value = current.inputs[property];
      const shown =
        value === undefined ? "{<nil>}" : JSON.stringify(encodeValue(value, { keepUnknowns: true }));
      const where = property === "" ? "" : `: property ${property} value ${shown}`;
      this.#options.error(urn, `${subject}${where} has a problem: ${reason}`);
    }
    if (result.failures.length > 0) throw new Bail(urn);
    current.inputs = result.inputs;
  }

  async #diff(urn: string, goal: Goal, old: ResourceState, current: ResourceState): Promise<KnownDiff> {
    const replaceBecause = (key: string): KnownDiff => ({
      changes: true,
      replaceKeys: [key],
      changedPaths: [],
      deleteBeforeReplace: false,
    });
    if (this.#isReplaceTarget(urn, old)) return replaceBecause("id");
    if (current.replaceWith.some((other) => this.replaces.has(other))) return replaceBecause("replaceWith");
    if (current.deletedWith !== "" && this.replaces.has(current.deletedWith))
      return replaceBecause("deletedWith");
    if (this.#providerChanged(old, current)) return replaceBecause("provider");
    if (!goal.custom) {
      const changes = !deepEquals(old.inputs, current.inputs);
      return { changes, replaceKeys: [], changedPaths: [], deleteBeforeReplace: false };
    }
    const { context } = this.#options;
    const diff = await diffResource(context.provider(current), {
      urn,
      id: old.id,
      oldInputs: old.inputs,
      oldOutputs: old.outputs,
      news: current.inputs,
      ignoreChanges: goal.ignoreChanges,
      preview: context.preview,
    });
    return applyReplaceOnChanges(diff, goal.replaceOnChanges, old.initErrors.length > 0);
  }

  /** No provider's configuration replaces resources here: dynamic providers have no DiffConfig. */
  #providerChanged(old: ResourceState, current: ResourceState): boolean {
    if (old.provider === current.provider) return false;
    return old.provider === "" || current.provider === "";
  }

  async #stepsForDiff(
    urn: string,
    goal: Goal,
    old: ResourceState,
    current: ResourceState,
    diff: KnownDiff,
    done: (registered: Registered) => void,
  ): Promise<Step[]> {
    const { context } = this.#options;
    if (diff.replaceKeys.length > 0 || old.pendingReplacement) {
      if (diff.changes || old.pendingReplacement) return this.#replace(urn, goal, old, current, diff, done);
    }
    if (diff.changes || old.initErrors.length > 0) {
      this.updates.add(urn);
      return [updateStep(context, old, current, diff, done)];
    }
    this.sames.add(urn);
    return [sameStep(old, current, done)];
  }

  async #replace(
    urn: string,
    goal: Goal,
    old: ResourceState,
    current: ResourceState,
    diff: KnownDiff,
    done: (registered: Registered) => void,
  ): Promise<Step[]> {
    const { context } = this.#options;
    if (old.protect && current.protect) {
      this.#refuseProtected(
        urn,
        `unable to replace resource "${urn}"\nas it is currently marked for protection`,
      );
    }
    this.replaces.add(urn);
    // The names and defaults of the new one are its own: check runs again without the old inputs.
    if (goal.custom && !this.#isReplaceTarget(urn, old)) await this.#check(current, {}, goal.properties);
    if (!(goal.deleteBeforeReplace ?? diff.deleteBeforeReplace)) {
      const replacing = { old, diff, pendingDelete: true };
      return [createStep(context, current, done, replacing), replaceStep(old, current, diff)];
    }
    const steps = await this.#deleteDependents(urn, old);
    if (!old.pendingReplacement) {
      this.deletes.add(old.urn);
      steps.push(deleteStep(context, old, { replacing: true, pendingReplace: true }));
    }
    const replacing = { old, diff, pendingDelete: false };
    return [...steps, replaceStep(old, current, diff), createStep(context, current, done, replacing)];
  }

  async #deleteDependents(urn: string, old: ResourceState): Promise<Step[]> {
    const { context, base } = this.#options;
    const operatedOn = new Set(
      [this.reads, this.creates, this.sames, this.updates, this.deletes, this.replaces].flatMap((set) => [
        ...set,
      ]),
    );
    const dependents = base.graph.contains(old)
      ? await dependentReplacements(old, base.graph, operatedOn, (state) => context.provider(state))
      : [];
    for (const state of base.olds.values()) {
      const cascades = state.replaceWith.includes(urn) || state.deletedWith === urn;
      if (cascades && !dependents.includes(state) && !operatedOn.has(state.urn)) dependents.push(state);
    }
    const steps: Step[] = [];
    for (const dependent of dependents.toReversed()) {
      if (this.pendingDeletes.has(dependent)) continue;
      if (dependent.protect) {
        const message = `unable to replace resource "${dependent.urn}" as part of replacing "${urn}" as it is currently marked for protection`;
        this.#refuseProtected(dependent.urn, message, true);
      }
      const pendingReplace = !dependent.delete;
      steps.push(deleteStep(context, dependent, pendingReplace ? { replacing: true, pendingReplace } : {}));
      this.deletes.add(dependent.urn);
      this.pendingDeletes.add(dependent);
    }
    return steps;
  }

  #refuseProtected(urn: string, message: string, always = false): void {
    this.#options.error(urn, message);
    if (always || !this.#options.context.preview) throw new Bail(urn);
  }

  #isReplaceTarget(urn: string, old: ResourceState | undefined): boolean {
    return old !== undefined && this.#options.replaceTargets.has(urn);
  }

  /** What is left out by `--target` stays as it is, and so does what it depends on. */
  #untargeted(urn: string, old: ResourceState, done: (registered: Registered) => void): Step[] {
    const steps: Step[] = [];
    const keep = (state: ResourceState, finish?: (registered: Registered) => void): void => {
      if (state.delete || (this.sames.has(state.urn) && finish === undefined)) return;
      this.sames.add(state.urn);
      this.urns.add(state.urn);
      for (const dependency of this.#options.base.graph.dependenciesOf(state)) {
        if (!this.isOperatedOn(dependency.urn) && !this.creates.has(dependency.urn)) keep(dependency);
      }
      steps.push(sameStep(state, { ...state }, finish));
    };
    this.sames.add(urn);
    keep(old, done);
    return steps;
  }

  /** A step must not depend on a create that `--target` left out. */
  #afterSkipped(steps: Step[]): Step[] {
    if (this.skippedCreates.size === 0) return steps;
    for (const state of steps.map((step) => step.new).filter((state) => state !== undefined)) {
      const needed = [
        ...state.dependencies,
        state.parent,
        ...Object.values(state.propertyDependencies).flat(),
      ];
      const skipped = needed.find((urn) => this.skippedCreates.has(urn));
      if (skipped === undefined) continue;
      this.#options.error(
        state.urn,
        `Resource '${state.urn}' depends on '${skipped}' which was was not specified in --target list.`,
      );
      throw new Bail(state.urn);
    }
    return steps;
  }

  #keepForDestroy(
    goal: Goal,
    old: ResourceState | undefined,
    current: ResourceState,
    done: (registered: Registered) => void,
  ): Step[] | undefined {
    const provider = current.provider === "" ? [] : [parseProviderReference(current.provider).urn];
    const needed = [...current.dependencies, current.parent, ...provider];
    const isCustom = goal.custom && !isProviderType(goal.type);
    if (needed.some((urn) => this.skippedCreates.has(urn)) || (isCustom && old === undefined)) {
      this.skippedCreates.add(current.urn);
      if (old !== undefined) current.outputs = old.outputs;
      return [skippedCreateStep(current, done)];
    }
    this.toDelete.push(current);
    if (!isCustom || old === undefined) return undefined;
    this.sames.add(current.urn);
    current.inputs = old.inputs;
    return [sameStep(old, current, done)];
  }
}
