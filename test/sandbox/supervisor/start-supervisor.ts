import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { SupervisorAddress, SupervisorHello } from "./protocol.ts";

/** Starts the supervisor of one sandbox folder. It ends, with all it runs, when this process does. */
export async function startSupervisor(dir: string): Promise<SupervisorAddress> {
  const token = randomBytes(16).toString("hex");
  const logPath = join(dir, "supervisor.log");
  const log = openSync(logPath, "a");
  const child = spawn(process.execPath, [join(import.meta.dirname, "supervise.ts"), dir], {
    cwd: "/",
    detached: true,
    env: { PATH: process.env["PATH"], SANDBOX_TOKEN: token },
    stdio: ["pipe", "pipe", log],
  });
  closeSync(log);

  const hello = await firstLine(child.stdout);
  if (!hello || !child.pid) {
    throw new Error(
      `The supervisor of the sandbox did not start on Node ${process.version}, see ${logPath}.`,
    );
  }
  letUsEnd(child);
  const { port } = JSON.parse(hello) as SupervisorHello;
  return { url: `http://127.0.0.1:${port}`, token, pid: child.pid };
}

async function firstLine(stream: Readable | null): Promise<string | undefined> {
  if (!stream) return undefined;
  const lines = createInterface({ input: stream });
  const [line] = (await Promise.race([once(lines, "line"), once(lines, "close")])) as [string?];
  return line;
}

/** The pipe stays open for as long as this process lives, but does not keep it alive. */
function letUsEnd(child: ChildProcess): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout]) {
    (stream as (Readable | Writable) & { unref(): void }).unref();
  }
}
