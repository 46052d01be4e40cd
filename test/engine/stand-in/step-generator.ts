import { AliasResolver } from "./alias-resolver.ts";
import { Bail } from "./bail.ts";
import { checkResource } from "./check-resource.ts";
import { dependentReplacements } from "./dependent-replacements.ts";
import { applyReplaceOnChanges, diffResource, ignoreChanges, type KnownDiff } from "./diff-resource.ts";
import type { GeneratorOptions } from "./generator-options.ts";
import type { Goal, ReadGoal } from "./goal.ts";
import { OperationLog } from "./operation-log.ts";
import { deepEquals, type PropertyMap } from "./property-value.ts";
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
  updateStep,
} from "./step.ts";
import { dependingOnSkipped, keepUntargeted } from "./untargeted.ts";
import { isProviderType, makeUrn, parseProviderReference, STACK_TYPE } from "./urn.ts";

/** Decides what a registration means for the state, one registration at a time (deploy/step_generator.go). */
export class StepGenerator {
  readonly log = new OperationLog();
  /** To be deleted after the program, as a destroy with the program registers them first. */
  readonly toDelete: ResourceState[] = [];
  readonly #options: GeneratorOptions;
  readonly #aliases: AliasResolver;

  constructor(options: GeneratorOptions) {
    this.#options = options;
    this.#aliases = new AliasResolver(options.stack, options.project, this.log.aliased);
  }

