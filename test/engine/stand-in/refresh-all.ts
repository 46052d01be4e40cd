import { rebuildBase } from "./rebuild-base.ts";
import { RefreshStep } from "./refresh-step.ts";
import type { ResourceState, Snapshot } from "./resource-state.ts";
import type { StepContext } from "./step.ts";
import type { StepExecutor } from "./step-executor.ts";

/** Reads resources side by side and puts what they are now into the snapshot. */
export async function refreshAll(
  states: ResourceState[],
  snapshot: Snapshot,
  context: StepContext,
  executor: StepExecutor,
): Promise<void> {
  const steps = states.map((state) => new RefreshStep(context, state));
  await executor.runParallel(steps);
  rebuildBase(snapshot, new Map(steps.map((step) => [step.old, step.new])));
}
