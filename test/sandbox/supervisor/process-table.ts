import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessSpec, ProcessStatus, StopSignal } from "./protocol.ts";

const gracePeriodMs = 5_000;

interface Entry {
  spec: ProcessSpec;
  logPath: string;
  child: ChildProcess;
  ended?: string;
}

/** The processes of one sandbox by name. Each leads a process group of its own, so that its children end with it. */
export class ProcessTable {
  readonly #entries = new Map<string, Entry>();
  readonly #dir: string;
  #closed = false;

  constructor(dir: string) {
    this.#dir = dir;
    this.#recordProcessGroups();
  }

  async start(name: string, spec: ProcessSpec | undefined = this.#entries.get(name)?.spec): Promise<void> {
    if (this.#closed) throw new Error("The sandbox is shutting down.");
    if (!spec) throw new Error(`There is no process ${name}.`);
    if (this.#isRunning(name)) return;

    const logPath = join(this.#dir, "logs", `${name}.log`);
    await mkdir(join(this.#dir, "logs"), { recursive: true });
    const log = openSync(logPath, "a");
    const { command, args, env, cwd = this.#dir } = spec;
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", log, log] });
    closeSync(log);

    const entry: Entry = { spec, logPath, child };
    child.once("error", (error) => (entry.ended ??= error.message));
    child.once("exit", (code, signal) => {
      entry.ended ??= signal ?? `exit code ${code}`;
      killGroup(child.pid);
    });
    this.#entries.set(name, entry);
    this.#recordProcessGroups();
  }

  async stop(name: string, signal: StopSignal = "SIGTERM"): Promise<void> {
    const entry = this.#entries.get(name);
    if (!entry) throw new Error(`There is no process ${name}.`);
    const { child } = entry;
    if (entry.ended) return;

    const exited = once(child, "exit");
    child.kill(signal);
    await Promise.race([exited, sleep(gracePeriodMs, undefined, { ref: false })]);
    if (entry.ended) return;
    killGroup(child.pid);
    await exited;
  }

  status(name: string): ProcessStatus | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    const { child, ended, logPath } = entry;
    return { running: !ended, logPath, ...(child.pid && { pid: child.pid }), ...(ended && { ended }) };
  }

  /** Ends everything at once, and lets nothing start any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#entries.keys()].map((name) => this.stop(name, "SIGKILL")));
  }

  #isRunning(name: string): boolean {
    return this.status(name)?.running ?? false;
  }

  /** For the next sandbox on this machine, should even the supervisor be killed: see remove-leftovers. */
  #recordProcessGroups(): void {
    const pids = [...this.#entries.values()].flatMap(({ child }) => child.pid ?? []);
    writeFileSync(join(this.#dir, processGroupsFile), JSON.stringify([process.pid, ...pids]));
  }
}

export const processGroupsFile = "process-groups.json";

function killGroup(leader: number | undefined): void {
  if (!leader) return; // Its command could not be started.
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // Nobody of the group is left.
  }
}
