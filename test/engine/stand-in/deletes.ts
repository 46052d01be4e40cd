import type { Base } from "./base.ts";
import { DependencyGraph } from "./dependency-graph.ts";
import { dependentReplacements } from "./dependent-replacements.ts";
import type { ResourceState } from "./resource-state.ts";
import { deleteStep, removePendingReplaceStep, sameStep, type Step, type StepContext } from "./step.ts";
import type { StepGenerator } from "./step-generator.ts";
import type { Targets } from "./targets.ts";

export interface DeletePlan {
  /** What `--target` leaves as it is. */
  sames: Step[];
  /** Antichains, dependents first. */
  deletes: Step[][];
  /** URNs that would go although nobody named them. */
  untargeted: string[];
}

/** What goes after the program has ended: what is marked for deletion, and what was not registered again. */
export async function planDeletes(
  generator: StepGenerator,
  base: Base,
  context: StepContext,
  targets: Targets,
): Promise<DeletePlan> {
  const graph = new DependencyGraph([...generator.toDelete, ...base.resources]);
  const allowed = targets.constrained ? await deletable(base, graph, context, targets) : undefined;
  const isTargeted = (state: ResourceState): boolean => allowed === undefined || allowed.has(state.urn);
  const steps = new Map<ResourceState, Step>();
  const sames: Step[] = [];
  for (const state of base.resources) {
    if (!isTargeted(state)) {
      if (!generator.log.isOperatedOn(state.urn) && !state.delete) sames.push(sameStep(state, { ...state }));
    } else if (state.delete) {
      if (generator.log.pendingDeletes.has(state)) continue;
      generator.log.deletes.add(state.urn);
      steps.set(state, deleteStep(context, state, { replacing: true }));
    } else if (!generator.log.isOperatedOn(state.urn)) {
      generator.log.deletes.add(state.urn);
      steps.set(
        state,
        state.pendingReplacement ? removePendingReplaceStep(state) : deleteStep(context, state),
      );
    }
  }
  for (const state of generator.toDelete) {
    if (!isTargeted(state)) continue;
    generator.log.deletes.add(state.urn);
    steps.set(state, deleteStep(context, state));
  }
  const untargeted = [...steps.values()]
    .map((step) => step.urn)
    .filter((urn) => !targets.has(urn) && !targets.withDependents);
  const rounds = graph.scheduleDeletes(new Set(steps.keys()));
  const deletes = rounds.map((round) =>
    round.map((state) => steps.get(state)).filter((step) => step !== undefined),
  );
  return { sames, deletes, untargeted };
}

/** The targets, what depends on them, and what a deletion would replace. */
async function deletable(
  base: Base,
  graph: DependencyGraph,
  context: StepContext,
  targets: Targets,
): Promise<Set<string>> {
  const urns = new Set<string>();
  for (const root of base.resources.filter((state) => targets.has(state.urn))) {
    urns.add(root.urn);
    for (const dependent of graph.dependingOn(root, new Set(), true)) urns.add(dependent.urn);
    const replaced = await dependentReplacements(root, base.graph, new Set(), (state) =>
      context.provider(state),
    );
    for (const dependent of replaced) urns.add(dependent.urn);
  }
  return urns;
}
