import type { DependencyGraph } from "./dependency-graph.ts";
import type { OperationLog } from "./operation-log.ts";
import { allDependencies, type ResourceState } from "./resource-state.ts";
import { type Registered, sameStep, type Step } from "./step.ts";

/** What `--target` leaves out stays as it is, and so does what it depends on. */
export function keepUntargeted(
  log: OperationLog,
  graph: DependencyGraph,
  old: ResourceState,
  urn: string,
  done: (registered: Registered) => void,
): Step[] {
  const steps: Step[] = [];
  const keep = (state: ResourceState, finish?: (registered: Registered) => void): void => {
    if (state.delete) return;
    log.urns.add(state.urn);
    log.sames.add(state.urn);
    for (const dependency of graph.dependenciesOf(state)) {
      if (!log.isOperatedOn(dependency.urn) && !log.creates.has(dependency.urn)) keep(dependency);
    }
    steps.push(sameStep(state, { ...state }, finish));
  };
  log.sames.add(urn);
  keep(old, done);
  return steps;
}

/** Steps whose resource needs one that is not created as `--target` leaves it out. */
export function dependingOnSkipped(log: OperationLog, steps: Step[]): { urn: string; skipped: string }[] {
  return steps.flatMap(({ new: state }) => {
    const skipped = state && allDependencies(state).find((urn) => log.skippedCreates.has(urn));
    return state === undefined || skipped === undefined ? [] : [{ urn: state.urn, skipped }];
  });
}
