import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { summarizeEvents } from "./cli-events.ts";
import { descendants, killProcess } from "./process-tree.ts";
import type { RunResult } from "./run-result.ts";
import type { Run } from "./runner.ts";
import type { StackState } from "./stack-state.ts";

export interface CliRunOptions {
  pulumi: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  eventLog: string;
  /** Whether the outputs are proposed ones: nothing was written. */
  preview: boolean;
  readState(): StackState;
  readOutputs(state: StackState): Promise<Pick<RunResult, "outputs" | "secretOutputs">>;
}

const POLL_MS = 20;

/** One command of the CLI. */
export class CliRun implements Run {
  readonly result: Promise<RunResult>;
  readonly #options: CliRunOptions;
  #process: ChildProcess | undefined;

  constructor(options: CliRunOptions, ready: Promise<void>) {
    this.#options = options;
    this.result = ready.then(() => this.#run());
  }

  providerPids(): number[] {
    const pid = this.#process?.pid;
    if (pid === undefined || this.#process?.exitCode !== null) return [];
    return descendants(pid)
      .filter(({ command }) => /^\S*node\S* .*cmd\/dynamic-provider/.test(command))
      .map((info) => info.pid);
  }

  async killProvider(): Promise<void> {
    let isOver = false;
    void this.result.finally(() => (isOver = true));
    let pids = this.providerPids();
    while (pids.length === 0) {
      if (isOver) throw new Error("the run ended before there was a provider to kill");
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      pids = this.providerPids();
    }
    for (const pid of pids) killProcess(pid);
  }

  async killEngine(): Promise<void> {
    const pid = this.#process?.pid;
    if (pid !== undefined) for (const process of [{ pid }, ...descendants(pid)]) killProcess(process.pid);
    await this.result;
  }

  async killEngineAlone(): Promise<void> {
    const pid = this.#process?.pid;
    if (pid !== undefined) killProcess(pid);
    await this.result;
  }

  interrupt(): void {
    this.#process?.kill("SIGINT");
  }

  async #run(): Promise<RunResult> {
    const { pulumi, args, cwd, env, eventLog, preview } = this.#options;
    const began = performance.now();
    const child = spawn(pulumi, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    let text = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      errors += chunk;
    });
    const [code] = (await once(child, "close")) as [number | null];
    const durationMs = performance.now() - began;
    const events = summarizeEvents(existsSync(eventLog) ? readFileSync(eventLog, "utf8") : "");
    rmSync(eventLog, { force: true });
    const ownError = /^error: (.*)/ms.exec(errors)?.[1]?.trim();
    if (code !== 0 && ownError !== undefined)
      events.diagnostics.push({ severity: "error", message: ownError });
    const state = this.#options.readState();
    const outputs = preview ? {} : await this.#options.readOutputs(state);
    return { ok: code === 0, ...events, ...outputs, text, durationMs, state };
  }
}
