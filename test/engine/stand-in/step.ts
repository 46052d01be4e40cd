import type { StepOp } from "../run-result.ts";
import type { KnownDiff } from "./diff-resource.ts";
import { PartialFailure, type Provider } from "./provider.ts";
import type { ResourceState } from "./resource-state.ts";

export interface Registered {
  state: ResourceState;
  /** The resource was left out by `--target`, so that its outputs are unknown. */
  unknown: boolean;
}

/** One step of a deployment. Steps of one chain run one after another, chains run side by side. */
export interface Step {
  readonly op: StepOp;
  readonly urn: string;
  readonly type: string;
  readonly old: ResourceState | undefined;
  /** Undefined after a refresh that found the resource gone. */
  readonly new: ResourceState | undefined;
  readonly diff: KnownDiff | undefined;
  readonly skippedCreate: boolean;
  /** A refresh that writes what it found itself. */
  readonly persisted: boolean;
  apply(): Promise<Outcome>;
}

export interface Outcome {
  /** With `partial`, the new state is kept in spite of the error. */
  error?: Error;
  partial?: boolean;
  complete?: () => void;
}

export interface StepContext {
  readonly preview: boolean;
  provider(state: ResourceState): Provider;
  /** Whether the deletion of that resource takes this one along. */
  isDeletedWith(urn: string): boolean;
}

type Done = (registered: Registered) => void;

interface StepFields {
  op: StepOp;
  old?: ResourceState | undefined;
  new?: ResourceState | undefined;
  diff?: KnownDiff | undefined;
  skippedCreate?: boolean;
  apply: () => Promise<Outcome>;
}

function step(fields: StepFields): Step {
  const state = fields.new ?? fields.old;
  if (state === undefined) throw new Error("a step needs a resource");
  return {
    old: undefined,
    new: undefined,
    diff: undefined,
    skippedCreate: false,
    persisted: false,
    urn: state.urn,
    type: state.type,
    ...fields,
  };
}

export function sameStep(old: ResourceState, current: ResourceState, done?: Done): Step {
  const apply = async (): Promise<Outcome> => {
    current.id = old.id;
    current.outputs = old.outputs;
    return { complete: () => done?.({ state: current, unknown: false }) };
  };
  return step({ op: "same", old, new: current, apply });
}

export function skippedCreateStep(current: ResourceState, done: Done): Step {
  const apply = async (): Promise<Outcome> => ({ complete: () => done({ state: current, unknown: true }) });
  return step({ op: "same", new: current, skippedCreate: true, apply });
}

export interface Replacing {
  old: ResourceState;
  diff: KnownDiff | undefined;
  /** The old one is deleted at the end, not before. */
  pendingDelete: boolean;
}

export function createStep(
  context: StepContext,
  current: ResourceState,
  done: Done,
  replacing?: Replacing,
): Step {
  const apply = async (): Promise<Outcome> => {
    let failure: PartialFailure | undefined;
    if (current.custom) {
      try {
        const request = { urn: current.urn, inputs: current.inputs, preview: context.preview };
        const { id, outputs } = await context.provider(current).create(request);
        if (id === "" && !context.preview) throw new Error("provider did not return an ID from Create");
        Object.assign(current, { id, outputs });
      } catch (error) {
        if (!(error instanceof PartialFailure)) return { error: asError(error) };
        Object.assign(current, { id: error.id, outputs: error.outputs, initErrors: error.reasons });
        failure = error;
      }
    }
    current.created = current.modified = new Date().toISOString();
    if (replacing?.pendingDelete) replacing.old.delete = true;
    if (failure !== undefined) return { error: failure, partial: true };
    return { complete: () => done({ state: current, unknown: false }) };
  };
  if (replacing === undefined) return step({ op: "create", new: current, apply });
  return step({ op: "create-replacement", old: replacing.old, new: current, diff: replacing.diff, apply });
}

/** Says that the chain replaces; does nothing by itself. */
export function replaceStep(old: ResourceState, current: ResourceState, diff: KnownDiff | undefined): Step {
  return step({ op: "replace", old, new: current, diff, apply: async () => ({}) });
}

export function updateStep(
  context: StepContext,
  old: ResourceState,
  current: ResourceState,
  diff: KnownDiff,
  done: Done,
): Step {
  const apply = async (): Promise<Outcome> => {
    Object.assign(current, { id: old.id, created: old.created, modified: old.modified });
    let failure: PartialFailure | undefined;
    if (current.custom) {
      try {
        current.outputs = await context.provider(current).update({
          urn: current.urn,
          id: old.id,
          oldInputs: old.inputs,
          oldOutputs: old.outputs,
          news: current.inputs,
          preview: context.preview,
        });
      } catch (error) {
        if (!(error instanceof PartialFailure)) return { error: asError(error) };
        Object.assign(current, { outputs: error.outputs, initErrors: error.reasons });
        failure = error;
      }
      current.modified = new Date().toISOString();
    }
    if (failure !== undefined) return { error: failure, partial: true };
    return { complete: () => done({ state: current, unknown: false }) };
  };
  return step({ op: "update", old, new: current, diff, apply });
}

export interface DeleteOptions {
  replacing?: boolean;
  /** The new one is created afterwards, under the same URN. */
  pendingReplace?: boolean;
}

/** Thrown for a protected resource; unlike other failures it does not keep other deletes from running. */
export class DeleteProtectedError extends Error {
  constructor(urn: string) {
    super(
      `resource "${urn}" cannot be deleted\nbecause it is protected. To unprotect the resource, either remove the ` +
        "`protect` flag from the resource in your Pulumi program and run `pulumi up`, or use the command:\n" +
        `\`pulumi state unprotect '${urn}'\``,
    );
  }
}

export function deleteStep(context: StepContext, old: ResourceState, options: DeleteOptions = {}): Step {
  const replacing = options.replacing ?? false;
  const apply = async (): Promise<Outcome> => {
    if (!replacing && old.protect) return { error: new DeleteProtectedError(old.urn) };
    const isOurs =
      old.custom && !old.external && !old.retainOnDelete && !context.isDeletedWith(old.deletedWith);
    if (isOurs && !context.preview) {
      try {
        const { urn, id, inputs, outputs } = old;
        await context.provider(old).delete({ urn, id, inputs, outputs, preview: false });
      } catch (error) {
        return { error: asError(error) };
      }
    }
    if (options.pendingReplace) old.pendingReplacement = true;
    return {};
  };
  const op = old.external
    ? replacing
      ? "discard-replaced"
      : "discard"
    : replacing
      ? "delete-replaced"
      : "delete";
  return step({ op, old, apply });
}

export function removePendingReplaceStep(old: ResourceState): Step {
  return step({ op: "remove-pending-replace", old, apply: async () => ({}) });
}

export function readStep(
  context: StepContext,
  old: ResourceState | undefined,
  current: ResourceState,
  replacing: boolean,
  done: (state: ResourceState) => void,
): Step {
  const apply = async (): Promise<Outcome> => {
    try {
      const { urn, id, inputs } = current;
      const read = await context
        .provider(current)
        .read({ urn, id, inputs, state: inputs, preview: context.preview });
      if (read.id === "") return { error: new Error(`resource '${id}' does not exist`) };
      Object.assign(current, { id: read.id, outputs: read.outputs });
    } catch (error) {
      return { error: asError(error) };
    }
    if (replacing && old !== undefined) old.delete = true;
    return { complete: () => done(current) };
  };
  return step({ op: replacing ? "read-replacement" : "read", old, new: current, apply });
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