  /** The URN of a goal, refused where another resource of this program has it already. */
  claimUrn(goal: { parent: string; type: string; name: string }): string {
    const urn = makeUrn(this.#options.stack, this.#options.project, goal.parent, goal.type, goal.name);
    if (this.log.urns.has(urn)) {
      this.#options.error(urn, `Duplicate resource URN '${urn}'; try giving it a unique name`);
      throw new Bail(urn);
    }
    this.log.urns.add(urn);
    return urn;
  }

  find(urn: string, goal: Goal): { old: ResourceState | undefined; current: ResourceState } {
    const { old, alias } = this.#aliases.find(urn, goal, this.#options.base.olds, this.log.urns);
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
    const recreating = this.log.deletes.has(urn);
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
      this.log.deletes.delete(urn);
      this.log.replaces.add(urn);
      const replacing = { old, diff: undefined, pendingDelete: false };
      return [replaceStep(old, current, undefined), createStep(context, current, done, replacing)];
    }
    if (old?.external) {
      this.log.creates.add(urn);
      const replacing = { old, diff: undefined, pendingDelete: true };
      return [createStep(context, current, done, replacing), replaceStep(old, current, undefined)];
    }
    if (isTargeted) targets.add(urn);
    if (old === undefined) {
      if (isTargeted) {
        this.log.creates.add(urn);
        return this.#afterSkipped([createStep(context, current, done)]);
      }
      this.log.sames.add(urn);
      this.log.skippedCreates.add(urn);
      return [skippedCreateStep(current, done)];
    }
    if (!isTargeted) return keepUntargeted(this.log, this.#options.base.graph, old, urn, done);
    const diff = await this.#diff(urn, goal, old, current);
    return this.#afterSkipped(await this.#stepsForDiff(urn, goal, old, current, diff, done));
  }

  generateRead(goal: ReadGoal, done: (state: ResourceState) => void): Step[] {
    const urn = this.claimUrn(goal);
    const { old, alias } = this.#aliases.find(
      urn,
      { ...goal, aliases: [] },
      this.#options.base.olds,
      this.log.urns,
    );
    const current = readState(urn, goal, old, alias);
    if (this.#options.destroying) this.toDelete.push(current);
    if (old !== undefined && !old.external && old.id !== goal.id) {
      this.log.replaces.add(urn);
      return [
        readStep(this.#options.context, old, current, true, done),
        replaceStep(old, current, undefined),
      ];
    }
    this.log.reads.add(urn);
    return [readStep(this.#options.context, old, current, false, done)];
  }

  async #check(current: ResourceState, olds: PropertyMap, news: PropertyMap): Promise<void> {
    const { context } = this.#options;
    const complain = (urn: string, message: string) => this.#options.error(urn, message);
    if (!(await checkResource(context, current, olds, news, complain))) {
      throw new Bail(current.urn);
    }
  }

  async #diff(urn: string, goal: Goal, old: ResourceState, current: ResourceState): Promise<KnownDiff> {
    const replaceBecause = (key: string): KnownDiff => ({
      changes: true,
      replaceKeys: [key],
      changedPaths: [],
      deleteBeforeReplace: false,
    });
    if (this.#isReplaceTarget(urn, old)) return replaceBecause("id");
    if (current.replaceWith.some((other) => this.log.replaces.has(other)))
      return replaceBecause("replaceWith");
    if (current.deletedWith !== "" && this.log.replaces.has(current.deletedWith))
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
      this.log.updates.add(urn);
      return [updateStep(context, old, current, diff, done)];
    }
    this.log.sames.add(urn);
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
    this.log.replaces.add(urn);
    // The names and defaults of the new one are its own: check runs again without the old inputs.
    if (goal.custom && !this.#isReplaceTarget(urn, old)) await this.#check(current, {}, goal.properties);
    if (!(goal.deleteBeforeReplace ?? diff.deleteBeforeReplace)) {
      const replacing = { old, diff, pendingDelete: true };
      return [createStep(context, current, done, replacing), replaceStep(old, current, diff)];
    }
    const steps = await this.#deleteDependents(urn, old);
    if (!old.pendingReplacement) {
      this.log.deletes.add(old.urn);
      steps.push(deleteStep(context, old, { replacing: true, pendingReplace: true }));
    }
    const replacing = { old, diff, pendingDelete: false };
    return [...steps, replaceStep(old, current, diff), createStep(context, current, done, replacing)];
  }

  async #deleteDependents(urn: string, old: ResourceState): Promise<Step[]> {
    const { context, base } = this.#options;
    const operatedOn = this.log.decided();
    const dependents = base.graph.contains(old)
      ? await dependentReplacements(old, base.graph, operatedOn, (state) => context.provider(state))
      : [];
    for (const state of base.olds.values()) {
      const cascades = state.replaceWith.includes(urn) || state.deletedWith === urn;
      if (cascades && !dependents.includes(state) && !operatedOn.has(state.urn)) dependents.push(state);
    }
    const steps: Step[] = [];
    for (const dependent of dependents.toReversed()) {
      if (this.log.pendingDeletes.has(dependent)) continue;
      if (dependent.protect) {
        const message = `unable to replace resource "${dependent.urn}" as part of replacing "${urn}" as it is currently marked for protection`;
        this.#refuseProtected(dependent.urn, message, true);
      }
      const pendingReplace = !dependent.delete;
      steps.push(deleteStep(context, dependent, pendingReplace ? { replacing: true, pendingReplace } : {}));
      this.log.deletes.add(dependent.urn);
      this.log.pendingDeletes.add(dependent);
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

  /** A step must not depend on a create that `--target` left out. */
  #afterSkipped(steps: Step[]): Step[] {
    for (const { urn, skipped } of dependingOnSkipped(this.log, steps)) {
      const message = `Resource '${urn}' depends on '${skipped}' which was was not specified in --target list.`;
      this.#options.error(urn, message);
      throw new Bail(urn);
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
    if (needed.some((urn) => this.log.skippedCreates.has(urn)) || (isCustom && old === undefined)) {
      this.log.skippedCreates.add(current.urn);
      if (old !== undefined) current.outputs = old.outputs;
      return [skippedCreateStep(current, done)];
    }
    this.toDelete.push(current);
    if (!isCustom || old === undefined) return undefined;
    this.log.sames.add(current.urn);
    current.inputs = old.inputs;
    return [sameStep(old, current, done)];
  }
}
