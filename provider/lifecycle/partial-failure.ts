import { wordsOf } from "../errors.ts";

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
