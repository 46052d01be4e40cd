import { wordsOf } from "./errors.ts";

/**
 * What a kind of resource is to Pulumi's contract: plain values in, plain values out. The adapter
 * (`pulumi-adapter.ts`) is the only one that knows the contract itself.
 */
export interface Handler<Inputs extends object = object, Outputs extends Inputs = Inputs> {
  check(
    news: unknown,
    olds: Inputs | undefined,
    how: { dryRun: boolean },
  ): CheckResult<Inputs> | Promise<CheckResult<Inputs>>;
  diff(outputs: Outputs, news: Inputs): DiffResult;
  create(inputs: Inputs): Promise<{ id: string; outputs: Outputs }>;
  /**
   * Gives what was found; never "gone" (docs/design/rules.md#missing-and-unreachable). `inputs` are those of
   * state, with the health that was found.
   */
  read(id: string, outputs: Outputs): Promise<{ outputs: Outputs; inputs: Inputs }>;
  update(id: string, outputs: Outputs, news: Inputs): Promise<Outputs>;
  delete(id: string, outputs: Outputs): Promise<void>;
}

export interface CheckResult<Inputs> {
  inputs: Inputs;
  failures: Failure[];
}

export interface Failure {
  /** Property path, `clusters.east.kubeconfig`; empty where the resource as a whole is wrong. */
  path: string;
  reason: string;
}

export interface DiffResult {
  /** Properties that can only change with a new object. */
  replaces: string[];
  /** Something that the inputs do not show needs an update: a failure that was not finished, drift. */
  unfinished: boolean;
}

/**
 * Something exists in a cluster or store, and yet the call failed. Pulumi keeps the resource with these outputs and
 * calls `update` in the next `up` (docs/design/pulumi-facts.md#partial-failures). Outputs say what is really in
 * effect.
 */
export class PartialFailure extends Error {
  readonly id: string;
  readonly outputs: Record<string, unknown>;
  readonly reasons: string[];

  /** `reasons`: where there are several, in place of what `cause` says. */
  constructor(id: string, outputs: object, cause: unknown, reasons?: readonly string[]) {
    const reason = wordsOf(cause);
    super(reason, { cause });
    this.name = "PartialFailure";
    this.id = id;
    this.outputs = { ...outputs, unfinished: reason };
    this.reasons = [...(reasons ?? [reason])];
  }
}
