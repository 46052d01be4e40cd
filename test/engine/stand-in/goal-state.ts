import type { Goal, ReadGoal } from "./goal.ts";
import { newResourceState, type ResourceState } from "./resource-state.ts";

/** The state that a goal would have, before its provider has seen it. */
export function goalState(
  urn: string,
  goal: Goal,
  old: ResourceState | undefined,
  alias: string | undefined,
): ResourceState {
  return {
    ...newResourceState(urn, goal.type),
    custom: goal.custom,
    inputs: goal.properties,
    parent: goal.parent,
    protect: goal.protect ?? false,
    retainOnDelete: goal.retainOnDelete ?? false,
    dependencies: goal.dependencies,
    propertyDependencies: goal.propertyDependencies,
    provider: goal.provider,
    additionalSecretOutputs: goal.additionalSecretOutputs,
    aliases: alias === undefined ? [] : [alias],
    deletedWith: goal.deletedWith,
    replaceWith: goal.replaceWith,
    ignoreChanges: goal.ignoreChanges,
    replaceOnChanges: goal.replaceOnChanges,
    created: old?.created,
    modified: old?.modified,
  };
}

/** The state of a resource that is read, not owned. */
export function readState(
  urn: string,
  goal: ReadGoal,
  old: ResourceState | undefined,
  alias: string | undefined,
): ResourceState {
  return {
    ...newResourceState(urn, goal.type),
    custom: true,
    external: true,
    id: goal.id,
    inputs: goal.properties,
    parent: goal.parent,
    dependencies: goal.dependencies,
    provider: goal.provider,
    additionalSecretOutputs: goal.additionalSecretOutputs,
    aliases: alias === undefined ? [] : [alias],
    created: old?.created,
    modified: old?.modified,
  };
}
