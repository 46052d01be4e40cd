import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { summarizeEvents } from "./engine-events.ts";
import { descendants, killProcess } from "./process-tree.ts";
import type { RunResult } from "./run-result.ts";
import type { StackState } from "./stack-state.ts";

/** The CLI, and where and with what it is started. */
export interface PulumiCommand {
  pulumi: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
}

export interface RunSteps {
  args: string[];
  eventLog: string;
  /** Nothing is written, so that the outputs are those that the run has proposed. */
  preview: boolean;
  readState(): StackState;
  readOutputs(state: StackState): Promise<Pick<RunResult, "outputs" | "secretOutputs">>;
}

const POLL_MS = 20;

/** One command of the CLI, from its start to what it has left in the stack. */
export class Run {
  readonly result: Promise<RunResult>;
  readonly #steps: RunSteps;
  #process: ChildProcess | undefined;

  constructor(command: Promise<PulumiCommand>, steps: RunSteps) {
    this.#steps = steps;
    this.result = command.then((ready) => this.#run(ready));
  }

  /** The dynamic-provider processes that are alive now. */
  providerPids(): number[] {
    const pid = this.#process?.pid;
    if (pid === undefined || this.#process?.exitCode !== null) return [];
    return descendants(pid)
      .filter(({ command }) => /^\S*node\S* \S*cmd\/dynamic-provider/.test(command))
      .map((info) => info.pid);
  }

  /** Waits until there is a provider process, and ends it with SIGKILL. */
  async killProvider(): Promise<void> {
    let isOver = false;
    void this.result.finally(() => (isOver = true));
    let pids = this.providerPids();
    while (pids.length === 0) {
      if (isOver) throw new Error("the run ended before there was a provider to kill");
      await sleep(POLL_MS);
      pids = this.providerPids();
    }
    for (const pid of pids) killProcess(pid);
  }

  /** Ends the engine and all that it has started with SIGKILL: the stack stays locked until `cancel`. */
  async killEngine(): Promise<void> {
    const pid = this.#process?.pid;
    if (pid !== undefined) for (const process of [{ pid }, ...descendants(pid)]) killProcess(process.pid);
    await this.result;
  }

  /** Ends the engine alone with SIGKILL: what it has started lives on, with pipes that nobody holds. */
  async killEngineAlone(): Promise<void> {
    const pid = this.#process?.pid;
    if (pid !== undefined) killProcess(pid);
    await this.result;
  }

  /** Ctrl-C: what runs ends, nothing new begins. */
  interrupt(): void {
    this.#process?.kill("SIGINT");
  }

  async #run({ pulumi, cwd, env }: PulumiCommand): Promise<RunResult> {
    const { args, eventLog, preview } = this.#steps;
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
    const state = this.#steps.readState();
    const outputs = preview ? {} : await this.#steps.readOutputs(state);
    return { ok: code === 0, ...events, ...outputs, text, durationMs, state };
  }
}
