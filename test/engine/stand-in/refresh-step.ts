import type { StepOp } from "../run-result.ts";
import { diffResource, type KnownDiff } from "./diff-resource.ts";
import { deepEquals } from "./property-value.ts";
import type { ResourceState } from "./resource-state.ts";
import type { Outcome, Step, StepContext } from "./step.ts";
import { isProviderType } from "./urn.ts";

/** Reads a resource; what it is now becomes the new state, or none where it is gone. */
export class RefreshStep implements Step {
  readonly op: StepOp = "refresh";
  readonly skippedCreate = false;
  readonly old: ResourceState;
  readonly persisted: boolean;
  readonly #context: StepContext;
  readonly #done: ((state: ResourceState | undefined) => void) | undefined;
  #new: ResourceState | undefined;
  #diff: KnownDiff | undefined;

  /** With `done`, the refresh is one step of a program's registration and is written at once. */
  constructor(context: StepContext, old: ResourceState, done?: (state: ResourceState | undefined) => void) {
    this.#context = context;
    this.#done = done;
    this.old = old;
    this.#new = old;
    this.persisted = done !== undefined;
  }

  get urn(): string {
    return this.old.urn;
  }

  get type(): string {
    return this.old.type;
  }

  get new(): ResourceState | undefined {
    return this.#new;
  }

  get diff(): KnownDiff | undefined {
    return this.#diff;
  }

  /** What the refresh means for the resource. */
  get resultOp(): "delete" | "update" | "same" {
    const current = this.#new;
    if (current === undefined) return "delete";
    if (current === this.old) return "same";
    const changed = this.old.external ? !deepEquals(this.old.outputs, current.outputs) : this.#diff?.changes;
    return changed ? "update" : "same";
  }

  async apply(): Promise<Outcome> {
    const { old } = this;
    if (!old.custom || isProviderType(old.type) || old.pendingReplacement) {
      if (this.persisted) this.#new = { ...old };
      return { complete: () => this.#done?.(this.#new) };
    }
    try {
      await this.#read();
    } catch (error) {
      return { error: error instanceof Error ? error : new Error(String(error)) };
    }
    return { complete: () => this.#done?.(this.#new) };
  }

  async #read(): Promise<void> {
    const { old } = this;
    const { preview } = this.#context;
    const provider = this.#context.provider(old);
    const read = await provider.read({
      urn: old.urn,
      id: old.id,
      inputs: old.inputs,
      state: old.outputs,
      preview,
    });
    if (read.id === "") {
      this.#new = undefined;
      return;
    }
    const inputs = read.inputs ?? old.inputs;
    const current = { ...old, id: read.id, initErrors: [], inputs, outputs: read.outputs };
    if (!deepEquals(inputs, old.inputs) || !deepEquals(read.outputs, old.outputs)) {
      current.modified = new Date().toISOString();
    }
    // Read as what the next `up` of an unchanged program would do: the refreshed state is old, the state's inputs are new.
    if (!old.external) {
      this.#diff = await diffResource(provider, {
        urn: old.urn,
        id: current.id,
        oldInputs: inputs,
        oldOutputs: current.outputs,
        news: old.inputs,
        ignoreChanges: old.ignoreChanges,
        preview,
      });
    }
    this.#new = current;
  }
}
