import { Secret } from "./property-value.ts";
import { DeleteProtectedError, type Outcome, type Step } from "./step.ts";

export interface StepListener {
  began(step: Step): void;
  ended(step: Step, outcome: Outcome): void;
}

/** Runs chains of steps side by side. The first failure keeps further steps from starting; running ones end. */
export class StepExecutor {
  readonly #listener: StepListener;
  readonly #parallel: number;
  readonly #ignoreErrors: boolean;
  readonly #running = new Set<Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  readonly #onFailure: () => void;
  #canceled = false;
  #failed = false;

  constructor(options: {
    listener: StepListener;
    parallel: number;
    ignoreErrors?: boolean;
    onFailure?: () => void;
  }) {
    this.#listener = options.listener;
    this.#parallel = options.parallel;
    this.#ignoreErrors = options.ignoreErrors ?? false;
    this.#onFailure = options.onFailure ?? ((): void => undefined);
  }

  get failed(): boolean {
    return this.#failed;
  }

  get canceled(): boolean {
    return this.#canceled;
  }

  cancel(): void {
    this.#canceled = true;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Resolves when the chain has begun: like the engine, whoever hands in a chain waits for a free worker. */
  async start(chain: Step[]): Promise<{ ended: Promise<void> }> {
    while (this.#running.size >= this.#parallel && !this.#canceled) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    const ended: Promise<void> = this.#runChain(chain).finally(() => {
      this.#running.delete(ended);
      this.#waiting.shift()?.();
    });
    this.#running.add(ended);
    return { ended };
  }

  async runParallel(steps: Step[]): Promise<void> {
    const chains: Promise<void>[] = [];
    for (const step of steps) chains.push((await this.start([step])).ended);
    await Promise.all(chains);
  }

  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  async #runChain(chain: Step[]): Promise<void> {
    for (const step of chain) {
      if (this.#canceled) return;
      this.#listener.began(step);
      const outcome = await step.apply();
      if (step.op !== "replace") markSecretOutputs(step);
      this.#listener.ended(step, outcome);
      if (outcome.error === undefined) {
        outcome.complete?.();
        continue;
      }
      this.#failed = true;
      if (this.#ignoreErrors || outcome.error instanceof DeleteProtectedError) return;
      this.cancel();
      this.#onFailure();
      return;
    }
  }
}

/** `additionalSecretOutputs`, and outputs that share their key with a secret input (step_executor.go). */
function markSecretOutputs(step: Step): void {
  const state = step.new;
  if (state === undefined) return;
  const outputs = { ...state.outputs };
  for (const key of state.additionalSecretOutputs) {
    const value = outputs[key];
    if (value !== undefined && !(value instanceof Secret)) outputs[key] = new Secret(value);
  }
  for (const [key, value] of Object.entries(outputs)) {
    if (state.inputs[key] instanceof Secret && !(value instanceof Secret)) outputs[key] = new Secret(value);
  }
  state.outputs = outputs;
}
