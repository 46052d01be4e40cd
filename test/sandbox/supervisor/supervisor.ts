import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "../wait-until.ts";
import type { ProcessSpec, ProcessStatus, StopSignal, SupervisorAddress } from "./protocol.ts";

/** Controls a sandbox's processes from any process. */
export class Supervisor {
  readonly address: SupervisorAddress;

  constructor(address: SupervisorAddress) {
    this.address = address;
  }

  /** Starts what is described, or what ran under that name before. */
  async start(name: string, spec?: ProcessSpec): Promise<ProcessStatus> {
    return this.#post(`processes/${name}/start`, spec);
  }

  async stop(name: string, signal: StopSignal = "SIGTERM"): Promise<ProcessStatus> {
    return this.#post(`processes/${name}/stop?signal=${signal}`);
  }

  async status(name: string): Promise<ProcessStatus> {
    return this.#post(`processes/${name}/status`);
  }

  /** Runs a command to its end; fails with the end of its output unless it succeeds. */
  async run(name: string, spec: ProcessSpec, signal?: AbortSignal): Promise<void> {
    await this.start(name, spec);
    let status = await this.status(name);
    while (status.running) {
      await sleep(100, undefined, { signal });
      status = await this.status(name);
    }
    if (status.ended !== "exit code 0") throw new Error(await describeEnd(name, status));
  }

  /** Waits until a process answers, and fails at once when it has ended. */
  async waitUntilReady(name: string, isReady: () => Promise<boolean>, signal?: AbortSignal): Promise<void> {
    const probe = async () => {
      const status = await this.status(name);
      if (!status.running) throw new ProcessEnded(await describeEnd(name, status));
      return (await isReady()) || undefined;
    };
    await waitUntil(`${name} is ready`, probe, {
      ...(signal && { signal }),
      giveUpOn: (error) => error instanceof ProcessEnded,
    });
  }

  /** Ends everything and waits until the supervisor itself has gone, and the sandbox's folder with it. */
  async shutDown(): Promise<void> {
    await this.#post("shutdown").catch(() => undefined);
    await waitUntil("the sandbox has ended", async () => !this.#isAlive() || undefined, { intervalMs: 20 });
  }

  async #post<T>(path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${this.address.url}/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.address.token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as T & { message?: string };
    if (!response.ok) throw new Error(`The sandbox's supervisor: ${answer.message}`);
    return answer;
  }

  #isAlive(): boolean {
    try {
      process.kill(this.address.pid, 0);
      return true;
    } catch {
      return false;
    }
  }
}

class ProcessEnded extends Error {}

async function describeEnd(name: string, { ended, logPath }: ProcessStatus): Promise<string> {
  const log = await readFile(logPath, "utf8").catch(() => "");
  const lastLines = log.trimEnd().split("\n").slice(-15).join("\n");
  return `${name} ended (${ended}). The end of its log:\n${lastLines}`;
}
