import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { lighterModules } from "./program-environment.ts";

const KILL_AFTER_MS = 5_000;

const alive = new Set<ChildProcess>();

// Nothing outlives the tests, however they end.
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});
// Vitest ends its workers by SIGTERM, which by itself gives Node no exit event.
if (process.env["VITEST"]) process.once("SIGTERM", () => process.exit(143));

export interface LineListener {
  (line: string, stream: "stdout" | "stderr"): void;
}

export interface NodeOptions extends SpawnOptions {
  /** Another Node than the one that the tests run on. */
  node?: string | undefined;
  /** A shell script that starts Node itself, and takes the arguments. */
  launcher?: string | undefined;
  /** @default "ignore" */
  stdin?: "ignore" | "pipe" | undefined;
}

/** A Node program whose output is read line by line. */
export class NodeProcess {
  readonly #process: ChildProcess;
  /** Resolves with the exit code when process and output have ended; a signal counts as 1. */
  readonly ended: Promise<number>;

  constructor(
    args: string[],
    { node = process.execPath, launcher, stdin = "ignore", ...options }: NodeOptions,
    onLine: LineListener,
  ) {
    const [command, all] = launcher === undefined ? [node, args] : ["/bin/sh", [launcher, ...args]];
    const isOurNode = launcher === undefined && node === process.execPath;
    const env = { ...(isOurNode && lighterModules.env), ...(options.env ?? process.env) };
    const child = spawn(command, isOurNode ? ["--require", lighterModules.file, ...all] : all, {
      ...options,
      env,
      stdio: [stdin, "pipe", "pipe"],
    });
    this.#process = child;
    const outputs = (["stdout", "stderr"] as const).map(async (stream) => {
      const input = child[stream];
      if (input === null) return;
      for await (const line of createInterface({ input })) onLine(line, stream);
    });
    alive.add(child);
    child.once("exit", () => alive.delete(child));
    this.ended = Promise.all([once(child, "exit"), ...outputs]).then(
      ([[code]]) => (code as number | null) ?? 1,
    );
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get running(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  kill(): void {
    this.#process.kill("SIGKILL");
  }

  closeStdin(): void {
    this.#process.stdin?.destroy();
  }

  /** As the engine ends its plugins: SIGINT, and SIGKILL five seconds later. */
  async stop(): Promise<void> {
    if (!this.running) return;
    this.#process.kill("SIGINT");
    const timer = setTimeout(() => this.kill(), KILL_AFTER_MS);
    await this.ended;
    clearTimeout(timer);
  }
}
