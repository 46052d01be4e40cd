import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { createRunner } from "../create-runner.ts";
import type { RunResult } from "../run-result.ts";
import type { Runner, RunnerKind, RunnerOptions } from "../runner.ts";
import type { DeploymentResource } from "../stack-state.ts";
import { tinyPackage } from "./tiny-package.ts";

export interface Call {
  method: "check" | "diff" | "create" | "created" | "update" | "read" | "delete";
  name: string;
  at: number;
  pid: number;
  id?: string;
  olds?: Record<string, unknown>;
  news?: Record<string, unknown>;
  inputs?: Record<string, unknown>;
  greeting?: string;
}

const PRELUDE =
  'const pulumi = require("@pulumi/pulumi");\nconst { Thing, Group, type } = require("tiny");\n';

/** A stack of tiny things, and what their provider was called for. */
export class TinyStack {
  readonly runner: Runner;

  constructor(kind: RunnerKind, program: string, options: Omit<RunnerOptions, "program"> = {}) {
    const files = { ...tinyPackage, "index.js": PRELUDE + program };
    this.runner = createRunner({ ...options, program: { files } }, kind);
  }

  program(text: string): void {
    this.runner.write({ "index.js": PRELUDE + text });
  }

  /** What `read` finds of each thing, by name. */
  world(
    things: Record<string, { health?: string; state?: string; gone?: boolean; readFails?: boolean }>,
  ): void {
    this.runner.write({ "world.json": JSON.stringify(things) });
  }

  /** The calls since the last look. */
  calls(...methods: Call["method"][]): Call[] {
    const file = path.join(this.runner.directory, "calls.jsonl");
    if (!existsSync(file)) return [];
    // A line may be half written while the engine still runs: what follows the last newline is not a call yet.
    const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
    const calls = lines.map((line) => JSON.parse(line) as Call);
    return methods.length === 0 ? calls : calls.filter(({ method }) => methods.includes(method));
  }

  forgetCalls(): void {
    rmSync(path.join(this.runner.directory, "calls.jsonl"), { force: true });
  }

  /** `create a`, in the order of the calls. */
  effects(): string[] {
    return this.calls("create", "update", "delete").map(({ method, name }) => `${method} ${name}`);
  }

  async resources(name: string): Promise<DeploymentResource[]> {
    const { deployment } = await this.runner.state();
    return (deployment.resources ?? []).filter(({ urn }) => urn.endsWith(`::${name}`));
  }

  async resource(name: string): Promise<DeploymentResource> {
    const [found] = await this.resources(name);
    if (found === undefined) throw new Error(`no ${name} in the state`);
    return found;
  }
}

/** `create a`, in the order in which the steps began; the stack itself is left out. */
export function steps(result: RunResult): string[] {
  return result.steps
    .filter(({ type }) => type !== "pulumi:pulumi:Stack")
    .map(({ op, name, drift }) => `${op}${drift === undefined ? "" : `:${drift}`} ${name}`);
}

export function errors(result: RunResult): string {
  return result.diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => message)
    .join("\n");
}
