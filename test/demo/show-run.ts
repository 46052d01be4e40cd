import type { RunResult, RunStep, StepOp } from "../engine/run-result.ts";
import type { Operation } from "../engine/runner.ts";
import { count, paint, say, sayWrapped, table } from "./screen.ts";

const look: Partial<
  Record<StepOp, { sign: string; style: "green" | "yellow" | "red" | "dim"; done: string }>
> = {
  create: { sign: "+", style: "green", done: "created" },
  update: { sign: "~", style: "yellow", done: "updated" },
  delete: { sign: "-", style: "red", done: "deleted" },
  same: { sign: "=", style: "dim", done: "unchanged" },
};

/** What a run did to each resource and what it had to say; throws where it failed. */
export function showRun(run: RunResult, operation: Operation): void {
  for (const { severity, message } of run.diagnostics) {
    if (severity === "warning" || severity.startsWith("info")) sayWrapped(message.trim(), "    ");
  }
  if (!run.ok) {
    const errors = run.diagnostics.filter(({ severity }) => severity === "error");
    throw new Error(errors.map(({ message }) => message.trim()).join("\n") || run.text.trim());
  }
  say(
    table(
      resourceSteps(run).map((step) => row(step, operation === "preview")),
      "    ",
    ),
  );
}

/** The steps, without the one for the stack itself. */
export const resourceSteps = (run: RunResult): RunStep[] =>
  run.steps.filter(({ type }) => type !== "pulumi:pulumi:Stack");

/** How many resources there have to be of each operation; throws where there are others. */
export function expectSteps(run: RunResult, expected: Partial<Record<StepOp, number>>): void {
  const steps = resourceSteps(run);
  const found: Partial<Record<StepOp, number>> = {};
  for (const { op } of steps) found[op] = (found[op] ?? 0) + 1;
  const ops = new Set([...Object.keys(found), ...Object.keys(expected)] as StepOp[]);
  if ([...ops].every((op) => found[op] === expected[op])) return;
  const wanted = Object.entries(expected).map(([op, amount]) => `${op} for ${count(amount, "resource")}`);
  const were = steps.map(({ op, name }) => `${op} ${name}`).join(", ") || "nothing";
  throw new Error(`expected ${wanted.join(" and ")}, but there was: ${were}`);
}

function row({ op, type, name }: RunStep, proposed: boolean): string[] {
  const { sign, style, done } = look[op] ?? { sign: "*", style: "yellow" as const, done: op };
  return [
    paint(style, sign),
    type.replace(/^.*:/, ""),
    name,
    paint(style, proposed && op !== "same" ? `would be ${done}` : done),
  ];
}
