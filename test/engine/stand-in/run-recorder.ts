import type { Diagnostic, RunStep } from "../run-result.ts";
import { changedKeys } from "./diff-resource.ts";
import { RefreshStep } from "./refresh-step.ts";
import type { Outcome, Step } from "./step.ts";
import { parseUrn, PROVIDER_TYPE_PREFIX } from "./urn.ts";

/** Collects what a run did and said. */
export class RunRecorder {
  readonly steps: RunStep[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #recorded = new Map<Step, RunStep>();
  readonly #lines: string[] = [];

  get text(): string {
    return this.#lines.join("\n");
  }

  get hasErrors(): boolean {
    return this.diagnostics.some(({ severity }) => severity === "error");
  }

  /** Whether anything but `same` was proposed or done. */
  get hasChanges(): boolean {
    const quiet = new Set(["same", "read", "refresh"]);
    return this.steps.some(({ op, drift }) => !quiet.has(op) || (drift !== undefined && drift !== "same"));
  }

  diagnose(diagnostic: Diagnostic): void {
    this.diagnostics.push(diagnostic);
    this.#lines.push(`${diagnostic.severity}: ${diagnostic.message}`);
  }

  error(urn: string, message: string): void {
    this.diagnose({ severity: "error", message, ...(urn === "" ? {} : { urn }) });
  }

  began(step: Step): void {
    if (isDefaultProvider(step)) return;
    const recorded: RunStep = { op: step.op, urn: step.urn, name: parseUrn(step.urn).name, type: step.type };
    if (step.diff !== undefined && !(step instanceof RefreshStep)) describeDiff(recorded, step);
    this.#recorded.set(step, recorded);
    this.steps.push(recorded);
    this.#lines.push(`${step.op} ${step.urn}`);
  }

  ended(step: Step, outcome: Outcome): void {
    const recorded = this.#recorded.get(step);
    if (recorded === undefined) return;
    if (outcome.error !== undefined) recorded.failed = true;
    else if (step instanceof RefreshStep) {
      recorded.drift = step.resultOp;
      if (step.diff !== undefined) describeDiff(recorded, step);
    }
  }
}

function describeDiff(recorded: RunStep, step: Step): void {
  if (step.diff === undefined) return;
  const keys = changedKeys(step.diff);
  if (keys.length > 0) recorded.changedKeys = keys;
  if (step.diff.replaceKeys.length > 0) recorded.replaceKeys = step.diff.replaceKeys;
}

function isDefaultProvider({ type, urn }: Step): boolean {
  const { name } = parseUrn(urn);
  return type.startsWith(PROVIDER_TYPE_PREFIX) && (name === "default" || name.startsWith("default_"));
}
