import { afterEach, describe, it } from "vitest";
import { findPulumi } from "../create-runner.ts";
import type { RunnerKind, RunnerOptions } from "../runner.ts";
import { TinyStack } from "./tiny-stack.ts";

export interface NewStack {
  (program: string, options?: Omit<RunnerOptions, "program">): TinyStack;
}

const NAMES: Record<RunnerKind, string> = { engine: "stand-in engine", cli: "real CLI" };

/** One suite for both runners. Without a CLI the other half is skipped by name, unless PULUMI_RUNNER=cli asks for it. */
export function describeRunners(
  subject: string,
  suite: (newStack: NewStack, kind: RunnerKind) => void,
): void {
  for (const kind of ["engine", "cli"] as const) {
    const title = `${subject} (${NAMES[kind]})`;
    if (kind === "cli" && findPulumi() === undefined) {
      const missing = "there is a pulumi CLI on PATH to compare the stand-in with";
      if (process.env["PULUMI_RUNNER"] === "cli")
        it(`${title}: ${missing}`, () => Promise.reject(new Error("no pulumi CLI on PATH")));
      else describe.skip(`${title}: skipped, no pulumi CLI on PATH`, () => it(missing, () => undefined));
      continue;
    }
    describe(title, { timeout: 120_000 }, () => {
      const stacks: TinyStack[] = [];
      afterEach(async () => {
        for (const { runner } of stacks.splice(0).toReversed()) await runner.dispose();
      });
      suite((program, options) => {
        const stack = new TinyStack(kind, program, options);
        stacks.push(stack);
        return stack;
      }, kind);
    });
  }
}
