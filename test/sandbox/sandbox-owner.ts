import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import type { SandboxOptions } from "./options.ts";
import { runningProcesses } from "./supervisor/running-processes.ts";
import { waitUntil } from "./wait-until.ts";

/** What an owner does for ever once its sandbox is up. */
export const waitForever = "await new Promise(() => setInterval(() => undefined, 1000))";

/** A process of its own that starts a sandbox below a folder, says that it is up, and goes on as told. */
export function spawnOwner(
  root: string,
  goOn: string,
  options: SandboxOptions = { clusters: ["lone"] },
): ChildProcess {
  const module = pathToFileURL(join(import.meta.dirname, "start-sandbox.ts")).href;
  const program = `
    import { startSandbox } from ${JSON.stringify(module)};
    const sandbox = await startSandbox(${JSON.stringify(options)});
    console.log("up");
    ${goOn}`;
  const owner = spawn(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, TMPDIR: root },
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void owner.kill("SIGKILL"));
  return owner;
}

export async function ownerOfSandbox(
  root: string,
  goOn: string,
  options?: SandboxOptions,
): Promise<ChildProcess> {
  const owner = spawnOwner(root, goOn, options);
  const [first] = (await Promise.race([
    once(owner.stdout ?? owner, "data"),
    once(owner, "exit"),
  ])) as unknown[];
  if (String(first) !== "up\n") throw new Error(`The owner of the sandbox ended: ${String(first)}`);
  return owner;
}

export async function supervisorIn(root: string): Promise<number> {
  const supervisor = (await runningProcesses(root)).find(({ command }) => command.includes("supervise.ts"));
  if (!supervisor) throw new Error(`No supervisor runs in ${root}.`);
  return supervisor.pid;
}

/** The names of the commands of all processes of the sandboxes below a folder. */
export async function runningParts(root: string): Promise<string[]> {
  const running = await runningProcesses(root);
  const names = running.map(({ command }) => command.split(" ")[0]?.split("/").at(-1) ?? command);
  return [...new Set(names)].toSorted();
}

/** Returns after how many milliseconds neither a process nor a file is left. */
export async function untilNothingIsLeft(root: string): Promise<number> {
  const started = Date.now();
  await waitUntil("nothing is left", async () => {
    const left = [...(await runningParts(root)), ...(await readdir(root))];
    if (left.length > 0) throw new Error(left.join(", "));
    return true;
  });
  return Date.now() - started;
}
