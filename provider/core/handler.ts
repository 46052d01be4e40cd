import { wordsOf } from "./errors.ts";

/**
 * A kind of resource as the adapter sees it: plain values in, plain values out. Only the adapter (`pulumi-adapter.ts`)
 * knows Pulumi's contract.
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
   * Returns what was found, and never "gone" (docs/design/rules.md#missing-and-unreachable). `inputs` are those of
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
  /** The path of the property: `clusters.east.kubeconfig`. Empty if the resource as a whole is wrong. */
  path: string;
  reason: string;
}

export interface DiffResult {
  /** Changed properties that need a new object. */
  replaces: string[];
  /** True if something else than the inputs needs an update: an unfinished operation, or drift. */
  unfinished: boolean;
}

/**
 * The call failed, although something exists in a cluster or store. Pulumi keeps the resource with these outputs and
 * calls `update` in the next `up` (docs/design/pulumi-facts.md#partial-failures). The outputs say what is in effect.
 */
export class PartialFailure extends Error {
  readonly id: string;
  readonly outputs: Record<string, unknown>;
  readonly reasons: string[];

  /** With `reasons`, several failures are reported instead of `cause`. */
  constructor(id: string, outputs: object, cause: unknown, reasons?: readonly string[]) {
    const reason = wordsOf(cause);
    super(reason, { cause });
    this.name = "PartialFailure";
    this.id = id;
    this.outputs = { ...outputs, unfinished: reason };
    this.reasons = [...(reasons ?? [reason])];
  }
}
